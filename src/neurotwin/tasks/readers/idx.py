"""idx files, the format that MNIST was published in (LeCun: "THE IDX FILE FORMAT"), plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError

NAMES = {"train": "train", "test": "t10k"}
UBYTE = 0x08


def find(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Part → its files of images and labels; empty where the folder has none.

    ``InputError`` where some of the four are there and others are not.
    """
    found = {}
    for part, prefix in NAMES.items():
        for kind in ("images", "labels"):
            # both spellings are in use: train-images-idx3-ubyte and train-images.idx3-ubyte
            paths = sorted(folder.glob(f"{prefix}-{kind}?idx?-ubyte*"))
            found[part, kind] = paths[0] if paths else None
    if not any(found.values()):
        return {}
    missing = [f"{NAMES[part]}-{kind}" for (part, kind), path in found.items() if path is None]
    if missing:
        raise InputError(
            "the folder lacks idx files",
            got=f"{folder}: no {', '.join(missing)}",
            expected="images and labels of train and t10k, four files",
        )
    return {part: (found[part, "images"], found[part, "labels"]) for part in NAMES}  # type: ignore[misc]


def read(files: dict[str, tuple[Path, Path]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Part → images ``[example, row, column]`` and labels ``[example]``, uint8."""
    return {part: (read_idx(images), read_idx(labels)) for part, (images, labels) in files.items()}


def read_idx(path: Path) -> np.ndarray:
    """One file as an array.

    Raises
    ------
    InputError
        It is not idx of unsigned bytes, or not whole.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("the gzip file is damaged", got=f"{path}: {error}", fix="fetch it again") from None
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != UBYTE or len(data) < 4 + 4 * data[3]:
        raise InputError(
            "the file is not idx of unsigned bytes",
            got=f"{path}, which begins {data[:4].hex()}",
            expected="000008..",
        )
    shape = np.frombuffer(data, ">u4", data[3], 4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    if values.size != int(np.prod(shape, dtype=np.int64)):
        raise InputError(
            "the idx file is not whole",
            got=f"{path}: {values.size} bytes of values",
            expected=f"{' × '.join(map(str, shape))}",
            fix="fetch it again",
        )
    return values.reshape(tuple(int(n) for n in shape))
