"""The family "structure": the twin's weights against the counted wiring, both ``[post, pre]``, dense or
sparse.

What is imposed cannot be evidence. A twin whose weights live on the connectome's edges agrees with its
support by construction, and one whose signs are held agrees with them by construction: the scores say so in
``source``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import ks_2samp, wasserstein_distance

from neurotwin._base.errors import InputError
from neurotwin.evaluation._check import square_pair_matrix
from neurotwin.evaluation.bootstrap import bootstrap_pairs
from neurotwin.evaluation.ranking import spearman, spearman_statistic
from neurotwin.evaluation.scorecard import Score

BY_CONSTRUCTION = "by construction"


@dataclass(frozen=True)
class Support:
    """Overlap of the strongest twin weights with the biological edges; ``n_edges`` of them are biological,
    ``n_twin`` were compared.
    """

    precision: float
    recall: float
    jaccard: float
    n_edges: int
    n_twin: int


def magnitude_spearman(twin: Any, weight: Any) -> float:
    """Spearman correlation of |twin weight| with the contact count, over the biological edges (count ≠ 0)."""
    twin, weight = _pair(twin, weight)
    edges = weight != 0
    return spearman(np.abs(twin[edges]), np.abs(weight[edges])) if edges.any() else float("nan")


def sign_agreement(twin: Any, sign: Any) -> float:
    """Share of edges with a known sign (±1) at which a non-zero twin weight has that sign; NaN when there is
    no such edge.
    """
    twin, sign = _pair(twin, sign)
    known = (sign != 0) & (twin != 0)
    return float((np.sign(twin[known]) == np.sign(sign[known])).mean()) if known.any() else float("nan")


def support(twin: Any, weight: Any) -> Support:
    """Precision, recall and Jaccard index of the k strongest twin weights, k being the number of biological
    edges.

    Zero weights are never among the strongest; of weights that tie at the cut the first in row order are
    taken. For a twin masked by the connectome all three are 1 by construction when no weight has vanished.
    """
    twin, weight = _pair(twin, weight)
    edges, strength = (weight != 0).ravel(), np.abs(twin).ravel()
    k = int(edges.sum())
    strongest = np.argsort(-strength, kind="stable")[:k]
    strongest = strongest[strength[strongest] > 0]
    hits = int(edges[strongest].sum())
    union = k + strongest.size - hits
    return Support(
        hits / strongest.size if strongest.size else float("nan"),
        hits / k if k else float("nan"),
        hits / union if union else float("nan"),
        k,
        int(strongest.size),
    )


def log_magnitudes(weights: Any) -> np.ndarray:
    r"""log(\|w\| / mean \|w\|) of the non-zero weights: free of unit, with its spread kept."""
    values = weights.toarray() if hasattr(weights, "toarray") else np.asarray(weights)
    values = np.abs(values.astype(np.float64))
    values = values[values > 0]
    # counts are whole numbers, so equal ones must stay equal after scaling: ties decide the KS distance
    return np.round(np.log(values / values.mean()), 9) if values.size else values


def weight_ks(twin: Any, weight: Any) -> float:
    """Kolmogorov–Smirnov distance of the two distributions of ``log_magnitudes``; 0 when equal, at most 1."""
    a, b = log_magnitudes(twin), log_magnitudes(weight)
    return float(ks_2samp(a, b).statistic) if a.size and b.size else float("nan")  # type: ignore[union-attr]


def weight_wasserstein(twin: Any, weight: Any) -> float:
    """1-Wasserstein distance of the two distributions of ``log_magnitudes``, in natural-log units (0.69 is a
    factor of 2).
    """
    a, b = log_magnitudes(twin), log_magnitudes(weight)
    return float(wasserstein_distance(a, b)) if a.size and b.size else float("nan")


def structure_scores(
    twin: Any,
    weight: Any,
    sign: Any = None,
    *,
    model: str = "twin",
    split: str = "fitted",
    signs_imposed: bool = False,
    seed: int = 0,
) -> list[Score]:
    """All structural scores of one kind of synapse.

    Parameters
    ----------
    twin
        Twin weights ``[post, pre]``, signed; dense or sparse.
    weight
        Contact counts ``[post, pre]``, 0 where there is no edge.
    sign
        +1, −1, or 0 for unknown, ``[post, pre]``; None when no sign is known. Edges whose sign was free are
        not compared.
    signs_imposed
        Whether training held the signs, so that their agreement is no evidence.

    Returns
    -------
    ``magnitude_spearman`` (interval by bootstrap over presynaptic neurons), ``sign_agreement``,
    ``support_jaccard``, ``weight_ks``, ``weight_wasserstein``; ``source`` is "by construction" where the twin
    could not have scored otherwise.
    """
    twin, weight = _pair(twin, weight)
    signs = np.zeros_like(weight) if sign is None else _pair(twin, sign)[1]
    edges = weight != 0
    if not edges.any():
        raise InputError(
            "the biological wiring has no edge of this kind", fix="score a kind of synapse that it has"
        )
    pre = np.unique(np.nonzero(edges)[1], return_inverse=True)[1]
    found = bootstrap_pairs(
        spearman_statistic(np.abs(twin[edges]), np.abs(weight[edges]), pre), pre, n_resamples=1000, seed=seed
    )
    overlap = support(twin, weight)
    masked = not (twin[~edges] != 0).any()
    compared = int(((signs != 0) & (twin != 0)).sum())
    n = int(edges.sum())
    detail = f"precision {overlap.precision:.3f}, recall {overlap.recall:.3f}"
    nan = float("nan")

    def score(metric: str, value: float, count: int, higher: bool, source: str = "", unit: str = "") -> Score:
        return Score("structure", metric, split, model, value, nan, nan, nan, count, unit, higher, source)

    return [
        Score("structure", "magnitude_spearman", split, model, found.value, found.low, found.high, n=n),
        score(
            "sign_agreement",
            sign_agreement(twin, signs),
            compared,
            True,
            BY_CONSTRUCTION if signs_imposed else "",
        ),
        score(
            "support_jaccard", overlap.jaccard, n, True, f"{BY_CONSTRUCTION}; {detail}" if masked else detail
        ),
        score("weight_ks", weight_ks(twin, weight), n, False),
        score("weight_wasserstein", weight_wasserstein(twin, weight), n, False, unit="ln"),
    ]


def _pair(twin: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    n = int(np.shape(twin)[0]) if np.ndim(twin) == 2 or hasattr(twin, "toarray") else -1
    twin, other = square_pair_matrix(twin, n, "twin"), square_pair_matrix(other, n, "biology")
    for name, matrix in (("twin", twin), ("biology", other)):
        if not np.isfinite(matrix).all():
            raise InputError(
                f"the {name} matrix holds NaN or infinity", got=int((~np.isfinite(matrix)).sum())
            )
    return twin, other
