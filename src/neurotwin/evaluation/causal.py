"""The family "causal": stimulate neuron j in the twin, read neuron i, and compare with the animal's measured
response.

Zero-shot: the twin never saw a perturbation. Responses and atlas are ``[post, pre]``: row responds, column is
stimulated. Only pairs that were measured count, and never a neuron's response to its own stimulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation._check import square_pair_matrix
from neurotwin.evaluation.anatomy import anatomy_controls
from neurotwin.evaluation.bootstrap import Interval, bootstrap_pairs
from neurotwin.evaluation.ranking import (
    Statistic,
    auroc,
    auroc_statistic,
    average_precision,
    average_precision_statistic,
    difference_statistic,
    spearman,
    spearman_statistic,
)
from neurotwin.evaluation.scorecard import Score

if TYPE_CHECKING:
    from neurotwin.biology.connectome import Connectome
    from neurotwin.biology.perturbations import Perturbations

__all__ = [
    "anatomy_controls",
    "anatomy_scores",
    "auroc",
    "auroc_difference",
    "average_precision",
    "causal_scores",
    "measured_pairs",
    "spearman",
]


@dataclass(frozen=True)
class Pairs:
    """Measured pairs as columns: ``post``, ``pre`` (indices), ``amplitude`` (ΔF/F, may be NaN) and
    ``significant``, each ``[pair]``.
    """

    post: np.ndarray
    pre: np.ndarray
    amplitude: np.ndarray
    significant: np.ndarray


def measured_pairs(
    perturbations: Perturbations, alpha: float = 0.05, where: np.ndarray | None = None
) -> Pairs:
    """The measured off-diagonal pairs, those of ``where [post, pre]`` alone when it is given; ``InputError``
    when there is none.
    """
    measured = np.array(perturbations.measured, dtype=bool)  # never the diagonal
    if where is not None:
        measured &= square_pair_matrix(where, len(measured), "where").astype(bool)
    if not measured.any():
        raise InputError(
            "no measured pair of neurons",
            fix="align the perturbations to names that were stimulated and recorded",
        )
    post, pre = np.nonzero(measured)
    significant = np.asarray(perturbations.significant(alpha), dtype=bool)[post, pre]
    return Pairs(post, pre, np.asarray(perturbations.amplitude, dtype=np.float64)[post, pre], significant)


def causal_scores(
    response: np.ndarray,
    perturbations: Perturbations,
    alpha: float = 0.05,
    *,
    model: str = "twin",
    split: str = "zero_shot",
    where: np.ndarray | None = None,
    signed: bool = True,
    ceiling: float = np.nan,
    n_resamples: int = 1000,
    seed: int = 0,
) -> list[Score]:
    r"""How well a matrix of responses foretells the measured ones.

    Parameters
    ----------
    response
        ``[post, pre]`` over ``perturbations.names``; any scale.
    perturbations
        The measured atlas.
    alpha
        A pair responds where q < alpha.
    where
        Restrict to these pairs, bool ``[post, pre]``.
    signed
        False for scores of pairs that are larger where a response is likelier and carry no sign, such as
        minus the path length: they are ranked as they are, not by magnitude, and no signed correlation is
        given.
    ceiling
        Reference for the AUROC, such as ``ceiling.mirror_auroc``.

    Returns
    -------
    ``auroc`` of significant pairs by \|response\|; ``average_precision`` of the same (chance: the share of
    positives, in ``source``); ``spearman_amplitude`` of \|response\| with \|amplitude\|;
    ``spearman_signed`` of both with their signs. Intervals: bootstrap over stimulated neurons.
    """
    pairs = measured_pairs(perturbations, alpha, where)
    raw = _responses(response, pairs, len(perturbations.names))
    strength = np.abs(raw) if signed else raw
    clusters = _clusters(pairs.pre)
    share = f"{int(pairs.significant.sum())} of {pairs.pre.size} pairs significant (q < {alpha:g})"
    amplitude = np.isfinite(pairs.amplitude)
    inner = _clusters(pairs.pre[amplitude])
    told: list[tuple[str, Statistic, np.ndarray, str]] = [
        ("auroc", auroc_statistic(strength, pairs.significant, clusters), clusters, share),
        (
            "average_precision",
            average_precision_statistic(strength, pairs.significant, clusters),
            clusters,
            share,
        ),
    ]
    if amplitude.any():
        size = np.abs(pairs.amplitude[amplitude])
        statistic = spearman_statistic(strength[amplitude], size, inner)
        told.append(("spearman_amplitude", statistic, inner, "|response| with |amplitude|"))
    if amplitude.any() and signed:
        statistic = spearman_statistic(raw[amplitude], pairs.amplitude[amplitude], inner)
        told.append(("spearman_signed", statistic, inner, "response with amplitude, signs kept"))
    scores = []
    for name, statistic, group, source in told:
        found = bootstrap_pairs(statistic, group, n_resamples=n_resamples, seed=seed)
        top = ceiling if name == "auroc" else np.nan
        scores.append(
            Score(
                "causal", name, split, model, found.value, found.low, found.high, top, found.n, source=source
            )
        )
    return scores


def anatomy_scores(
    connectome: Connectome,
    perturbations: Perturbations,
    alpha: float = 0.05,
    *,
    n_resamples: int = 1000,
    seed: int = 0,
) -> list[Score]:
    """``causal_scores`` of each of the ``anatomy_controls``, on the atlas aligned to the connectome's
    neurons.
    """
    aligned = perturbations.align(connectome.names)
    return [
        score
        for model, matrix in anatomy_controls(connectome).items()
        for score in causal_scores(
            matrix, aligned, alpha, model=model, signed=False, n_resamples=n_resamples, seed=seed
        )
    ]


def auroc_difference(
    response_a: np.ndarray,
    response_b: np.ndarray,
    perturbations: Perturbations,
    alpha: float = 0.05,
    *,
    signed: tuple[bool, bool] = (True, True),
    where: np.ndarray | None = None,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """AUROC of response a minus that of response b on the same pairs, with a paired bootstrap over stimulated
    neurons.

    ``signed`` says of a and of b whether magnitudes are ranked, as in ``causal_scores``.
    """
    pairs = measured_pairs(perturbations, alpha, where)
    clusters = _clusters(pairs.pre)
    statistics = []
    for response, has_sign in zip((response_a, response_b), signed, strict=True):
        raw = _responses(response, pairs, len(perturbations.names))
        statistics.append(auroc_statistic(np.abs(raw) if has_sign else raw, pairs.significant, clusters))
    return bootstrap_pairs(difference_statistic(*statistics), clusters, n_resamples=n_resamples, seed=seed)


def _clusters(pre: np.ndarray) -> np.ndarray:
    return np.unique(pre, return_inverse=True)[1]


def _responses(response: np.ndarray, pairs: Pairs, n: int) -> np.ndarray:
    values = square_pair_matrix(response, n, "response")[pairs.post, pairs.pre]
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(
            "the response holds NaN or infinity at a measured pair",
            got=f"{values[bad]} at post {pairs.post[bad]}, pre {pairs.pre[bad]}",
            fix="restrict `where` to the pairs that have a response, or simulate the missing ones",
        )
    return values
