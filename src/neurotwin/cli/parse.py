"""From words on the command line to values."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotwin._base.errors import InputError, unknown_name

if TYPE_CHECKING:
    import typer

    from neurotwin.pipeline import RunSettings
    from neurotwin.training import Objective


def settings_of(options: dict[str, Any], base: RunSettings) -> RunSettings:
    """``base`` with the options that were given.

    Parameters
    ----------
    options
        By name, as typer hands them over; names that are no setting of a run (out, quiet …) are passed over.
    base
        The defaults, or the settings of the run to be resumed.
    """
    read = {"worms": number_of_worms, "controls": names_of, "unseen": names_of}
    own = {item.name for item in fields(base)}
    training = {item.name for item in fields(base.training)}
    values = {name: read[name](value) if name in read else value for name, value in options.items()}
    trained = replace(base.training, **{name: values[name] for name in values if name in training})
    if values.get("weight"):
        trained = replace(trained, objective=objective_of(values["weight"], trained.objective))
    return replace(base, **{name: values[name] for name in values if name in own}, training=trained)


def number_of_worms(word: str) -> int | str:
    """A number, or "all"; what else is refused by the loader, which knows how many there are."""
    return int(word) if word.strip().lstrip("-").isdigit() else word.strip()


def names_of(words: str) -> tuple[str, ...]:
    """Names between commas, each once; "none" is none."""
    names = [word.strip() for word in words.split(",") if word.strip()]
    return () if names == ["none"] else tuple(dict.fromkeys(names))


def numbers_of(words: str, option: str, kind: type = float) -> tuple[Any, ...]:
    """Numbers between commas, of this kind; refused where a word is none."""
    try:
        return tuple(kind(word) for word in words.split(",") if word.strip())
    except ValueError:
        raise InputError(
            f"{option} is no list of {'whole numbers' if kind is int else 'numbers'}",
            got=words,
            expected="numbers with commas between them",
            fix=f"{option} {'1,5' if kind is int else '0.1,1'}",
        ) from None


def given_in(context: typer.Context) -> dict[str, Any]:
    """The options that were given, by name: a default is none."""
    return {
        name: value
        for name, value in context.params.items()
        if getattr(context.get_parameter_source(name), "name", "DEFAULT") != "DEFAULT"
    }


def task_named(name: str | None) -> str:
    """The task that was named; refused where none was."""
    if name is None:
        from neurotwin.tasks import TASKS

        raise InputError(
            "no task was named",
            got="no name",
            expected=", ".join(TASKS),
            fix="neurotwin task NAME, or neurotwin task --list",
        )
    return name


def path_of(word: str | None, option: str, what: str = "a folder") -> Path | None:
    """A path; refused where it is empty, which an unset variable of the shell makes it."""
    if word is None:
        return None
    if not word.strip():
        raise InputError(
            f"{option} is empty",
            got=repr(word),
            expected=what,
            fix=f"name {what}, or leave {option} out",
        )
    return Path(word).expanduser()


def options_of(pairs: list[str]) -> dict[str, str]:
    """Name → value, from ``NAME=VALUE``; refused without a sign of equality, and where a name comes twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not (name and sign and value):
            raise InputError(
                "an option has no name or no value",
                got=pair,
                expected="NAME=VALUE",
                fix="--option target=price",
            )
        if name in found:
            raise InputError(
                "an option is given twice", got=pair, expected="each once", fix="several values: A,B"
            )
        found[name] = value
    return found


def objective_of(pairs: list[str], base: Objective) -> Objective:
    """The objective with some weights replaced, from ``NAME=VALUE``."""
    known = [item.name for item in fields(base)]
    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in known:
            raise unknown_name("term of the objective", name, known)
        try:
            values[name] = float(value)
        except ValueError:
            raise InputError(
                "a weight is not a number", got=pair, expected="NAME=VALUE", fix=f"--weight {name}=0.01"
            ) from None
    return replace(base, **values)
