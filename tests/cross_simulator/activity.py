"""What spike trains of a population are compared by: rate, irregularity, correlation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

BIN_MS = 5.0
LEAST_SPIKES = 3
"""Of a neuron that counts for the irregularity."""


def rate_hz(index: np.ndarray, n: int, duration_ms: float) -> float:
    """Mean over the neurons."""
    return 1e3 * len(index) / n / duration_ms


def irregularity(time_ms: np.ndarray, index: np.ndarray, least_spikes: int = LEAST_SPIKES) -> float:
    """Mean coefficient of variation of the inter-spike intervals of the neurons that fired so often or more."""
    order = np.lexsort((time_ms, index))
    time_ms, index = time_ms[order], index[order]
    values = []
    for train in np.split(time_ms, np.flatnonzero(np.diff(index)) + 1):
        if len(train) >= least_spikes:
            intervals = np.diff(train)
            values.append(intervals.std() / intervals.mean())
    return float(np.mean(values)) if values else float("nan")


def correlation(
    time_ms: np.ndarray, index: np.ndarray, n: int, start_ms: float, stop_ms: float, bin_ms: float = BIN_MS
) -> float:
    """Mean correlation of the spike counts of all pairs of neurons.

    Σ_{i≠j} cov(c_i, c_j) / Σ_{i≠j} σ_i σ_j, of which the first is what the variance of the sum has beyond the sum of the
    variances.
    """
    bins = round((stop_ms - start_ms) / bin_ms)
    at = np.minimum(((time_ms - start_ms - 1e-6) / bin_ms).astype(int), bins - 1)
    counts = np.zeros((bins, n))
    np.add.at(counts, (at, index), 1)
    variance = counts.var(axis=0)
    above = counts.sum(axis=1).var() - variance.sum()
    return float(above / (np.sqrt(variance).sum() ** 2 - variance.sum()))


def by_population(
    time_ms: np.ndarray, index: np.ndarray, first: np.ndarray, start_ms: float, stop_ms: float
) -> dict[str, list[float]]:
    """Rate (Hz), irregularity and correlation of each population between two times; ``first`` as in ``Circuit``."""
    within = (time_ms > start_ms) & (time_ms <= stop_ms)
    time_ms, index = time_ms[within], index[within]
    result: dict[str, list[float]] = {"rate_hz": [], "irregularity": [], "correlation": []}
    for low, high in pairwise(first):
        of = (index >= low) & (index < high)
        train, neuron, n = time_ms[of], index[of] - low, int(high - low)
        result["rate_hz"].append(rate_hz(neuron, n, stop_ms - start_ms))
        result["irregularity"].append(irregularity(train, neuron))
        result["correlation"].append(correlation(train, neuron, n, start_ms, stop_ms))
    return result
