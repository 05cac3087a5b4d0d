"""Structural similarity on matrices whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from neurotwin._base.errors import InputError
from neurotwin.evaluation.scorecard import Scorecard
from neurotwin.evaluation.structure import (
    log_magnitudes,
    magnitude_spearman,
    sign_agreement,
    structure_scores,
    support,
    weight_ks,
    weight_wasserstein,
)


@pytest.fixture
def wiring() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    weight = rng.geometric(0.2, size=(30, 30)) * (rng.random((30, 30)) < 0.15).astype(float)
    sign = np.where(weight > 0, rng.choice([-1, 0, 1], size=weight.shape), 0)
    return weight, sign


def test_a_twin_that_is_the_biology_agrees_in_everything(wiring: tuple[np.ndarray, np.ndarray]) -> None:
    weight, sign = wiring
    twin = weight * np.where(sign == 0, 1, sign) * 0.01
    scores = {s.metric: s for s in structure_scores(twin, weight, sign)}
    for metric in ("magnitude_spearman", "sign_agreement", "support_jaccard"):
        assert scores[metric].value == pytest.approx(1.0)
    for metric in ("weight_ks", "weight_wasserstein"):
        assert scores[metric].value == pytest.approx(0.0, abs=1e-12)
    assert scores["sign_agreement"].n == np.count_nonzero(sign)
    assert {s.family for s in scores.values()} == {"structure"}


def test_sparse_and_dense_give_the_same_scores(wiring: tuple[np.ndarray, np.ndarray]) -> None:
    weight, sign = wiring
    twin = np.random.default_rng(1).normal(size=weight.shape)
    dense = structure_scores(twin, weight, sign)
    found = structure_scores(sparse.csr_array(twin), sparse.coo_array(weight), sparse.csr_array(sign))
    assert Scorecard(found) == Scorecard(dense)


def test_magnitudes_ignore_sign_scale_and_what_is_off_the_wiring(
    wiring: tuple[np.ndarray, np.ndarray],
) -> None:
    weight, _ = wiring
    rng = np.random.default_rng(2)
    twin = rng.normal(size=weight.shape) + weight / 5
    value = magnitude_spearman(twin, weight)
    elsewhere = np.where(weight > 0, -3 * twin, 100.0)
    assert magnitude_spearman(elsewhere, weight) == pytest.approx(value)
    assert magnitude_spearman(rng.permutation(twin.ravel()).reshape(twin.shape), weight) < value - 0.1


def test_sign_agreement_counts_known_signs_of_living_weights() -> None:
    twin = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.0], [0.5, 1.0, 0.0]])
    sign = np.array([[0, 1, 1], [1, 0, -1], [0, -1, 0]])
    # right: (0, 1) and (1, 0); wrong: (0, 2) and (2, 1); dead, so not compared: (1, 2)
    assert sign_agreement(twin, sign) == pytest.approx(2 / 4)
    assert np.isnan(sign_agreement(twin, np.zeros((3, 3))))


def test_support_of_a_full_matrix_is_at_chance_for_noise_and_counts_by_hand() -> None:
    twin = np.array([[0.0, 9.0, 8.0], [-7.0, 0.0, 1.0], [2.0, 3.0, 0.0]])
    weight = np.array([[0.0, 1.0, 0.0], [4.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    found = support(twin, weight)
    assert (found.precision, found.recall, found.jaccard) == (2 / 3, 2 / 3, 2 / 4)
    assert (found.n_edges, found.n_twin) == (3, 3)


def test_support_does_not_fill_up_with_zero_weights() -> None:
    weight = np.array([[0.0, 1.0], [1.0, 0.0]])
    found = support(np.array([[0.0, 5.0], [0.0, 0.0]]), weight)
    assert (found.precision, found.recall, found.jaccard, found.n_twin) == (1.0, 0.5, 0.5, 1)


def test_what_holds_by_construction_says_so(wiring: tuple[np.ndarray, np.ndarray]) -> None:
    weight, sign = wiring
    masked = weight * np.random.default_rng(3).uniform(0.5, 1, size=weight.shape)
    free = masked + 0.1

    def sources(twin: np.ndarray, imposed: bool) -> tuple[bool, bool]:
        found = {s.metric: s.source for s in structure_scores(twin, weight, sign, signs_imposed=imposed)}
        return tuple(found[m].startswith("by construction") for m in ("support_jaccard", "sign_agreement"))  # type: ignore[return-value]

    assert sources(masked, True) == (True, True)
    assert sources(masked, False) == (True, False)
    assert sources(free, False) == (False, False)


def test_distributions_ignore_scale_and_notice_spread(wiring: tuple[np.ndarray, np.ndarray]) -> None:
    weight, _ = wiring
    rng = np.random.default_rng(4)
    for distance in (weight_ks, weight_wasserstein):
        assert distance(-0.001 * weight, weight) == pytest.approx(0.0, abs=1e-12)
        near = distance(rng.permutation(weight.ravel()).reshape(weight.shape), weight)
        far = distance(np.where(weight > 0, weight**3, 0), weight)
        assert near == pytest.approx(0.0, abs=1e-12)
        assert far > 0.2
    assert np.exp(log_magnitudes(weight)).mean() == pytest.approx(1.0)


def test_unrelated_magnitudes_have_an_interval_over_zero(wiring: tuple[np.ndarray, np.ndarray]) -> None:
    weight, _ = wiring
    score = structure_scores(np.random.default_rng(5).normal(size=weight.shape), weight)[0]
    assert score.low < 0 < score.high
    assert score.n == np.count_nonzero(weight)


def test_unusable_matrices_are_refused(wiring: tuple[np.ndarray, np.ndarray]) -> None:
    weight, _ = wiring
    with pytest.raises(InputError, match="no edge of this kind"):
        structure_scores(weight, np.zeros_like(weight))
    with pytest.raises(InputError, match=r"biology must be a matrix(.|\n)*\(30, 30\)"):
        magnitude_spearman(weight, weight[:5])
    with pytest.raises(InputError, match="twin matrix holds NaN"):
        magnitude_spearman(np.full_like(weight, np.nan), weight)
