"""A named table of interchangeable parts: one extension point, one registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from neurotwin._base.errors import InputError, unknown_name

T = TypeVar("T")
Part = TypeVar("Part")


class Registry(Mapping[str, T]):
    """Read-only mapping from name to part; filled with the ``register`` decorator.

    Parameters
    ----------
    kind
        What the parts are ("optimiser", "null" …), used in error messages.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._parts: dict[str, T] = {}

    def register(self, name: str) -> Callable[[Part], Part]:
        """Decorator that enters a part under ``name``; a name taken twice is an error."""

        def enter(part: Part) -> Part:
            if name in self._parts:
                raise InputError(f"two {self.kind}s share one name", got=name, fix="rename one of them")
            self._parts[name] = part  # type: ignore[assignment]
            return part

        return enter

    def __getitem__(self, name: str) -> T:
        try:
            return self._parts[name]
        except KeyError:
            raise unknown_name(self.kind, name, self.names()) from None

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def names(self) -> list[str]:
        """Names of all parts, in the order of registration."""
        return list(self._parts)
