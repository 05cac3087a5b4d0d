"""A run's beginning and end: its folder opened only when its input was read, given back where it came to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from neurotwin._base.errors import InputError, NeurotwinError
from neurotwin.biology import data_folder
from neurotwin.pipeline.folder import RECORD, RunFolder, claim_free_folder
from neurotwin.pipeline.record import COMPLETE, RUNNING, as_json, command_line, made_with
from neurotwin.tasks import Examples

T = TypeVar("T")


@contextmanager
def opened(
    out: str | Path | None,
    default: Path,
    prepare: Callable[[], tuple[T, dict[str, Any]]],
    *,
    called: str,
    force: bool = False,
) -> Iterator[tuple[RunFolder, T, dict[str, Any]]]:
    """The open folder, what ``prepare`` made, and the run's record, which is written as complete at the end.

    Parameters
    ----------
    out, default
        The folder; where None, the first free one of ``default``, ``default-2`` …
    prepare
        Reads and checks all input before anything is written; returns it with the record's own part (seed, settings, hashes).
    called
        How the run was asked for where it was not the command line.
    force
        Replace an existing run.

    Raises
    ------
    InputError, RunFolderError
        From ``prepare`` and of the folder. What was there before is given back then.
    """
    folder = None if out is None else RunFolder(out, force=force)
    try:
        made, own = prepare()
        if folder is None:
            folder = RunFolder(claim_free_folder(default), made=True)
        record = {"format": "neurotwin.run.1", "command": command_line(called), **own, **made_with()}
        folder.open(as_json({**record, "status": RUNNING}))
        try:
            yield folder, made, record
            folder.write(RECORD, as_json({**record, "status": COMPLETE}))
            folder.complete()
        except BaseException as error:
            if isinstance(error, NeurotwinError):
                folder.restore()
            raise
    finally:
        if folder is not None:
            folder.release()


def find_data(data: str | Path | None) -> Path | None:
    """The path that was named, or what has that name in the data folder; None where none was named."""
    if data is None:
        return None
    path = Path(data).expanduser()
    if path.exists() or path.is_absolute():
        return path
    folder = data_folder()
    if folder is not None and (folder / path).exists():
        return folder / path
    raise InputError(
        "there is no such file or folder",
        got=str(data),
        expected="a path" + ("" if folder is None else f", or a name in {folder}"),
        fix="mend --data",
    )


def sha256_of_examples(examples: Examples) -> str:
    """Of all inputs and answers of a part."""
    digest = hashlib.sha256()
    for values in (examples.x, examples.y):
        for part in (values,) if isinstance(values, np.ndarray) else values:
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
