"""Measures of how a classifier ranks examples: area under the ROC curve, average precision."""

from __future__ import annotations

import numpy as np

from neurotwin.tasks.data import Examples
from neurotwin.tasks.metrics import log_probabilities
from neurotwin.tasks.task import Metric, Statistic


def area_under_roc(score: np.ndarray, label: np.ndarray) -> Statistic:
    """Rows → probability that a positive outranks a negative, ties counting half; NaN without either.

    ``score [example]``, ``label [example]`` bool. Sorted once: a resample costs as many steps as there are examples.
    """
    order, starts = _sorted(score)
    label = label[order]

    def statistic(rows: np.ndarray) -> float:
        weight = np.bincount(rows, minlength=len(order))[order]
        positive = np.add.reduceat(weight * label, starts).astype(float)
        negative = np.add.reduceat(weight * ~label, starts).astype(float)
        pairs = positive.sum() * negative.sum()
        below = negative.cumsum() - negative / 2
        return float((positive * below).sum() / pairs) if pairs else float("nan")

    return statistic


def average_precision(score: np.ndarray, label: np.ndarray) -> Statistic:
    """Rows → Σ (recallₖ − recallₖ₋₁) precisionₖ from the highest score down; chance is the share of positives."""
    order, starts = _sorted(-score)
    label = label[order]

    def statistic(rows: np.ndarray) -> float:
        weight = np.bincount(rows, minlength=len(order))[order]
        hits = np.add.reduceat(weight * label, starts).astype(float)
        taken = np.add.reduceat(weight, starts).cumsum()
        precision = np.divide(hits.cumsum(), taken, out=np.zeros(len(taken)), where=taken > 0)
        return float((hits * precision).sum() / hits.sum()) if hits.sum() else float("nan")

    return statistic


def _sorted(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order from low to high, and where each group of equal scores begins in it."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _auc(outputs: np.ndarray, examples: Examples) -> Statistic:
    """Of the second class where there are two; else the mean over classes of each against the rest."""
    told, y = log_probabilities(outputs), np.asarray(examples.y)
    if told.shape[1] == 2:
        return area_under_roc(told[:, 1] - told[:, 0], y == 1)
    parts = [area_under_roc(told[:, k], y == k) for k in range(told.shape[1])]

    def statistic(rows: np.ndarray) -> float:
        values = np.array([part(rows) for part in parts])
        there = np.isfinite(values)
        return float(values[there].mean()) if there.any() else float("nan")

    return statistic


def _average_precision(outputs: np.ndarray, examples: Examples) -> Statistic:
    told = log_probabilities(outputs)
    return average_precision(told[:, 1] - told[:, 0], np.asarray(examples.y) == 1)


AUC = Metric("auc", _auc)
"""For outputs ``[example, class]`` (scores before the softmax)."""
AVERAGE_PRECISION = Metric("average_precision", _average_precision)
"""For two classes; of the second one."""
