"""Images with classes: scikit-learn's digits, npz in the layouts of MNIST and MedMNIST, idx files, folders of pictures."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers import folders, idx
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.paths import check_path
from neurotwin.tasks.split import hold_out

SPLIT_SEED = 0
"""Of every split that is made here: it does not change with the seed of a run, so that all runs share a test part."""
VALIDATION, TEST = 1 / 12, 0.2
"""Shares that are held out where the files do not do it (of MNIST's 60,000: 5,000)."""
MEDMNIST = ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels")
MNIST = ("x_train", "y_train", "x_test", "y_test")
TRACK, NAMES, NUMBERS = "track_", "class_names", "class_ids"
"""``track_train`` and ``track_test``: of which track a picture is, counted anew in each class; names of the classes, and of which
label each name is (0, 1 … without)."""


class Part(NamedTuple):
    """Images ``[example, row, column(, channel)]``, labels and, where they are known, groups ``[example]``, as in the file."""

    images: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None


Raw = dict[str, Part]
"""By part: "train", "validation", "test"; what is missing is held out of "train"."""


def read_images(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Images ``[example, row, column, channel]`` with class numbers.

    Parameters
    ----------
    path
        None: the digits. A file ``.npz`` with ``x_train, y_train, x_test, y_test`` (``track_train`` …, ``class_names``) or
        MedMNIST's ``train_images …``; a folder with idx files (``…-images-idx3-ubyte``, also ``.gz``), with ``train/CLASS/*.png``
        and ``test/CLASS/*.png``, or with ``CLASS/*.png``.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        Nothing that can be read, broken images, wrong shapes, unknown labels …
    """
    if path is None:
        return _digits()
    check_path(path, "an npz, or a folder of idx files or images")
    names: tuple[str, ...] = ()
    if path.is_dir():
        found = idx.find(path)
        read, what = (idx.read(found), "idx files") if found else (folders.read(path), "image folder")
        raw = {part: Part(*values) for part, values in read.items()}
        digest = sha256_of(found["train"][0]) if found else ""
    else:
        (raw, names), what, digest = read_npz(path), "npz", sha256_of(path)
    return assemble(raw, own_files(path, f"{path.name} ({what})", digest), allow_leaks, names)


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
    return assemble({"train": Part(np.reshape(images, (-1, 8, 8)), np.asarray(target))}, card, False)


def read_npz(path: Path) -> tuple[Raw, tuple[str, ...]]:
    """What is in the file, and names of the classes 0, 1 … where it has them.

    With ``x_train, y_train`` and tracks a file needs no test part.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = stored.files
            called = _called(stored)
            if set(MNIST) <= set(names) or {*MNIST[:2], TRACK + "train"} <= set(names):
                parts = [part for part in ("train", "test") if {f"x_{part}", f"y_{part}"} <= set(names)]
                return {
                    part: Part(stored[f"x_{part}"], y := stored[f"y_{part}"], _tracks(stored, part, y))
                    for part in parts
                }, called
            if set(MEDMNIST) <= set(names):
                a, b, c, d, e, f = (stored[name] for name in MEDMNIST)
                return {"train": Part(a, b), "validation": Part(c, d), "test": Part(e, f)}, called
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


def _called(stored: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Names of the labels 0, 1 …; empty where the file has none."""
    if NAMES not in stored:
        return ()
    names = stored[NAMES]
    numbers = stored[NUMBERS] if NUMBERS in stored else np.arange(len(names))
    if not np.array_equal(np.sort(numbers), np.arange(len(names))):
        raise InputError(
            f"{NUMBERS} does not number the names of the classes",
            got=f"{len(names)} names, numbers {', '.join(map(str, np.ravel(numbers)[:5]))} …",
            expected=f"each of 0 to {len(names) - 1} once",
        )
    return tuple(str(names[i]) for i in np.argsort(numbers))


def _tracks(stored: Mapping[str, np.ndarray], part: str, labels: np.ndarray) -> np.ndarray | None:
    """Class and track of each image of a part; None where the file names no tracks of it."""
    if TRACK + part not in stored:
        return None
    tracks = stored[TRACK + part]
    if tracks.shape != (len(labels),):
        raise InputError(
            f"{TRACK + part} does not fit the images",
            got=f"shape {tracks.shape}, {len(labels)} labels",
            expected="one track for each image",
        )
    return np.array([f"{label}/{track}" for label, track in zip(labels.ravel(), tracks, strict=True)])


def assemble(
    raw: Raw,
    card: DataCard,
    allow_leaks: bool,
    called: tuple[str, ...] = (),
    *,
    validation: float = VALIDATION,
    test: float = TEST,
) -> TaskData:
    """Check, name the classes, hold out what the files did not.

    ``called`` names the classes 0, 1 …; ``validation`` (of the training part) and ``test`` are the shares that are held out, of
    groups where there are any.
    """
    parts = {name: Part(_images(name, x), _labels(name, y), groups) for name, (x, y, groups) in raw.items()}
    for name, part in parts.items():
        if len(part.images) != len(part.labels):
            raise InputError(
                f"images and labels of the {name} part differ in number",
                got=f"{len(part.images)} images, {len(part.labels)} labels",
                expected="one label for each image",
            )
    labels = np.unique(parts["train"].labels)
    unit = "class" if parts["train"].groups is None else "class's tracks"
    told = ["the test part is the publisher's"]
    if "test" not in parts:
        parts["train"], parts["test"] = _hold_out(parts["train"], test)
        told = [f"{test:.0%} of each {unit} were drawn for the test part (always the same ones)"]
    if "validation" not in parts:
        parts["train"], parts["validation"] = _hold_out(parts["train"], validation)
        told.append(f"{validation:.0%} of each training {unit} were drawn for validation")
    else:
        told.append("so is the validation part")

    def examples(name: str) -> Examples:
        part = parts[name]
        return Examples(part.images, _numbers(name, part.labels, labels), part.groups)

    return TaskData(
        examples("train"),
        examples("validation"),
        examples("test"),
        classes=_names(labels, called),
        split="; ".join(told),
        cards=(card,),
        allow_leaks=allow_leaks,
    )


def _hold_out(part: Part, share: float) -> tuple[Part, Part]:
    """What stays, and what is held out."""
    rows = hold_out(part.labels, share, groups=part.groups, seed=SPLIT_SEED)
    stay, held = (Part(*(None if values is None else values[r] for values in part)) for r in rows)  # type: ignore[arg-type]
    return stay, held


def _names(labels: np.ndarray, called: tuple[str, ...]) -> tuple[str, ...]:
    if not called:
        return tuple(map(str, labels))
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= len(called):
        raise InputError(
            "the names of the classes do not fit the labels",
            got=f"{len(called)} names, labels from {labels.min()} to {labels.max()}",
            expected="a name for each of the labels 0, 1 …",
        )
    return tuple(called[int(label)] for label in labels)


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
    if y.ndim == 2:
        raise InputError(
            f"the labels of the {part} part give an image several answers (multi-label)",
            got=f"{y.shape[1]} labels for each image",
            expected="one class for each image",
            fix="keep one column, for instance one finding against none",
        )
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
