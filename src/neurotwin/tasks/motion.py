"""What a patch does, in a few numbers: foreground, change, and displacement by block matching. From past frames alone."""

from __future__ import annotations

import numpy as np

from neurotwin.tasks.networks.patch_predictor import CELL, grid_of, pool

LAG = 6
"""Frames over which displacement is measured: pedestrians move a quarter of a pixel a frame in small pictures."""
REACH = (1, 7)
"""Largest displacement that is looked for, rows and columns."""
STILL = 0.1
"""Grey levels of mean error that a pixel of displacement costs, so that an even surface stands still."""
FEATURES = ("foreground", "change, 1 frame", "change, 3 frames", "speed", "along", "across", "mismatch")


def cells(x: np.ndarray) -> np.ndarray:
    """Means of patches, ``[time, row, column]`` → ``[time, patch row, patch column]``."""
    rows, columns = grid_of(x.shape[1:])
    rest = ((0, 0), (0, rows * CELL - x.shape[1]), (0, columns * CELL - x.shape[2]))
    return np.pad(x, rest, mode="edge").reshape(len(x), rows, CELL, columns, CELL).mean((2, 4))


def change(clip: np.ndarray, lag: int) -> np.ndarray:
    """|x_t - x_{t-lag}|, grey levels, ``[time, row, column]``; against the first frame where there is no earlier one."""
    x = clip.astype(np.float32)
    return np.abs(x - x[np.maximum(0, np.arange(len(x)) - lag)])


def motion_features(clip: np.ndarray, background: np.ndarray) -> np.ndarray:
    """``FEATURES`` of each patch, pooled over 2 × 2 patches: ``[time, patch row, patch column, feature]``.

    Displacement is the one with the least mean error between the frame and the one ``LAG`` frames before; it counts as far as
    there is foreground.

    Parameters
    ----------
    clip
        ``[time, row, column]``, grey levels.
    background
        ``[row, column]``.
    """
    x = clip.astype(np.float32)
    mass = pool(cells(np.minimum(np.abs(x - background), 40.0)))
    before = np.pad(
        x[np.maximum(0, np.arange(len(x)) - LAG)],
        ((0, 0), (REACH[0], REACH[0]), (REACH[1], REACH[1])),
        mode="edge",
    )
    least, along, across = np.full(mass.shape, np.inf, np.float32), np.zeros_like(mass), np.zeros_like(mass)
    rows, columns = x.shape[1:]
    for down in range(-REACH[0], REACH[0] + 1):
        for right in range(-REACH[1], REACH[1] + 1):
            top, left = REACH[0] - down, REACH[1] - right
            error = np.abs(x - before[:, top : top + rows, left : left + columns])
            cost = pool(cells(error)) + STILL * (abs(down) + abs(right))
            better = cost < least
            least = np.where(better, cost, least)
            along, across = np.where(better, right, along), np.where(better, down, across)
    weight = np.minimum(1.0, mass / 5.0)
    parts = (
        mass,
        pool(cells(change(clip, 1))),
        pool(cells(change(clip, 3))),
        weight * np.hypot(along, across),
        weight * along,
        weight * across,
        least,
    )
    return np.stack(parts, axis=-1)
