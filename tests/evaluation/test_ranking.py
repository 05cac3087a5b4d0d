"""Rank statistics against scikit-learn and SciPy; fast resampling against doing it by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr as scipy_spearman
from sklearn.metrics import average_precision_score, roc_auc_score

from neurotwin._base.errors import InputError
from neurotwin.evaluation.ranking import (
    auroc,
    auroc_statistic,
    average_precision,
    average_precision_statistic,
    difference_statistic,
    spearman,
    spearman_statistic,
)


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_auroc_and_average_precision_are_sklearns_with_ties_and_without(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    label = rng.random(500) < 0.1
    score = np.round(rng.normal(size=500) + 0.5 * label, decimals)
    assert auroc(score, label) == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert average_precision(score, label) == pytest.approx(average_precision_score(label, score), abs=1e-12)


@pytest.mark.parametrize("decimals", [0, 8])
def test_spearman_is_scipys(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    x = np.round(rng.normal(size=200), decimals)
    y = np.round(x + rng.normal(size=200), decimals)
    assert spearman(x, y) == pytest.approx(scipy_spearman(x, y)[0], abs=1e-12)


def test_known_answers() -> None:
    label = np.array([True, False, True, False])
    assert auroc(np.array([4.0, 3, 2, 1]), label) == 0.75
    assert average_precision(np.array([4.0, 3, 2, 1]), label) == pytest.approx((1 + 2 / 3) / 2)
    assert auroc(np.zeros(4), label) == 0.5
    assert np.isnan(auroc(np.arange(4.0), np.ones(4, bool)))
    assert np.isnan(spearman(np.zeros(4), np.arange(4.0)))


def test_a_cluster_drawn_twice_counts_as_two_copies_of_its_pairs() -> None:
    rng = np.random.default_rng(3)
    clusters = rng.permutation(np.arange(90) % 6)
    label = rng.random(90) < 0.3
    score, other = np.round(rng.normal(size=(2, 90)), 1)
    counts = np.array([[2, 0, 1, 1, 0, 2], [1, 1, 1, 1, 1, 1], [0, 0, 5, 0, 1, 0]], dtype=float)
    for make, plain in (
        (auroc_statistic(score, label, clusters), lambda i: roc_auc_score(label[i], score[i])),
        (
            average_precision_statistic(score, label, clusters),
            lambda i: average_precision_score(label[i], score[i]),
        ),
        (spearman_statistic(score, other, clusters), lambda i: scipy_spearman(score[i], other[i])[0]),
        (
            difference_statistic(
                auroc_statistic(score, label, clusters), auroc_statistic(other, label, clusters)
            ),
            lambda i: roc_auc_score(label[i], score[i]) - roc_auc_score(label[i], other[i]),
        ),
    ):
        expected = [plain(np.repeat(np.arange(90), row[clusters].astype(int))) for row in counts]
        np.testing.assert_allclose(make(counts), np.asarray(expected, dtype=float), atol=1e-12)


def test_unusable_columns_are_refused() -> None:
    with pytest.raises(InputError, match="one number for each pair"):
        auroc(np.zeros(3), np.zeros(4, bool))
    with pytest.raises(InputError, match=r"a score is NaN or infinite(.|\n)*1 such"):
        auroc(np.array([0.0, np.nan]), np.array([True, False]))
    with pytest.raises(InputError, match="labels must be true or false"):
        average_precision(np.zeros(3), np.array([0, 1, 2]))
    with pytest.raises(InputError, match="two columns of one length"):
        spearman(np.zeros(3), np.zeros(4))
    with pytest.raises(InputError, match="leave out the pairs"):
        spearman(np.array([0.0, np.inf]), np.zeros(2))
