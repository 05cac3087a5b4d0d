"""How a command ends that did not succeed: what is said on stderr, and with which status."""

from __future__ import annotations

import errno
import os
import sys

from neurotwin._base.errors import DivergenceError, NeurotwinError

MISTAKE, FAILURE, INTERRUPTED = 2, 1, 130


class Interrupted(Exception):
    """Ctrl-C, carried past typer, which would end the process without a word."""


def status_of(error: BaseException) -> int:
    """Say on stderr what went wrong and how to mend it; returns the exit status.

    2 for a mistake of the user, 1 for a fit that diverged or a file that could not be written, 130 for
    Ctrl-C.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    if isinstance(error, Interrupted | KeyboardInterrupt):
        print("; ".join(["interrupted", *notes]), file=sys.stderr)
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):  # whoever read our output went away, as in "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    if isinstance(error, NeurotwinError):
        text, status = str(error), FAILURE if isinstance(error, DivergenceError) else MISTAKE
    else:
        text, status = _words_on_file(error), FAILURE
    print("\n".join([f"error: {text}", *(f"  note:     {note}" for note in notes)]), file=sys.stderr)
    return status


def _words_on_file(error: BaseException) -> str:
    assert isinstance(error, OSError)
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    expected = "room for the files of the run" if full else "a file that can be read and written"
    fix = "free some space" if full else "mend the folder's permissions"
    return "\n".join(
        [
            f"{error.strerror or error}",
            f"  given:    {error.filename or 'a file of the run'}",
            f"  expected: {expected}",
            f"  fix:      {fix}, or choose another folder with --out",
        ]
    )
