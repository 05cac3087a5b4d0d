"""Errors that say what went wrong, what was given, what was expected and how to mend it."""

from __future__ import annotations

from typing import Any


class NeurotwinError(Exception):
    """Base of all errors that neurotwin raises on purpose.

    Parameters
    ----------
    what
        One sentence: what is wrong.
    got, expected, fix
        What was given, what would have been accepted, and how to mend it. Each may be left out.
    """

    def __init__(self, what: str, *, got: Any = None, expected: Any = None, fix: str | None = None) -> None:
        self.what, self.got, self.expected, self.fix = what, got, expected, fix
        parts = [what]
        if got is not None:
            parts.append(f"  given:    {got}")
        if expected is not None:
            parts.append(f"  expected: {expected}")
        if fix is not None:
            parts.append(f"  fix:      {fix}")
        super().__init__("\n".join(parts))


class InputError(NeurotwinError, ValueError):
    """Something that the caller handed in cannot be used."""


class UnknownName(InputError):
    """A name that is not in a registry, a table of neurons, a folder …"""


class MissingExtra(NeurotwinError, ImportError):
    """An optional dependency is needed and not installed."""


class DivergenceError(NeurotwinError, RuntimeError):
    """A fit or a simulation left the finite numbers."""


class RunFolderError(NeurotwinError):
    """A run folder cannot be used as asked."""


def unknown_name(kind: str, name: object, options: list[str]) -> UnknownName:
    """The error for ``name`` not being among ``options``, with the nearest ones suggested."""
    import difflib

    near = difflib.get_close_matches(str(name), options, n=3, cutoff=0.5)
    upper = {option.upper(): option for option in options}
    if not near and str(name).upper() in upper:
        near = [upper[str(name).upper()]]
    shown = ", ".join(options[:40]) + (f", … ({len(options)} in all)" if len(options) > 40 else "")
    fix = f"did you mean {' or '.join(near)}?" if near else f"choose one of the {len(options)} names above"
    return UnknownName(f"unknown {kind}", got=repr(name), expected=shown or "(none exist)", fix=fix)
