"""Measures of a classifier, and the interval of any measure by resampling examples, or groups of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurotwin.evaluation.bootstrap import LEVEL, Interval
from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Metric, Statistic

RESAMPLES = 1000


def interval(
    statistic: Statistic,
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


def log_probabilities(outputs: np.ndarray) -> np.ndarray:
    """Log of the softmax over the last axis, float64."""
    shifted = outputs.astype(np.float64) - outputs.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _accuracy(outputs: np.ndarray, examples: Examples) -> Statistic:
    hit = outputs.argmax(-1) == np.asarray(examples.y)
    return lambda rows: float(hit[rows].mean())


def _tables(outputs: np.ndarray, examples: Examples) -> Callable[[np.ndarray], np.ndarray]:
    """Rows → counts ``[true class, predicted class]``."""
    n = outputs.shape[-1]
    place = np.asarray(examples.y).astype(int) * n + outputs.argmax(-1)
    return lambda rows: np.bincount(place[rows], minlength=n * n).reshape(n, n)


def _balanced(outputs: np.ndarray, examples: Examples) -> Statistic:
    table_of = _tables(outputs, examples)

    def statistic(rows: np.ndarray) -> float:
        table = table_of(rows)
        asked = table.sum(1)
        return float((np.diag(table)[asked > 0] / asked[asked > 0]).mean())

    return statistic


def _macro_f1(outputs: np.ndarray, examples: Examples) -> Statistic:
    table_of = _tables(outputs, examples)

    def statistic(rows: np.ndarray) -> float:
        table = table_of(rows)
        asked = table.sum(0) + table.sum(1)
        return float((2 * np.diag(table)[asked > 0] / asked[asked > 0]).mean())

    return statistic


def _log_loss(outputs: np.ndarray, examples: Examples) -> Statistic:
    y = np.asarray(examples.y).astype(int)
    losses = -log_probabilities(outputs)[np.arange(len(y)), y]
    return lambda rows: float(losses[rows].mean())


CLASSIFICATION = (
    Metric("accuracy", _accuracy),
    # mean recall of the classes that are present
    Metric("balanced_accuracy", _balanced),
    # mean over the classes that are present or predicted of 2 TP / (2 TP + FP + FN)
    Metric("macro_f1", _macro_f1),
    Metric("log_loss", _log_loss, "nats", higher_is_better=False),
)
"""For outputs ``[example, class]`` (scores before the softmax) and class numbers ``[example]``."""
