"""Measures of a classifier, and the interval of any measure by resampling examples, or groups of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurotwin.evaluation.bootstrap import LEVEL, Interval
from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Metric

RESAMPLES = 1000


def interval(
    statistic: Callable[[np.ndarray], float],
    n: int,
    groups: np.ndarray | None = None,
    *,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A statistic with the ends of its 95 % percentile bootstrap interval.

    Parameters
    ----------
    statistic
        Rows (whole numbers, repeated as drawn) → number; NaN where it is not defined.
    n
        Number of examples.
    groups
        ``[example]``: with groups, whole groups are drawn, since the examples of one are not independent.
    n_resamples, seed
        Number of resamples and seed.
    """
    value, rng = float(statistic(np.arange(n))), np.random.default_rng(seed)
    if groups is None:
        draws = (rng.integers(n, size=n) for _ in range(n_resamples))
    else:
        members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
        draws = (
            np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
            for _ in range(n_resamples)
        )
        if len(members) == 1:
            return Interval(value, np.nan, np.nan, n)
    found = np.array([statistic(rows) for rows in draws])
    found = found[np.isfinite(found)]
    if not found.size or not np.isfinite(value):
        return Interval(value, np.nan, np.nan, n)
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(found, [tail, 100 - tail])
    return Interval(value, min(float(low), value), max(float(high), value), n)


def confusion(outputs: np.ndarray, y: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts ``[true class, predicted class]`` of scores ``[example, class]`` and class numbers ``[example]``."""
    told = outputs.argmax(-1)
    return np.bincount(y * n_classes + told, minlength=n_classes**2).reshape(n_classes, n_classes)


def log_probabilities(outputs: np.ndarray) -> np.ndarray:
    """Log of the softmax over the last axis, float64."""
    shifted = outputs.astype(np.float64) - outputs.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _accuracy(outputs: np.ndarray, examples: Examples, rows: np.ndarray) -> float:
    y = np.asarray(examples.y)
    return float((outputs[rows].argmax(-1) == y[rows]).mean())


def _balanced(outputs: np.ndarray, examples: Examples, rows: np.ndarray) -> float:
    """Mean recall of the classes that are present."""
    table = confusion(outputs[rows], np.asarray(examples.y)[rows].astype(int), outputs.shape[-1])
    present = table.sum(1) > 0
    return float((np.diag(table)[present] / table.sum(1)[present]).mean())


def _macro_f1(outputs: np.ndarray, examples: Examples, rows: np.ndarray) -> float:
    """Mean over the classes that are present or predicted of 2 TP / (2 TP + FP + FN)."""
    table = confusion(outputs[rows], np.asarray(examples.y)[rows].astype(int), outputs.shape[-1])
    asked = table.sum(0) + table.sum(1)
    return float((2 * np.diag(table)[asked > 0] / asked[asked > 0]).mean())


def _log_loss(outputs: np.ndarray, examples: Examples, rows: np.ndarray) -> float:
    """Mean of -log p of the true class, nats."""
    y = np.asarray(examples.y)[rows].astype(int)
    return float(-log_probabilities(outputs[rows])[np.arange(len(rows)), y].mean())


CLASSIFICATION = (
    Metric("accuracy", _accuracy),
    Metric("balanced_accuracy", _balanced),
    Metric("macro_f1", _macro_f1),
    Metric("log_loss", _log_loss, "nats", higher_is_better=False),
)
"""For outputs ``[example, class]`` (scores before the softmax) and class numbers ``[example]``."""
