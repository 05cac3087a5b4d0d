"""Measures of predicted numbers ``[example]`` against true ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Metric, Statistic


def _of(value: Callable[[np.ndarray, np.ndarray], float]) -> Callable[[np.ndarray, Examples], Statistic]:
    """A measure of (told, true), both ``[example]``, as a task's metric."""

    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        told, true = np.asarray(outputs, np.float64), np.asarray(examples.y, np.float64)
        return lambda rows: value(told[rows], true[rows])

    return of


def r_squared(told: np.ndarray, true: np.ndarray) -> float:
    """1 - Σ (true - told)² / Σ (true - mean of true)²; NaN where nothing varies."""
    spread = ((true - true.mean()) ** 2).sum()
    return float(1 - ((true - told) ** 2).sum() / spread) if spread > 0 else float("nan")


def mean_absolute_error(told: np.ndarray, true: np.ndarray) -> float:
    """Mean of ``|true - told|``."""
    return float(np.abs(true - told).mean())


def root_mean_squared_error(told: np.ndarray, true: np.ndarray) -> float:
    """Root of the mean of ``(true - told)²``."""
    return float(np.sqrt(((true - told) ** 2).mean()))


def spearman(told: np.ndarray, true: np.ndarray) -> float:
    """Correlation of the ranks, ties averaged; 0 for a constant prediction, which orders nothing; NaN where truth is constant."""
    a, b = rankdata(told), rankdata(true)
    a, b = a - a.mean(), b - b.mean()
    if not b.any():
        return float("nan")
    return float(a @ b / np.sqrt((a @ a) * (b @ b))) if a.any() else 0.0


REGRESSION = (
    Metric("r_squared", _of(r_squared)),
    Metric("mean_absolute_error", _of(mean_absolute_error), higher_is_better=False),
    Metric("root_mean_squared_error", _of(root_mean_squared_error), higher_is_better=False),
    Metric("spearman", _of(spearman)),
)
"""For outputs ``[example]`` in the units of the answers."""
