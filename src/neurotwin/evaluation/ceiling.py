"""What the data themselves suggest can be had. References, not hard ceilings: a good model may pass the first
two.

With one trial a neuron's noise cannot be told from its signal, so the worm's recordings have no noise
ceiling. What there is: the contralateral homologue (a second reading of nearly the same neuron), the mirror
image of the atlas (a second reading of nearly the same pair), and, where trials exist, split-half
reliability. NaN wherever there is no such second reading.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation._check import finite_matrix, square_pair_matrix
from neurotwin.evaluation.metrics import METRICS
from neurotwin.evaluation.ranking import auroc


def homologues(names: Sequence[str]) -> np.ndarray:
    """Index of each neuron's left–right partner, ``[neuron]``, −1 where it has none: names that differ in a
    final L/R alone.
    """
    index = {name: i for i, name in enumerate(names)}
    swap = {"L": "R", "R": "L"}
    partner = [index.get(name[:-1] + swap[name[-1]], -1) if name[-1:] in swap else -1 for name in names]
    return np.array(partner, dtype=int)


def homologue_accuracy(
    train: np.ndarray, test: np.ndarray, names: Sequence[str], metric: str = "pearson_r"
) -> np.ndarray:
    """How well each neuron is predicted by its contralateral partner alone.

    A line is fitted on ``train [time, neuron]`` and scored on ``test [time, neuron]``. Returns ``[neuron]``,
    NaN without a recorded partner.
    """
    train, test = finite_matrix(train, "train"), finite_matrix(test, "test")
    if not train.shape[1] == test.shape[1] == len(names):
        raise InputError(
            "one name for each neuron",
            got=f"{len(names)} names, {train.shape[1]} and {test.shape[1]} columns",
        )
    partner = homologues(names)
    paired = np.flatnonzero(partner >= 0)
    scores = np.full(len(names), np.nan)
    if paired.size == 0:
        return scores
    x, y = train[:, partner[paired]], train[:, paired]
    xc, yc = x - x.mean(axis=0), y - y.mean(axis=0)
    variance = (xc * xc).sum(axis=0)
    slope = np.divide((xc * yc).sum(axis=0), variance, out=np.zeros_like(variance), where=variance > 0)
    predicted = (test[:, partner[paired]] - x.mean(axis=0)) * slope + y.mean(axis=0)
    scores[paired] = METRICS[metric](test[:, paired], predicted)
    return scores


def mirror(matrix: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """``matrix [post, pre]`` read at the contralateral pair; NaN where either neuron has no partner, and
    between partners.
    """
    matrix = square_pair_matrix(matrix, len(names), "matrix")
    partner = homologues(names)
    mirrored = matrix[np.ix_(partner, partner)]
    mirrored[partner < 0, :] = np.nan
    mirrored[:, partner < 0] = np.nan
    has = np.flatnonzero(partner >= 0)
    # XL responding to XR mirrors into XR responding to XL: no second reading of the same thing
    mirrored[has, partner[has]] = np.nan
    return mirrored


def mirror_auroc(q: np.ndarray, names: Sequence[str], alpha: float = 0.05) -> float:
    """AUROC of significant pairs (q < alpha) scored by how significant the contralateral pair is.

    ``q [post, pre]``, NaN where not measured; the diagonal is ignored. What a second measurement of nearly
    the same pair gives.
    """
    q = square_pair_matrix(q, len(names), "q").copy()
    np.fill_diagonal(q, np.nan)
    other = mirror(q, names)
    pairs = np.isfinite(q) & np.isfinite(other)
    return auroc(-other[pairs], q[pairs] < alpha) if pairs.any() else float("nan")


def split_half_reliability(values: np.ndarray) -> np.ndarray:
    """Reliability of each neuron's trial average, ``[neuron]``: correlation of the means of odd and even
    trials, Spearman–Brown corrected.

    Parameters
    ----------
    values
        ``[trial, time, neuron]``, the same stimulus in each trial. With fewer than two trials the answer is
        NaN for all.

    Notes
    -----
    2r / (1 + r); the largest correlation of a model with the trial average is about its square root. Negative
    r is kept as it is.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 3:
        raise InputError("split halves need [trial, time, neuron]", got=f"shape {values.shape}")
    if len(values) < 2:
        return np.full(values.shape[2], np.nan)
    r = METRICS["pearson_r"](values[0::2].mean(axis=0), values[1::2].mean(axis=0))
    return np.where(r > 0, 2 * r / (1 + r), r)
