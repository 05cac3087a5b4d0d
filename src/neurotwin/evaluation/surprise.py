"""From maps of surprise to one number a frame, by past frames alone."""

from __future__ import annotations

import numpy as np

SMOOTHING_FRAMES = 6.0
"""Time constant of the running mean over past frames."""


def smoothing_gain(smoothing: float = SMOOTHING_FRAMES) -> float:
    """How much of a new value a running mean takes: 1 - exp(-1 / τ), τ in frames."""
    return float(1 - np.exp(-1 / smoothing))


def frame_scores(maps: np.ndarray, smoothing: float = SMOOTHING_FRAMES) -> np.ndarray:
    """The largest value s of a map, then its running mean m_t = m_{t-1} + (1 - exp(-1 / τ)) (s_t - m_{t-1}).

    It begins with the first frame of which anything is said: a map of zeros says nothing.

    Parameters
    ----------
    maps
        ``[clip, time, patch]``, 0 and more.
    smoothing
        τ, frames.

    Returns
    -------
    ``[clip, time]``: each from this frame and those before it.

    Examples
    --------
    >>> frame_scores(np.array([[[0.0, 0.0], [1.0, 3.0], [4.0, 1.0]]]), smoothing=1 / np.log(2)).round(
    ...     6
    ... ).tolist()
    [[0.0, 3.0, 3.5]]
    """
    found, gain = maps.max(-1).astype(np.float64), smoothing_gain(smoothing)
    for t in range(1, found.shape[1]):
        before, now = found[:, t - 1], found[:, t]
        found[:, t] = np.where(before == 0, now, before + gain * (now - before))
    return found
