"""Histograms of oriented gradients (Dalal & Triggs 2005), what recognised signs before networks did, with a linear classifier."""

from __future__ import annotations

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.task import Predictor, Task

CELL = 4
"""Pixels; blocks are of 2 × 2 cells and overlap by half."""
ORIENTATIONS = 8
"""Over the half circle: a gradient and its opposite are one."""


def oriented_gradients(x: np.ndarray) -> np.ndarray:
    """Histograms of gradient directions by cell, each block of 2 × 2 cells brought to length 1.

    Parameters
    ----------
    x
        ``[example, row, column, channel]``; of the channels the steepest one counts at each pixel.

    Returns
    -------
    ``[example, feature]``, float32.
    """
    grey = x.astype(np.float32)
    down, across = np.gradient(grey, axis=1), np.gradient(grey, axis=2)
    steep = np.hypot(down, across)
    best = steep.argmax(-1)[..., None]
    size, down, across = (np.take_along_axis(v, best, -1)[..., 0] for v in (steep, down, across))
    place = (np.arctan2(down, across) / np.pi % 1) * ORIENTATIONS
    low = np.floor(place).astype(int)
    share = place - low
    n, rows, columns = len(x), x.shape[1] // CELL, x.shape[2] // CELL
    cells = np.zeros((n, rows, columns, ORIENTATIONS), np.float32)
    for k in range(ORIENTATIONS):
        vote = size * (
            np.where(low % ORIENTATIONS == k, 1 - share, 0)
            + np.where((low + 1) % ORIENTATIONS == k, share, 0)
        )
        vote = vote[:, : rows * CELL, : columns * CELL]
        cells[..., k] = vote.reshape(n, rows, CELL, columns, CELL).sum((2, 4))
    blocks = np.concatenate(
        [cells[:, a : rows - 1 + a, b : columns - 1 + b] for a in (0, 1) for b in (0, 1)], axis=-1
    )
    length = np.sqrt((blocks**2).sum(-1, keepdims=True) + 1)
    return (blocks / length).reshape(n, -1)


def discriminant_of_gradients(task: Task, data: TaskData, seed: int) -> Predictor:
    """Linear discriminant analysis, with the covariance shrunk (Ledoit & Wolf), of oriented gradients: scores ``[example, class]``.

    Stallkamp et al. 2012 (Neural Networks 32:323) use this pair as the baseline of GTSRB.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(
        oriented_gradients(np.asarray(data.train.x)), np.asarray(data.train.y)
    )

    def scores(examples: Examples) -> np.ndarray:
        margins = fitted.decision_function(oriented_gradients(np.asarray(examples.x)))
        return margins if margins.ndim == 2 else np.stack([np.zeros_like(margins), margins], axis=1)

    return scores
