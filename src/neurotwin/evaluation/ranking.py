"""Rank statistics over pairs of neurons: AUROC, average precision, Spearman; each also over resampled
clusters for intervals.

The ``*_statistic`` functions sort once and then evaluate any resample from how often each cluster was drawn,
so that 2,000 resamples of 24,000 pairs take seconds instead of minutes. A pair drawn twice counts twice, as
if it stood in the table twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from neurotwin._base.errors import InputError

Statistic = Callable[[np.ndarray], np.ndarray]


def auroc(score: np.ndarray, label: np.ndarray) -> float:
    """Probability that a positive outranks a negative, ties counting half; NaN without positives or without
    negatives.

    ``score [pair]`` real, ``label [pair]`` bool. Mann–Whitney U / (positives × negatives).
    """
    score, label = _scores_and_labels(score, label)
    n_positive = int(label.sum())
    n_negative = label.size - n_positive
    if n_positive == 0 or n_negative == 0:
        return float("nan")
    u = rankdata(score)[label].sum() - n_positive * (n_positive + 1) / 2
    return float(u / (n_positive * n_negative))


def average_precision(score: np.ndarray, label: np.ndarray) -> float:
    """Σ (recallₖ − recallₖ₋₁) precisionₖ over the thresholds from the highest score down; chance level is the
    share of positives.
    """
    score, label = _scores_and_labels(score, label)
    clusters = np.zeros(score.size, dtype=int)
    return float(average_precision_statistic(score, label, clusters)(np.ones((1, 1)))[0])


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rank correlation, ties averaged; NaN when either does not vary or fewer than two pairs are
    given.
    """
    x, y = _two_columns(x, y)
    if x.size < 2:
        return float("nan")
    return float(spearman_statistic(x, y, np.zeros(x.size, dtype=int))(np.ones((1, 1)))[0])


def auroc_statistic(score: np.ndarray, label: np.ndarray, clusters: np.ndarray) -> Statistic:
    """AUROC as a function of the cluster counts ``[batch, cluster]``.

    AUROC is bilinear in the counts: with K[c, d] the positives of cluster c that outrank negatives of cluster
    d (ties half), it is mᵀKm / (mᵀp · mᵀq), p and q the positives and negatives of each cluster. K is
    computed once.
    """
    score, label = _scores_and_labels(score, label)
    n_clusters = int(clusters.max()) + 1
    positives = np.bincount(clusters[label], minlength=n_clusters).astype(float)
    negatives = np.bincount(clusters[~label], minlength=n_clusters).astype(float)
    wins = np.zeros((n_clusters, n_clusters))
    positive_scores, positive_clusters = score[label], clusters[label]
    for column in range(n_clusters):
        other = np.sort(score[~label & (clusters == column)])
        below = np.searchsorted(other, positive_scores, "left") + np.searchsorted(
            other, positive_scores, "right"
        )
        wins[:, column] = np.bincount(positive_clusters, weights=below / 2.0, minlength=n_clusters)

    def evaluate(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return ((counts @ wins) * counts).sum(axis=1) / ((counts @ positives) * (counts @ negatives))

    return evaluate


def difference_statistic(first: Statistic, second: Statistic) -> Statistic:
    """``first`` − ``second`` on the same resample: paired."""
    return lambda counts: first(counts) - second(counts)


def average_precision_statistic(score: np.ndarray, label: np.ndarray, clusters: np.ndarray) -> Statistic:
    """Average precision as a function of the cluster counts ``[batch, cluster]``."""
    score, label = _scores_and_labels(score, label)
    order = np.argsort(-score, kind="stable")
    starts = _group_starts(score[order])
    sorted_clusters, sorted_label = clusters[order], label[order].astype(float)

    def evaluate(counts: np.ndarray) -> np.ndarray:
        weight = counts[:, sorted_clusters]
        hits = np.add.reduceat(weight * sorted_label, starts, axis=1)
        found, taken = hits.cumsum(axis=1), np.add.reduceat(weight, starts, axis=1).cumsum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(taken > 0, found / taken, 0.0)
            return (hits * precision).sum(axis=1) / found[:, -1]

    return evaluate


def spearman_statistic(x: np.ndarray, y: np.ndarray, clusters: np.ndarray) -> Statistic:
    """Spearman's correlation as a function of the cluster counts ``[batch, cluster]``; ranks are taken anew
    in each resample.
    """
    x, y = _two_columns(x, y)
    rank_x, rank_y = _resampled_ranks(x, clusters), _resampled_ranks(y, clusters)

    def evaluate(counts: np.ndarray) -> np.ndarray:
        weight = counts[:, clusters]
        total = weight.sum(axis=1, keepdims=True)
        mean = (total + 1) / 2  # of ranks 1 … n
        a, b = rank_x(counts) - mean, rank_y(counts) - mean
        wa = weight * a
        with np.errstate(invalid="ignore", divide="ignore"):
            return (wa * b).sum(axis=1) / np.sqrt((wa * a).sum(axis=1) * (weight * b * b).sum(axis=1))

    return evaluate


def _resampled_ranks(values: np.ndarray, clusters: np.ndarray) -> Statistic:
    order = np.argsort(values, kind="stable")
    starts = _group_starts(values[order])
    group = np.empty(values.size, dtype=int)
    group[order] = np.repeat(np.arange(starts.size), np.diff(np.append(starts, values.size)))
    sorted_clusters = clusters[order]

    def ranks(counts: np.ndarray) -> np.ndarray:
        tied = np.add.reduceat(counts[:, sorted_clusters], starts, axis=1)
        return (tied.cumsum(axis=1) - (tied - 1) / 2)[:, group]

    return ranks


def _group_starts(sorted_values: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.concatenate([[True], sorted_values[1:] != sorted_values[:-1]]))


def _scores_and_labels(score: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    score, label = np.asarray(score, dtype=np.float64), np.asarray(label)
    if score.shape != label.shape or score.ndim != 1 or score.size == 0:
        raise InputError(
            "score and label must be one number for each pair", got=f"shapes {score.shape} and {label.shape}"
        )
    if not np.isfinite(score).all():
        raise InputError("a score is NaN or infinite", got=f"{int((~np.isfinite(score)).sum())} such pairs")
    if not np.isin(label, (0, 1)).all():
        raise InputError("labels must be true or false", got=np.unique(label)[:5])
    return score, label.astype(bool)


def _two_columns(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise InputError(
            "rank correlation needs two columns of one length", got=f"shapes {x.shape} and {y.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(
            "rank correlation of NaN or infinity", fix="leave out the pairs that were not measured"
        )
    return x, y
