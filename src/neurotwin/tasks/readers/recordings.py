"""Recordings of several channels as tables: MATLAB arrays (fMRI regions …) and PhysioNet's WFDB records (ECG …)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.archives import contents_of, names_in
from neurotwin.tasks.readers.tables import Table, card_of, is_table
from neurotwin.tasks.readers.wfdb import HEADER, SAMPLES, read_wfdb

FILE = "file"
"""Column that tells the recordings of one table apart."""
MATLAB = ".mat"
KINDS = (MATLAB, HEADER)


def holds_recordings(names: Sequence[str]) -> bool:
    """Whether there is a ``.mat`` file or a WFDB header among files, and no table (.csv)."""
    return any(name.endswith(KINDS) for name in names) and not any(map(is_table, names))


def read_recordings(path: Path, *, member: str = "", array: str = "") -> Table:
    """Every recording, one below the other, with a column :data:`FILE` that tells them apart.

    Parameters
    ----------
    path
        A ``.mat`` file (up to version 7), a WFDB header ``.hea`` beside its ``.dat`` (formats 212 and 16), or a folder or tar with
        such.
    member
        Which files of a folder or tar: those whose path, or its last part, is this; all by default.
    array
        Name of the array of ``.mat`` files; needed where there are several matrices. Its longer axis is time, and its channels are
        called ``channel 1`` …

    Raises
    ------
    InputError
        Nothing of that name in it, a damaged file, several arrays, a format that is not read, samples that are not those of the
        header, recordings whose channels differ.
    """
    names = [name for name in names_in(path) if name.endswith(KINDS)]
    chosen = [name for name in names if member in ("", name, PurePosixPath(name).name)]
    if not chosen:
        raise InputError(
            "there is no such recording in it", got=f"member={member}", expected=", ".join(names[:10])
        )
    if len({name.endswith(MATLAB) for name in chosen}) > 1:
        raise InputError(
            "recordings of two kinds are in it", got=", ".join(chosen[:10]), fix="--option member=FILE"
        )
    beside = [name.removesuffix(HEADER) + SAMPLES for name in chosen if name.endswith(HEADER)]
    content = contents_of(path, [*chosen, *beside])
    found, notes = {}, set()
    for name in chosen:
        if name.endswith(MATLAB):
            found[name] = _matlab(name, content[name], array)
        else:
            found[name], note = read_wfdb(name, content)
            notes.add(note)
    first = chosen[0]
    for name, channels in found.items():
        if list(channels) != list(found[first]):
            raise InputError(
                "the recordings have different channels",
                got=f"{name}: {_listed(channels)}",
                expected=f"as {first}: {_listed(found[first])}",
                fix="name files of one kind by --option member=FILE",
            )
    columns = {
        channel: _words(np.concatenate([one[channel] for one in found.values()])) for channel in found[first]
    }
    told = [np.full(len(next(iter(one.values()))), name, object) for name, one in found.items()]
    card = card_of(path, first if len(chosen) == 1 else path.name)
    card = replace(card, processing=(*card.processing, f"Recordings: {_listed(chosen)}.", *sorted(notes)))
    return Table({FILE: np.concatenate(told), **columns}, card)


def _matlab(name: str, content: bytes, array: str) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    try:
        stored = loadmat(io.BytesIO(content))
    except Exception as error:  # scipy raises nearly every kind of it, by where the file is damaged
        raise InputError(
            "the file cannot be read as MATLAB's",
            got=f"{name}: {error}",
            expected="version 7 or older",
            fix="save it with -v7, or as a table (.csv)",
        ) from None
    matrices = {
        key: x
        for key, x in stored.items()
        if isinstance(x, np.ndarray) and x.ndim == 2 and min(x.shape) >= 1 and x.dtype.kind in "fiu"
    }
    if array not in matrices and (array or len(matrices) != 1):
        raise InputError(
            "the file has no such array" if array else "which array is meant is not clear",
            got=f"{name}: {', '.join(matrices) or 'no matrix of numbers'}"
            + (f"; array={array}" if array else ""),
            fix="--option array=NAME",
        )
    x = matrices[array or next(iter(matrices))]
    if x.shape[0] == x.shape[1]:
        raise InputError(
            "which axis is time is not clear", got=f"{name}: {x.shape}", expected="more times than channels",
            fix="name files of recordings by --option member=FILE",
        )  # fmt: skip
    x = x.T if x.shape[1] > x.shape[0] else x
    return {f"channel {i + 1}": x[:, i] for i in range(x.shape[1])}


def _words(values: np.ndarray) -> np.ndarray:
    """As a table keeps them: the shortest words that give the same numbers; None where there is none."""
    return np.array(
        [repr(value) if np.isfinite(value) else None for value in values.astype(float).tolist()], object
    )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
