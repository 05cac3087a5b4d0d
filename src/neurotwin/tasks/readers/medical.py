"""Medical images: PneumoniaMNIST by default, any MedMNIST file with one class for each image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.images import read_images
from neurotwin.tasks.readers.paths import sample

SAMPLE = "pneumoniamnist_subset.npz"
NAMES = {
    "pneumoniamnist": ("normal", "pneumonia"),
    "breastmnist": ("malignant", "normal or benign"),
}
"""MedMNIST's files number the classes only; its own list names them (Yang et al. 2023)."""
PUBLISHED = 4708
"""Training images of the published PneumoniaMNIST."""


def read_medical(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Images ``[example, row, column, channel]`` with class numbers; of two classes the second one is what is looked for.

    Training images that are also in the validation or test part, value for value, are left out of training.

    Parameters
    ----------
    path
        See :func:`read_images`; None: ``pneumoniamnist_subset.npz`` in the data folder.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        No such file, several labels an image, volumes, a class that one of the parts lacks, and what ``read_images`` refuses.
    """
    path = path or sample(SAMPLE, "medical images", "a MedMNIST npz")
    data = read_images(path, allow_leaks)
    if data.train.x[0].shape[-1] not in (1, 3):
        raise InputError(
            "these are no flat images",
            got=f"{path}: {' × '.join(map(str, data.train.x[0].shape))}",
            expected="one channel (grey) or three (colour); volumes are not read",
        )
    for name in ("validation", "test"):
        missing = np.setdiff1d(np.arange(len(data.classes)), data.parts()[name].y)
        if len(missing):
            raise InputError(
                f"the {name} part lacks a class",
                got=f"no {', '.join(data.classes[k] for k in missing)}",
                expected="images of every class: thresholds and probabilities are set on the validation part",
                fix="add some, or leave the class out",
            )
    stem = path.stem.lower().split("_")[0]
    named = NAMES.get(stem, ())
    train, n_repeated = _without_repeats(data)
    split = data.split
    if n_repeated:
        split += f"; {n_repeated} training images that are also in validation or test, value for value, were left out"
    return replace(
        data,
        train=train,
        classes=named if len(named) == len(data.classes) else data.classes,
        cards=(_pneumonia_card(data.cards[0], data),) if stem == "pneumoniamnist" else data.cards,
        split=split,
    )


def shares(data: TaskData) -> str:
    """A sentence on how frequent the classes are in each part."""
    told = []
    for name, part in data.parts().items():
        counts = np.bincount(np.asarray(part.y), minlength=len(data.classes))
        shown = (
            list(zip(data.classes, counts, strict=True))[-1:]
            if len(counts) == 2
            else zip(data.classes, counts, strict=True)
        )
        told.append(f"{name} " + ", ".join(f"{c / counts.sum():.1%} {label}" for label, c in shown))
    return "Shares of the classes: " + "; ".join(told) + "."


def _without_repeats(data: TaskData) -> tuple[Examples, int]:
    held = {x.tobytes() for part in (data.validation, data.test) for x in part.x}
    stay = np.array([x.tobytes() not in held for x in data.train.x])
    return data.train.take(np.flatnonzero(stay)), int((~stay).sum())


def _pneumonia_card(card: DataCard, data: TaskData) -> DataCard:
    n = len(data.train)
    caveats = [
        "Patients are not named in this file: whether one is on both sides of the split cannot be checked.",
        "Children of one to five years, one hospital, reduced to 28 × 28: nothing here is fit for the clinic.",
    ]
    if n != PUBLISHED:
        positive = np.mean(np.asarray(data.train.y) == 1)
        caveats.insert(
            0,
            f"Not the published training part, which has {PUBLISHED:,} images: {n:,} images, {positive:.1%} of them pneumonia.",
        )
    return replace(
        card,
        title="PneumoniaMNIST, chest X-rays of children, 28 × 28",
        source=f"MedMNIST v2; {card.source}",
        licence="CC BY 4.0",
        citation="Yang et al. 2023, Scientific Data 10:41; Kermany et al. 2018, Cell 172:1122",
        url="https://medmnist.com/",
        caveats=tuple(caveats),
    )
