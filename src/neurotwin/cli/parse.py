"""From words on the command line to values."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from neurotwin._base.errors import InputError, unknown_name

if TYPE_CHECKING:
    from neurotwin.training import Objective


def number_of_worms(word: str) -> int | str:
    """A number, or "all"; what else is refused by the loader, which knows how many there are."""
    return int(word) if word.lstrip("-").isdigit() else word


def names_of(words: str) -> tuple[str, ...]:
    """Names between commas; "none" is none."""
    return () if words.strip() in ("", "none") else tuple(word.strip() for word in words.split(","))


def objective_of(pairs: list[str]) -> Objective:
    """The objective with some weights replaced, from ``NAME=VALUE``."""
    from neurotwin.training import Objective

    known = [item.name for item in fields(Objective)]
    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in known:
            raise unknown_name("term of the objective", name, known)
        try:
            values[name] = float(value)
        except ValueError:
            raise InputError("a weight is not a number", got=pair, expected="NAME=VALUE", fix=f"--weight {name}=0.01") from None
    return Objective(**values)
