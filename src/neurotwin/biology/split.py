"""Which frames, and which animals, train, validate and test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neurotwin._base.errors import InputError
from neurotwin.biology.biology import Biology


@dataclass(frozen=True)
class TimeSplit:
    """Three stretches of frames that follow one another: train, then validation, then test."""

    train: slice
    validation: slice
    test: slice


def time_split(n_frames: int, test_frames: int = 200, validation_frames: int = 100) -> TimeSplit:
    """Split a recording in time: the last frames test, those before them validate, the rest train.

    Contiguous stretches, because neighbouring frames of calcium are nearly copies: shuffled frames would
    leak.

    Parameters
    ----------
    n_frames, test_frames, validation_frames
        Counts of frames; at least one must be left to each stretch.

    Raises
    ------
    InputError
        The recording is too short, or a count is not positive.

    Examples
    --------
    >>> time_split(800)
    TimeSplit(train=slice(0, 500, None), validation=slice(500, 600, None), test=slice(600, 800, None))
    """
    if test_frames < 1 or validation_frames < 1:
        got = f"test_frames={test_frames}, validation_frames={validation_frames}"
        raise InputError("a stretch has no frames", got=got, expected="1 or more each")
    train_frames = n_frames - test_frames - validation_frames
    if train_frames < 1:
        got = f"{n_frames} frames for {validation_frames} to validate and {test_frames} to test"
        fix = "use a longer recording, or smaller test_frames and validation_frames"
        raise InputError("the recording is too short to split", got=got, fix=fix)
    return TimeSplit(
        train=slice(0, train_frames),
        validation=slice(train_frames, train_frames + validation_frames),
        test=slice(train_frames + validation_frames, n_frames),
    )


def leave_one_out(biology: Biology) -> Iterator[tuple[int, tuple[int, ...]]]:
    """For each recording: its index, and the indices of the others, which train.

    ``InputError`` where there are fewer than two recordings.
    """
    n = len(biology.recordings)
    if n < 2:
        raise InputError(
            "leaving one animal out needs two or more",
            got=n,
            fix='load more, as in load("worm", worms="all")',
        )
    return ((left_out, tuple(i for i in range(n) if i != left_out)) for left_out in range(n))
