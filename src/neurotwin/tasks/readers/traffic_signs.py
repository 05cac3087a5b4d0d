"""Traffic signs with their tracks: an npz, or the folders of GTSRB (Stallkamp et al. 2012, Neural Networks 32:323)."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.folders import open_picture
from neurotwin.tasks.readers.images import Part, Raw, assemble, read_npz
from neurotwin.tasks.readers.paths import check_path, sample

SAMPLE = "gtsrb_small_train.npz"
SIDE = 32
"""Pixels, to which the pictures of a folder are brought."""
TEST, VALIDATION = 0.2, 0.15
"""Shares of each sign's tracks (validation: of what is left) where the file has no such part."""


def read_signs(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Images ``[example, row, column, colour]`` with class numbers; groups are tracks, a passage of the car by one sign.

    Parameters
    ----------
    path
        ``.npz`` with ``x_train``, ``y_train`` and ``track_train`` (also ``x_test`` …, ``class_names``); or GTSRB's folder with
        ``00000/00000_00000.ppm`` … by class, whose names begin with the track, and ``GT-00000.csv`` with the sign's place. None:
        ``gtsrb_small_train.npz`` in the data folder.
    allow_leaks
        Accept tracks on both sides, and images whose track is not known.

    Raises
    ------
    InputError
        No such file, no tracks, and what ``read_images`` refuses.
    """
    path = path or sample(SAMPLE, "traffic signs", "an npz, or GTSRB's folder of images")
    check_path(path, "an npz, or GTSRB's folder of images")
    if path.is_dir():
        raw, called, what, digest = _read_folder(path), (), "GTSRB's folders", ""
    else:
        (raw, called), what, digest = read_npz(path), "npz", sha256_of(path)
    unknown = [name for name, part in raw.items() if part.groups is None]
    if unknown and not allow_leaks:
        raise InputError(
            "the split may leak: the file does not say which images are of one track",
            got=f"no track_{unknown[0]} in {path}",
            expected="the track of each image, so that none is on both sides",
            fix="add it, or force it with --allow-leaks and say so",
        )
    data = assemble(
        raw,
        own_files(path, f"{path.name} ({what})", digest),
        allow_leaks,
        called,
        validation=VALIDATION,
        test=TEST,
    )
    tracks = {name: len(np.unique(p.groups)) for name, p in data.parts().items() if p.groups is not None}
    split = data.split + "; tracks: " + ", ".join(f"{n:,} {name}" for name, n in tracks.items())
    cards = (_card(data.cards[0]),) if path.stem.lower().startswith("gtsrb") or path.is_dir() else data.cards
    return replace(data, split=split if tracks else data.split, cards=cards)


def _read_folder(folder: Path) -> Raw:
    """All pictures below ``folder``, as one part: CLASS/TRACK_NUMBER.ppm."""
    images, labels, groups, places = [], [], [], {}
    for file in sorted(folder.rglob("*_*.ppm")):
        track = file.stem.rpartition("_")[0]
        if not file.parent.name.isdigit() or not track.isdigit():
            raise InputError(
                "a picture's name does not tell class and track",
                got=str(file),
                expected="CLASS/TRACK_NUMBER.ppm, all of digits, as 00014/00003_00029.ppm",
                fix="remove or rename it",
            )
        if file.parent not in places:
            places[file.parent] = _places(file.parent)
        images.append(_sign(file, places[file.parent].get(file.name)))
        labels.append(int(file.parent.name))
        groups.append(f"{labels[-1]}/{int(track)}")
    if not images:
        raise InputError(
            "the folder holds no pictures",
            got=str(folder),
            expected="GTSRB's CLASS/TRACK_NUMBER.ppm",
            fix="mend --data",
        )
    return {"train": Part(np.stack(images), np.array(labels), np.array(groups))}


def _places(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """File name → left, top, right, bottom of the sign, of ``GT-CLASS.csv``; empty where there is none."""
    listed = folder / f"GT-{folder.name}.csv"
    if not listed.exists():
        return {}
    try:
        with listed.open(newline="") as lines:
            return {
                row["Filename"]: (
                    int(row["Roi.X1"]),
                    int(row["Roi.Y1"]),
                    int(row["Roi.X2"]) + 1,
                    int(row["Roi.Y2"]) + 1,
                )
                for row in csv.DictReader(lines, delimiter=";")
            }
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "the list of signs cannot be read",
            got=f"{listed}: {error}",
            expected="columns Filename;…;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2 of whole numbers",
        ) from None


def _sign(file: Path, place: tuple[int, int, int, int] | None) -> np.ndarray:
    picture = open_picture(file).convert("RGB")
    cut = picture if place is None else picture.crop(place)
    return np.asarray(cut.resize((SIDE, SIDE)), np.uint8)


def _card(card: DataCard) -> DataCard:
    return replace(
        card,
        title="German Traffic Sign Recognition Benchmark",
        source=f"GTSRB training images, {card.source}",
        licence="none stated",
        citation="Stallkamp et al. 2012, Neural Networks 32:323",
        url="https://benchmark.ini.rub.de/",
        caveats=(
            "Tracks were drawn from GTSRB's training images: figures are not those of its official test.",
            "A track is one passage by one sign; the same sign may have been passed twice.",
        ),
    )
