"""From maps of surprise to one number a frame, by past frames alone."""

from __future__ import annotations

from typing import Any

import numpy as np

SMOOTHING_FRAMES = 6.0
"""Time constant of the running mean over past frames."""


def smoothed(before: Any, now: Any, smoothing: float = SMOOTHING_FRAMES) -> Any:
    """Running mean after one more value: m_t = m_{t-1} + (1 - exp(-1 / τ)) (s_t - m_{t-1}), τ in frames.

    It begins with the first value that is not 0.
    """
    return np.where(before == 0, now, before + (1 - np.exp(-1 / smoothing)) * (now - before))


def frame_scores(maps: np.ndarray, smoothing: float = SMOOTHING_FRAMES) -> np.ndarray:
    """The largest value of a map, then its running mean, which begins where anything is said: a map of zeros says nothing.

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
    >>> maps = np.array([[[0.0, 0.0], [1.0, 3.0], [4.0, 1.0]]])
    >>> frame_scores(maps, smoothing=1 / np.log(2)).round(6).tolist()
    [[0.0, 3.0, 3.5]]
    """
    found = maps.max(-1).astype(np.float64)
    for t in range(1, found.shape[1]):
        found[:, t] = smoothed(found[:, t - 1], found[:, t], smoothing)
    return found
