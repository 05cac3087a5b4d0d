"""What a twin predicts in each experiment, as arrays that evaluation can score."""

from __future__ import annotations

import numpy as np

from neurotwin.biology import Recording
from neurotwin.network import NEVER, Twin

BURN_FRAMES = 40
"""Frames before the scored stretch in which the twin settles; the neuron under test is free there too."""


def cosmooth(twin: Twin, recording: Recording, stretch: slice, *, subject: str | None = None) -> np.ndarray:
    """Predict each recorded neuron from the other recorded ones: it runs free, they are clamped.

    Parameters
    ----------
    twin
        The fitted twin.
    recording
        Standardised, over all neurons of the twin.
    stretch
        Frames to predict. The simulation starts ``BURN_FRAMES`` earlier with the same neuron free.
    subject
        Animal whose deviations are used; None for shared weights alone.

    Returns
    -------
    ndarray
        float32 [time, observed neuron]; column k is the prediction of the k-th observed neuron.
    """
    seen = np.flatnonzero(recording.observed)
    burn = min(BURN_FRAMES, stretch.start)
    cut = recording.activity[stretch.start - burn : stretch.stop]
    free = np.arange(len(seen))
    clamped = np.repeat(recording.observed[None], len(seen), 0)
    clamped[free, seen] = False
    runs = np.broadcast_to(cut, (len(seen), *cut.shape))
    result = twin.run(runs, clamped, np.full(len(seen), NEVER), subject=subject)
    return result[free, burn:, seen].T


def forecast(
    twin: Twin, recording: Recording, stretch: slice, horizons: tuple[int, ...], *, subject: str | None = None
) -> dict[int, np.ndarray]:
    """Forecast all recorded neurons from every frame of a stretch: clamped until then, free after.

    The origins of horizon h are all frames t of the stretch with t + h inside it. After an origin nothing of the recording is
    shown.

    Returns
    -------
    dict
        For each horizon h, float32 [T - h, observed neuron]: row k is the forecast of frame ``stretch.start + k + h``.
    """
    seen = np.flatnonzero(recording.observed)
    furthest = max(horizons)
    origins = np.arange(stretch.start, stretch.stop - min(horizons))
    burn = min(BURN_FRAMES, stretch.start)
    windows = np.zeros((len(origins), burn + furthest + 1, recording.n_neurons), np.float32)
    for row, origin in enumerate(origins):
        windows[row, : burn + 1] = recording.activity[origin - burn : origin + 1]
    clamped = np.repeat(recording.observed[None], len(origins), 0)
    result = twin.run(windows, clamped, np.full(len(origins), burn + 1), subject=subject)
    rows = result[:, burn + 1 :, seen]
    length = stretch.stop - stretch.start
    return {h: rows[: length - h, h - 1] for h in horizons}


def generate(
    twin: Twin, recording: Recording, n_frames: int, *, start: int, subject: str | None = None
) -> Recording:
    """Let the twin run alone for ``n_frames`` after following the recording for ``BURN_FRAMES`` up to ``start``."""
    burn = min(BURN_FRAMES, start)
    window = np.zeros((1, burn + n_frames, recording.n_neurons), np.float32)
    window[0, :burn] = recording.activity[start - burn : start]
    result = twin.run(window, recording.observed[None], np.array([burn]), subject=subject)[0, burn:]
    return Recording(
        activity=result, names=recording.names, dt_ms=recording.dt_ms, kind=recording.kind, subject="twin"
    )
