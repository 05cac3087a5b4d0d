"""Files of a folder or tar archive."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neurotwin._base.errors import InputError

ARCHIVES = (".tar.gz", ".tgz", ".tar")


def read_archive(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Path within the archive → content, of the files whose path is ``wanted``.

    Raises
    ------
    InputError
        The archive is damaged or none.
    """
    files: dict[str, bytes] = {}
    with _opened(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if wanted(member.name) else None
            if stream is not None:
                files[member.name] = stream.read()
    return files


def names_in(path: Path) -> list[str]:
    """Paths within a folder or archive of all its files, in order; of any other file its own name.

    Raises
    ------
    InputError
        The archive is damaged or none.
    """
    if path.is_dir():
        return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    if not path.name.endswith(ARCHIVES):
        return [path.name]
    with _opened(path) as archive:
        return sorted(entry.name for entry in archive if entry.isfile())


def contents_of(path: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Path as :func:`names_in` gives it → content, of those of the files that are there; errors as there."""
    wanted = set(names)
    if path.is_file() and path.name.endswith(ARCHIVES):
        return read_archive(path, wanted.__contains__)
    folder = path if path.is_dir() else path.parent
    return {name: (folder / name).read_bytes() for name in wanted if (folder / name).is_file()}


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path) as archive:
            yield archive
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InputError("the archive cannot be read", got=f"{path}: {error}", fix="fetch it again") from None
