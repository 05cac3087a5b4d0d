"""Files of a tar archive."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
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
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if wanted(member.name) else None
                if stream is not None:
                    files[member.name] = stream.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InputError("the archive cannot be read", got=f"{path}: {error}", fix="fetch it again") from None
    return files
