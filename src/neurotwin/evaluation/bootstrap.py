"""95 % intervals by resampling what was sampled: worms, then neurons within worms; or stimulated neurons, for
pairs of neurons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neurotwin._base.errors import InputError

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A value, the ends of its 95 % interval (NaN when nothing could be resampled) and the number of units it
    rests on.
    """

    value: float
    low: float
    high: float
    n: int


def bootstrap_mean(groups: Sequence[np.ndarray], *, n_resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Mean over groups of the mean within each, with a hierarchical percentile bootstrap.

    Parameters
    ----------
    groups
        One array ``[neuron]`` for each worm; NaN is left out, and so is a worm of nothing but NaN.
    n_resamples, seed
        Number of resamples and seed.

    Returns
    -------
    ``Interval``; ``n`` counts neurons. Each resample draws worms with replacement, then neurons with
    replacement within each worm drawn. With one worm only its neurons are resampled: the interval then speaks
    of that worm, not of worms. With one number in all there is nothing to resample and the ends are NaN.

    Notes
    -----
    A percentile bootstrap over very few worms is too narrow (with five, an interval for the worms' mean
    covers nearer 85 % than 95 %); resampling neurons as well widens it. Saravanan et al. 2020, *Neurons,
    Behavior, Data analysis and Theory* 3(5), for the hierarchy.
    """
    kept = [g[np.isfinite(g)] for g in (np.asarray(g, dtype=np.float64).ravel() for g in groups)]
    kept = [g for g in kept if g.size]
    if not kept:
        return Interval(np.nan, np.nan, np.nan, 0)
    value, n = float(np.mean([g.mean() for g in kept])), sum(g.size for g in kept)
    if n == 1:
        return Interval(value, np.nan, np.nan, 1)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(kept), size=(n_resamples, len(kept)))
    means = np.empty(drawn.shape)
    for index, group in enumerate(kept):
        slots = drawn == index
        means[slots] = group[rng.integers(group.size, size=(int(slots.sum()), group.size))].mean(axis=1)
    return Interval(value, *_ends(means.mean(axis=1), value), n)


def bootstrap_paired_difference(
    groups_a: Sequence[np.ndarray],
    groups_b: Sequence[np.ndarray],
    *,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Mean of a − b over the same neurons of the same worms, with the interval of ``bootstrap_mean``.

    ``groups_a[w][i]`` and ``groups_b[w][i]`` are one neuron under two models; a neuron that is NaN in either
    is left out. Pairing removes the variation between neurons that both models share, so it decides much
    smaller differences than two separate intervals.
    """
    shapes = [np.shape(g) for g in groups_a], [np.shape(g) for g in groups_b]
    if shapes[0] != shapes[1]:
        raise InputError(
            "paired groups must hold the same neurons of the same worms", got=f"{shapes[0]} and {shapes[1]}"
        )
    differences = [
        np.asarray(a, float) - np.asarray(b, float) for a, b in zip(groups_a, groups_b, strict=True)
    ]
    return bootstrap_mean(differences, n_resamples=n_resamples, seed=seed)


def bootstrap_pairs(
    statistic: Callable[[np.ndarray], np.ndarray],
    clusters: np.ndarray,
    *,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
    batch: int = 50,
) -> Interval:
    """A statistic over pairs of neurons, with a cluster bootstrap.

    All pairs of one stimulated neuron come from the same stimulations, so they are drawn together or not at
    all.

    Parameters
    ----------
    statistic
        ``counts [batch, cluster] -> [batch]``: the statistic when every pair of cluster c is present
        ``counts[:, c]`` times. ``ranking`` makes such functions of AUROC, average precision and Spearman's
        correlation.
    clusters
        ``[pair]`` cluster of each pair, integers 0 … C − 1, each present.
    batch
        Resamples computed at once (memory: batch × pairs).

    Returns
    -------
    ``Interval`` whose ``n`` counts pairs. Resamples in which the statistic is undefined (no positive drawn)
    are left out.
    """
    clusters = np.asarray(clusters)
    n_clusters = int(clusters.max()) + 1 if clusters.size else 0
    if n_clusters == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    value = float(statistic(np.ones((1, n_clusters)))[0])
    if n_clusters == 1:
        return Interval(value, np.nan, np.nan, clusters.size)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), size=n_resamples).astype(
        np.float64
    )
    parts = [statistic(counts[start : start + batch]) for start in range(0, n_resamples, batch)]
    resampled = np.concatenate(parts)
    return Interval(value, *_ends(resampled[np.isfinite(resampled)], value), clusters.size)


def _ends(resampled: np.ndarray, value: float) -> tuple[float, float]:
    if resampled.size == 0 or not np.isfinite(value):
        return np.nan, np.nan
    tail = 50.0 * (1.0 - LEVEL)
    low, high = np.percentile(resampled, [tail, 100.0 - tail])
    # Rounding, or a biased resample, must not put the value outside its own interval.
    return min(float(low), value), max(float(high), value)
