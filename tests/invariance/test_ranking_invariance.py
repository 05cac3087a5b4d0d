"""AUROC and Spearman see order alone."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.evaluation.ranking import auroc, average_precision, spearman


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    label = rng.random(400) < 0.2
    return rng.normal(size=400) + label, label


@pytest.mark.parametrize("bend", [np.exp, np.cbrt, lambda x: 3 * x - 7])
def test_monotone_transforms_change_nothing(pairs: tuple[np.ndarray, np.ndarray], bend) -> None:
    score, label = pairs
    assert auroc(bend(score), label) == pytest.approx(auroc(score, label), abs=1e-12)
    assert average_precision(bend(score), label) == pytest.approx(average_precision(score, label), abs=1e-12)
    assert spearman(bend(score), score) == pytest.approx(1.0)


def test_a_bend_that_is_not_monotone_is_noticed(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    score, label = pairs
    assert abs(auroc(np.abs(score), label) - auroc(score, label)) > 0.02
    assert abs(spearman(np.abs(score), score)) < 0.9


def test_reversing_the_score_mirrors_auroc_about_one_half(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    score, label = pairs
    assert auroc(-score, label) == pytest.approx(1 - auroc(score, label), abs=1e-12)
    assert auroc(score, ~label) == pytest.approx(1 - auroc(score, label), abs=1e-12)


def test_auroc_ignores_how_rare_positives_are_and_average_precision_does_not(
    pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    score, label = pairs
    more = (
        np.concatenate([score, np.repeat(score[~label], 4)]),
        np.concatenate([label, np.zeros(4 * (~label).sum(), bool)]),
    )
    assert auroc(*more) == pytest.approx(auroc(score, label), abs=1e-12)
    assert average_precision(*more) < average_precision(score, label) - 0.05
