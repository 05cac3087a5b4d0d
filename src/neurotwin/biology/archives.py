"""Archives of the data folder."""

from __future__ import annotations

import tarfile
from pathlib import Path

from neurotwin._base.errors import InputError


def read_archive(folder: str | Path, name: str) -> dict[str, bytes]:
    """File name → bytes of every file in ``folder/name`` (a tar.gz); ``InputError`` where there is none."""
    path = Path(folder) / name
    if not path.is_file():
        fix = f"put {name} there, or set NEUROTWIN_DATA to the folder that has it"
        raise InputError("the data folder lacks an archive", got=str(folder), expected=name, fix=fix)
    files: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member)
            if stream is not None:
                files[Path(member.name).name] = stream.read()
    return files
