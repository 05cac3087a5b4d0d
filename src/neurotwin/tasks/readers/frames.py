"""Clips of one fixed camera: normal ones to learn from, and test clips of which anomalous frames are known."""

from __future__ import annotations

import csv
import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.pasted_objects import with_pasted_objects
from neurotwin.tasks.readers import folders
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.paths import sample
from neurotwin.tasks.split import hold_out

SAMPLE = "ucsd_ped2_train_test1-6.npz"
ARRAYS = ("training_frames", "training_clip", "testing_frames", "testing_clip", "testing_label")
LABELS = "anomalies.csv"
SPLIT_SEED = 0
"""Of the clips held out and of what is pasted into them, so that all runs share a validation part."""
VALIDATION = 0.2
SEGMENT = 40
"""Frames of a training example."""
LEAST_FRAMES, LEAST_SIDE = 20, 24
ROWS = 60
"""Larger pictures are reduced by a whole factor to about so many rows."""
SHARED = 0.1
"""A test clip with so large a share of frames of a training clip counts as that clip."""

Clips = dict[str, np.ndarray]
"""Name → frames ``[time, row, column]``, uint8."""


def read_clips(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Clips as sequences ``[time, row, column]`` of grey levels; answers ``[time]``, 1 where a frame is anomalous.

    Training examples are stretches of ``SEGMENT`` frames; a share of the training clips is held out for validation, once as they
    are and once with objects pasted in. ``facts["background"]`` is each pixel's median over the training part.

    Parameters
    ----------
    path
        None: UCSD Ped2 in the data folder. An npz with ``ARRAYS``; or a folder with ``train/CLIP/*.png``, ``test/CLIP/*.png`` and
        ``anomalies.csv``, whose lines ``clip,first,last`` name stretches of anomalous test frames, counted from 1.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        Nothing that can be read, clips that are too short, frames of several sizes, labels that do not fit, no anomaly …
    """
    path = path or sample(SAMPLE, "clips", "an npz, or a folder of clips")
    if not path.exists():
        raise InputError("there is no such file or folder", got=str(path), fix="mend --data")
    if path.is_dir():
        train, test, labels = _folder(path)
    elif path.suffix == ".npz":
        train, test, labels = _npz(path)
    else:
        raise InputError(
            "the file is of no kind that is read",
            got=str(path),
            expected=f".npz, or a folder with train/, test/ and {LABELS}",
            fix="mend --data",
        )
    return _assemble(train, test, labels, _card(path), allow_leaks)


def _npz(path: Path) -> tuple[Clips, Clips, dict[str, np.ndarray]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            missing = [name for name in ARRAYS if name not in stored.files]
            found = {name: stored[name] for name in ARRAYS if name not in missing}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error) as error:
        raise InputError(
            "the file cannot be read as npz", got=f"{path}: {error}", fix="check that it is complete"
        ) from None
    if missing:
        raise InputError(
            "the npz lacks arrays",
            got=f"no {', '.join(missing)}",
            expected=", ".join(ARRAYS),
            fix="save the arrays by these names",
        )
    parts = []
    for part in ("training", "testing"):
        frames, clip = found[f"{part}_frames"], found[f"{part}_clip"]
        if frames.ndim != 3 or frames.dtype != np.uint8 or clip.shape != frames.shape[:1]:
            raise InputError(
                f"the {part} frames cannot be used",
                got=f"{frames.dtype} {frames.shape}, clips {clip.shape}",
                expected="uint8 [frame, row, column], and the number of its clip for each frame",
            )
        parts.append({str(name): frames[clip == name] for name in np.unique(clip)})
    y, clip = found["testing_label"], found["testing_clip"]
    if y.shape != clip.shape or not np.isin(y, (0, 1)).all():
        raise InputError(
            "the labels cannot be used",
            got=f"shape {y.shape}, values {np.unique(y)[:5].tolist()}",
            expected=f"{len(clip)} labels, 0 (normal) or 1 (anomalous)",
        )
    return parts[0], parts[1], {str(name): y[clip == name] for name in np.unique(clip)}


def _folder(path: Path) -> tuple[Clips, Clips, dict[str, np.ndarray]]:
    for name in ("train", "test"):
        if not (path / name).is_dir():
            raise InputError(
                f"the folder has no {name}/",
                got=str(path),
                expected=f"train/CLIP/*.png, test/CLIP/*.png and {LABELS}",
                fix="mend --data",
            )
    read = folders.read(path)
    parts = []
    for part in ("train", "test"):
        images, names = read[part]
        grey = images.astype(np.float32).mean(-1).round().astype(np.uint8)
        parts.append({str(name): grey[names == name] for name in np.unique(names)})
    train, test = parts
    return train, test, _read_labels(path / LABELS, {name: len(x) for name, x in test.items()})


def _read_labels(path: Path, lengths: dict[str, int]) -> dict[str, np.ndarray]:
    """Lines ``clip,first,last`` → labels ``[time]`` of every test clip; a clip that is not named is normal throughout."""
    if not path.exists():
        raise InputError(
            f"there is no {LABELS}",
            got=str(path.parent),
            expected="lines clip,first,last: which frames of a test clip are anomalous, counted from 1",
        )
    labels = {name: np.zeros(n, np.uint8) for name, n in lengths.items()}
    with path.open(newline="", encoding="utf-8") as stream:
        for number, line in enumerate(csv.reader(stream), 1):
            if number == 1 and [cell.strip() for cell in line] == ["clip", "first", "last"]:
                continue
            if not line:
                continue
            try:
                name, first, last = line[0].strip(), int(line[1]), int(line[2])
                fits = len(line) == 3 and 1 <= first <= last <= lengths[name]
            except (ValueError, IndexError, KeyError):
                fits = False
            if not fits:
                raise InputError(
                    "a line of the labels cannot be used",
                    got=f"{path.name}, line {number}: {','.join(line)}",
                    expected=f"clip,first,last with a clip of {', '.join(list(lengths)[:5])} and 1 <= first <= last <= its length",
                    fix="mend the line",
                )
            labels[name][first - 1 : last] = 1
    return labels


def _assemble(
    train: Clips, test: Clips, labels: dict[str, np.ndarray], card: DataCard, allow_leaks: bool
) -> TaskData:
    shape = next(iter(train.values())).shape[1:]
    for part, clips in (("training", train), ("test", test)):
        for name, x in clips.items():
            if len(x) < LEAST_FRAMES or min(x.shape[1:]) < LEAST_SIDE or x.shape[1:] != shape:
                raise InputError(
                    f"the {part} clip {name} cannot be used",
                    got=f"{len(x)} frames of {x.shape[1]} × {x.shape[2]}",
                    expected=f"{LEAST_FRAMES} frames or more of {shape[0]} × {shape[1]}, sides of {LEAST_SIDE} or more",
                    fix="leave the clip out, or bring all frames to one size",
                )
    if not 0 < sum(int(y.sum()) for y in labels.values()) < sum(map(len, labels.values())):
        raise InputError(
            "the test clips are all normal or all anomalous",
            expected="some frames of each kind, or nothing can be measured",
            fix="mend the labels",
        )
    factor = max(1, round(shape[0] / ROWS))
    train, test = ({name: _reduced(x, factor) for name, x in clips.items()} for clips in (train, test))
    names = np.array(sorted(train))
    stay, held = hold_out(np.zeros(len(names), int), VALIDATION, groups=names, seed=SPLIT_SEED)
    segments = [(name, part) for name in names[stay] for part in _segments(train[name])]
    background = np.median(np.concatenate([x[::5] for _, x in segments]), 0).round().astype(np.uint8)
    plain = [train[name] for name in names[held]]
    pasted, seen = with_pasted_objects(plain, background, np.random.default_rng(SPLIT_SEED))
    quiet = [np.zeros(len(x), np.uint8) for x in plain]
    held_names = np.array([f"train {name}" for name in names[held]])
    known = [_owner(x, train) or f"test {name}" for name, x in test.items()]
    told = [
        "the test part is the publisher's",
        f"{len(held)} of {len(names)} training clips ({', '.join(names[held])}; always the same ones) were held out for "
        f"validation, once as they are and once with pedestrians or the like that were cut out of them and pasted in faster, "
        f"larger or both (anomalous) and at their own speed and size (normal)",
        f"training examples are stretches of {SEGMENT} frames",
    ]
    if factor > 1:
        told.append(f"frames were reduced {factor} times, by means of squares")
    return TaskData(
        Examples(
            [x for _, x in segments],
            [np.zeros(len(x), np.uint8) for _, x in segments],
            np.array([f"train {name}" for name, _ in segments]),
        ),
        Examples([*plain, *pasted], [*quiet, *seen], np.tile(held_names, 2)),
        Examples(list(test.values()), [labels[name] for name in test], np.array(known)),
        split="; ".join(told),
        cards=(card,),
        allow_leaks=allow_leaks,
        facts={"background": background},
    )


def _reduced(x: np.ndarray, factor: int) -> np.ndarray:
    if factor == 1:
        return x
    rows, columns = x.shape[1] // factor, x.shape[2] // factor
    x = x[:, : rows * factor, : columns * factor].reshape(len(x), rows, factor, columns, factor)
    return x.mean((2, 4)).round().astype(np.uint8)


def _segments(x: np.ndarray) -> list[np.ndarray]:
    """Stretches of one length, from the beginning; a clip that is shorter is one."""
    return [x[start : start + SEGMENT] for start in range(0, max(1, len(x) - SEGMENT + 1), SEGMENT)]


def _owner(x: np.ndarray, train: Clips) -> str | None:
    """The training clip that shares frames with ``x``, value for value, as a group's name."""
    frames = {hashlib.sha256(frame.tobytes()).digest() for frame in x}
    for name, other in train.items():
        shared = frames & {hashlib.sha256(frame.tobytes()).digest() for frame in other}
        if len(shared) > SHARED * len(frames):
            return f"train {name}"
    return None


def _card(path: Path) -> DataCard:
    digest = "" if path.is_dir() else sha256_of(path)
    if path.name == SAMPLE:
        return DataCard(
            name="ucsd-ped2",
            title="UCSD Ped2: pedestrians on a walkway, frames of 60 × 90 grey levels",
            source="UCSD anomaly detection data set, the copy in the data folder",
            version="training clips 1–16, test clips 1–6 of 12",
            licence="none stated",
            citation="Mahadevan, Li, Bhalodia & Vasconcelos 2010, Anomaly detection in crowded scenes, CVPR",
            url="http://www.svcl.ucsd.edu/projects/anomaly/",
            sha256=digest,
            processing=("Reduced from 240 × 360 to 60 × 90 in the data folder.",),
            caveats=(
                "Six of the twelve test clips: figures of papers are on all twelve and at full resolution.",
                "Anomalies are bicycles, skaters and carts; most test frames hold one.",
            ),
        )
    return own_files(path, f"{path.name} ({'folder of clips' if path.is_dir() else 'npz'})", digest)
