"""Where a task's data are: the user's path, or a sample in the data folder."""

from __future__ import annotations

from pathlib import Path

from neurotwin._base.errors import InputError
from neurotwin.biology import data_folder


def check_path(path: Path, expected: str) -> None:
    """``InputError`` unless ``path`` is a folder or an npz that exists."""
    if not path.exists():
        raise InputError(
            "there is no such file or folder", got=str(path), expected=expected, fix="mend --data"
        )
    if not path.is_dir() and path.suffix != ".npz":
        raise InputError(
            "the file is of no kind that is read", got=str(path), expected=expected, fix="mend --data"
        )


def sample(name: str, what: str, expected: str) -> Path:
    """The file of that name in the data folder; ``InputError`` that says what is missing where there is none."""
    folder = data_folder()
    if folder is None or not (folder / name).exists():
        raise InputError(
            f"no {what} come with the package",
            got="no data folder" if folder is None else f"no {name} in {folder}",
            expected=expected,
            fix="name a file with --data, or set NEUROTWIN_DATA to the folder that has it",
        )
    return folder / name
