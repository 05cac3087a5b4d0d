"""Where data come from, under which licence, and what was done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from neurotwin._base.errors import InputError, unknown_name


@dataclass(frozen=True)
class DataCard:
    """The label on a data set.

    Parameters
    ----------
    name, title
        Short name (unique within a ``Biology``) and a line for people.
    source, version, url
        Who made it, which release this is, and where it is published.
    licence
        As the source states it; where it states none, the card says so.
    citation
        What to cite.
    sha256
        Hash of the raw file, hexadecimal.
    processing, caveats
        Sentences: what was done to the raw file, and what a user must know before believing a result.
    """

    name: str
    title: str
    source: str
    version: str
    licence: str
    citation: str
    url: str
    sha256: str
    processing: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("processing", "caveats"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise InputError(
                    f"a data card's {name} is a list of sentences", got=repr(value), fix="write [sentence]"
                )
            object.__setattr__(self, name, tuple(value))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataCard:
        """The card that ``to_dict`` wrote; a missing or unknown field is an error."""
        known = [entry.name for entry in fields(cls)]
        for key in values:
            if key not in known:
                raise unknown_name("data card field", key, known)
        missing = [name for name in known[:-2] if name not in values]
        if missing:
            raise InputError("a data card is incomplete", got=sorted(values), fix=f"add {', '.join(missing)}")
        return cls(**values)
