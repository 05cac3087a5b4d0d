"""Recordings as arrays for training: standardised by the training stretch, padded to one length."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology, Recording
from neurotwin.biology.split import TimeSplit, time_split


class Dataset(eqx.Module):
    """Arrays that the training loop reads; A animals, T frames, N neurons.

    Attributes
    ----------
    activity
        Standardised, 0 where not observed or past the end, float32 [A, T, N].
    observed
        bool [A, N].
    train_stop
        Frames ``0 … train_stop - 1`` train, int32 [A].
    """

    activity: jax.Array
    observed: jax.Array
    train_stop: jax.Array


@dataclass(frozen=True)
class Split:
    """How the recordings of a biology are divided.

    Attributes
    ----------
    validation_frames, test_frames
        Length of the validation stretch and of the final, held-out stretch.
    """

    validation_frames: int = 100
    test_frames: int = 200

    def of(self, recording: Recording) -> TimeSplit:
        """The three stretches of one recording."""
        return time_split(recording.n_frames, self.test_frames, self.validation_frames)


def standardised_recordings(biology: Biology, split: Split) -> tuple[Recording, ...]:
    """All recordings over all neurons, z-scored by mean and deviation of everything before the test stretch.

    The validation stretch counts towards the scaling, the test stretch never.
    """
    return tuple(
        recording.standardised(slice(0, split.of(recording).test.start))
        for recording in biology.recordings_aligned
    )


def dataset_of(recordings: tuple[Recording, ...], split: Split, *, min_frames: int = 1) -> Dataset:
    """Stack standardised recordings for the loop.

    Parameters
    ----------
    recordings
        From :func:`standardised_recordings`.
    split
        Where the training stretches end.
    min_frames
        Length that every training stretch must have.

    Raises
    ------
    InputError
        Without recordings, or when a training stretch is shorter than a window.
    """
    if not recordings:
        raise InputError("there is no recording to train on", fix="load a biology with recordings")
    stops = np.array([split.of(recording).train.stop for recording in recordings])
    for stop, recording in zip(stops, recordings, strict=True):
        if stop < min_frames:
            raise InputError(
                "a training stretch is shorter than a window",
                got=f"{stop} frames in {recording.subject or 'a recording'}",
                expected=f"{min_frames} or more",
                fix="use a smaller window_frames",
            )
    longest = max(recording.n_frames for recording in recordings)
    activity = np.stack([np.pad(r.activity, ((0, longest - r.n_frames), (0, 0))) for r in recordings])
    return Dataset(
        activity=jnp.asarray(activity),
        observed=jnp.asarray(np.stack([r.observed for r in recordings])),
        train_stop=jnp.asarray(stops, jnp.int32),
    )
