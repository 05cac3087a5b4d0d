"""Images with classes: scikit-learn's digits, npz in the layouts of MNIST and MedMNIST, idx files, folders of pictures."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers import folders, idx
from neurotwin.tasks.split import hold_out

SPLIT_SEED = 0
"""Of every split that is made here: it does not change with the seed of a run, so that all runs share a test part."""
VALIDATION, TEST = 1 / 12, 0.2
"""Shares that are held out where the files do not do it (of MNIST's 60,000: 5,000)."""
MEDMNIST = ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels")
MNIST = ("x_train", "y_train", "x_test", "y_test")

Raw = dict[str, tuple[np.ndarray, np.ndarray]]
"""Part ("train", "validation", "test") → images ``[example, row, column(, channel)]`` and labels ``[example]`` as in the file."""


def read_images(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Images ``[example, row, column, channel]`` with class numbers.

    Parameters
    ----------
    path
        None: the digits. A file ``.npz`` with ``x_train, y_train, x_test, y_test`` or MedMNIST's ``train_images …``; a folder with
        idx files (``…-images-idx3-ubyte``, also ``.gz``), with ``train/CLASS/*.png`` and ``test/CLASS/*.png``, or with
        ``CLASS/*.png``.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        Nothing that can be read, broken images, wrong shapes, unknown labels …
    """
    if path is None:
        return _digits()
    if not path.exists():
        raise InputError(
            "there is no such file or folder",
            got=str(path),
            expected="an npz, or a folder of idx files or images",
            fix="mend --data",
        )
    if path.is_dir():
        found = idx.find(path)
        raw, what = (idx.read(found), "idx files") if found else (folders.read(path), "image folder")
        digest = sha256_of(found["train"][0]) if found else ""
    elif path.suffix == ".npz":
        raw, what, digest = _npz(path), "npz", sha256_of(path)
    else:
        raise InputError(
            "the file is of no kind that is read",
            got=str(path),
            expected=".npz, or a folder",
            fix="mend --data",
        )
    return _assemble(raw, _card(path, what, digest), allow_leaks)


def _digits() -> TaskData:
    from sklearn.datasets import load_digits

    images, target = load_digits(return_X_y=True)
    card = DataCard(
        name="digits",
        title="Optical recognition of handwritten digits, 1,797 images of 8 × 8",
        source="UCI machine learning repository, Alpaydin & Kaynak 1998; the copy in scikit-learn",
        version="UCI test part",
        licence="CC BY 4.0 (UCI)",
        citation="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI, doi:10.24432/C50P49",
        url="https://archive.ics.uci.edu/dataset/80/",
        sha256="",
        processing=("Counts of dark pixels in 4 × 4 blocks, 0 to 16, as published.",),
        caveats=(
            "The writers (13) are not named in this copy: the same hand is on both sides of the split.",
        ),
    )
    return _assemble({"train": (np.reshape(images, (-1, 8, 8)), np.asarray(target))}, card, False)


def _npz(path: Path) -> Raw:
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = stored.files
            if set(MNIST) <= set(names):
                a, b, c, d = (stored[name] for name in MNIST)
                return {"train": (a, b), "test": (c, d)}
            if set(MEDMNIST) <= set(names):
                a, b, c, d, e, f = (stored[name] for name in MEDMNIST)
                return {"train": (a, b), "validation": (c, d), "test": (e, f)}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error) as error:
        raise InputError(
            "the file cannot be read as npz", got=f"{path}: {error}", fix="check that it is complete"
        ) from None
    raise InputError(
        "the npz has no images by a known name",
        got=", ".join(names) or "no arrays",
        expected=f"{', '.join(MNIST)}, or {', '.join(MEDMNIST)}",
        fix="save the arrays by these names",
    )


def _assemble(raw: Raw, card: DataCard, allow_leaks: bool) -> TaskData:
    """Check, name the classes, hold out what the files did not."""
    images = {part: _images(part, values[0]) for part, values in raw.items()}
    labels = {part: _labels(part, values[1]) for part, values in raw.items()}
    for part in raw:
        if len(images[part]) != len(labels[part]):
            raise InputError(
                f"images and labels of the {part} part differ in number",
                got=f"{len(images[part])} images, {len(labels[part])} labels",
                expected="one label for each image",
            )
    names = np.unique(labels["train"])
    told, rows = ["the test part is the publisher's"], {part: np.arange(len(y)) for part, y in labels.items()}
    if "test" not in raw:
        images["test"], labels["test"] = images["train"], labels["train"]
        rows["train"], rows["test"] = hold_out(labels["train"], TEST, seed=SPLIT_SEED)
        told = [f"{TEST:.0%} of each class were drawn for the test part (always the same ones)"]
    if "validation" not in raw:
        images["validation"], labels["validation"] = images["train"], labels["train"]
        stay, held = hold_out(labels["train"][rows["train"]], VALIDATION, seed=SPLIT_SEED)
        rows["train"], rows["validation"] = rows["train"][stay], rows["train"][held]
        told.append(f"{VALIDATION:.0%} of each training class were drawn for validation")
    else:
        told.append("so is the validation part")

    def examples(part: str) -> Examples:
        return Examples(images[part][rows[part]], _numbers(part, labels[part][rows[part]], names))

    return TaskData(
        examples("train"),
        examples("validation"),
        examples("test"),
        classes=tuple(map(str, names)),
        split="; ".join(told),
        cards=(card,),
        allow_leaks=allow_leaks,
    )


def _images(part: str, x: np.ndarray) -> np.ndarray:
    if not (np.issubdtype(x.dtype, np.number) or x.dtype == bool) or np.iscomplexobj(x):
        raise InputError(f"the images of the {part} part are not numbers", got=f"{x.dtype} values")
    if x.ndim == 3:
        x = x[..., None]
    if x.ndim != 4 or 0 in x.shape[1:] or min(x.shape[1:3]) < 4:
        raise InputError(
            f"the images of the {part} part have a shape that is not read",
            got=x.shape,
            expected="[example, row, column] or [example, row, column, channel], sides of 4 or more",
        )
    return x if x.dtype == np.uint8 else x.astype(np.float32)


def _labels(part: str, y: np.ndarray) -> np.ndarray:
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or not (np.issubdtype(y.dtype, np.integer) or y.dtype.kind in "US"):
        raise InputError(
            f"the labels of the {part} part cannot be used",
            got=f"shape {y.shape}, {y.dtype} values",
            expected="one whole number or name for each image",
        )
    return y


def _numbers(part: str, y: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Class numbers in the order of ``names``; a label that is none of them is refused."""
    unknown = np.setdiff1d(y, names)
    if len(unknown):
        raise InputError(
            f"unknown labels in the {part} part",
            got=", ".join(map(str, unknown[:5])),
            expected=f"labels of the training part: {', '.join(map(str, names[:20]))}",
            fix="leave these images out, or put some of them into the training part",
        )
    return np.searchsorted(names, y).astype(np.int32)


def _card(path: Path, what: str, digest: str) -> DataCard:
    """What can be said of the user's own files."""
    return DataCard(
        name=path.stem,
        title=f"{path.name} ({what})",
        source=f"the user's file {path}",
        version="",
        licence="not stated in the file: as its publisher says",
        citation="as its publisher says",
        url="",
        sha256=digest,
    )
