"""Folders of pictures: CLASS/*.png, or train/CLASS/*.png with test/CLASS/*.png (and validation/ or val/)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff")
PARTS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


def read(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Part → images ``[example, row, column, channel]`` uint8 and class names ``[example]``; only "train" where nothing is split.

    Grey where every picture is grey, else red, green, blue.

    Raises
    ------
    InputError
        No pictures, a picture that cannot be read, or sizes that differ.
    """
    parts = {PARTS[sub.name]: sub for sub in sorted(folder.iterdir()) if sub.is_dir() and sub.name in PARTS}
    if "train" not in parts:
        parts = {"train": folder}
    listed = {part: _list(root) for part, root in parts.items()}
    for part, files in listed.items():
        if not files:
            raise InputError(
                "the folder holds no pictures",
                got=str(parts[part]),
                expected="CLASS/picture.png, with one folder for each class",
                fix="mend --data",
            )
    opened = {part: [(open_picture(file), name) for file, name in files] for part, files in listed.items()}
    first = next(iter(opened.values()))[0][0].size
    for part, files in listed.items():
        for (file, _), (picture, _) in zip(files, opened[part], strict=True):
            if picture.size != first:
                raise InputError(
                    "the pictures differ in size",
                    got=f"{file}: {picture.size[0]} × {picture.size[1]}",
                    expected=f"{first[0]} × {first[1]}, as the first one",
                    fix="bring all pictures to one size",
                )
    grey = all(picture.mode in ("L", "1") for pairs in opened.values() for picture, _ in pairs)
    return {
        part: (
            np.stack([_values(picture, grey) for picture, _ in pairs]),
            np.array([name for _, name in pairs]),
        )
        for part, pairs in opened.items()
    }


def _list(root: Path) -> list[tuple[Path, str]]:
    """Pictures and their class, in the order of names."""
    return [
        (file, kind.name)
        for kind in sorted(root.iterdir())
        if kind.is_dir()
        for file in sorted(kind.iterdir())
        if file.suffix.lower() in SUFFIXES
    ]


def open_picture(file: Path) -> Any:
    """A picture of Pillow, whole in memory; ``InputError`` where it is broken."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as picture:
            picture.load()
            return picture
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(
            "a picture cannot be read",
            got=f"{file}: {error}",
            expected="a whole image file",
            fix="mend or remove it",
        ) from None


def _values(picture: Any, grey: bool) -> np.ndarray:
    values = np.asarray(picture.convert("L" if grey else "RGB"), np.uint8)
    return values[..., None] if grey else values
