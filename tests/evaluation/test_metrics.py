"""Contract of the registry of metrics, and known answers."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.evaluation.metrics import METRICS


@pytest.mark.parametrize("name", METRICS.names())
class TestContract:
    def test_shape_name_and_description(self, name: str) -> None:
        rng = np.random.default_rng(0)
        truth, predicted = rng.normal(size=(2, 30, 4))
        metric = METRICS[name]
        assert metric(truth, predicted).shape == (4,)
        assert metric.name == name
        assert len(metric.description) > 20

    def test_a_perfect_prediction_is_best(self, name: str) -> None:
        rng = np.random.default_rng(1)
        truth, other = rng.normal(size=(2, 30, 4))
        metric = METRICS[name]
        best, worse = metric(truth, truth), metric(truth, other)
        np.testing.assert_allclose(best, 1.0 if metric.higher_is_better else 0.0, atol=1e-12)
        assert np.all(best > worse if metric.higher_is_better else best < worse)

    def test_float32_is_as_good_as_float64(self, name: str) -> None:
        truth, predicted = np.random.default_rng(2).normal(size=(2, 30, 4)).astype(np.float32)
        np.testing.assert_array_equal(
            METRICS[name](truth, predicted),
            METRICS[name](truth.astype(np.float64), predicted.astype(np.float64)),
        )

    def test_unusable_input_is_refused(self, name: str) -> None:
        good = np.random.default_rng(3).normal(size=(10, 3))
        bad = good.copy()
        bad[4, 1] = np.nan
        with pytest.raises(InputError, match="predicted holds NaN or infinity(.|\n)*frame 4, neuron 1"):
            METRICS[name](good, bad)
        with pytest.raises(InputError, match=r"differ in shape(.|\n)*\(10, 3\) and \(9, 3\)"):
            METRICS[name](good, good[1:])
        with pytest.raises(InputError, match="truth must be a matrix"):
            METRICS[name](good[:, 0], good[:, 0])


def test_known_answers() -> None:
    truth = np.array([[0.0], [1.0], [2.0], [3.0]])
    predicted = np.array([[1.0], [1.0], [2.0], [6.0]])
    expected = {"pearson_r": 8 / np.sqrt(5 * 17), "r2": 1 - 10 / 5, "mse": 10 / 4, "mae": 4 / 4}
    for name, value in expected.items():
        assert METRICS[name](truth, predicted)[0] == pytest.approx(value), name
    assert METRICS["spearman_r"](truth, predicted)[0] == pytest.approx(4.5 / np.sqrt(5 * 4.5))


@pytest.mark.parametrize("name", ["pearson_r", "spearman_r"])
def test_a_constant_prediction_scores_zero_and_a_constant_truth_is_left_out(name: str) -> None:
    rng = np.random.default_rng(4)
    truth, predicted = rng.normal(size=(2, 20, 2))
    truth[:, 0] = 0.1
    predicted[:, 1] = 0.1  # 0.1 is not a binary number: its mean is not exactly itself
    r = METRICS[name](truth, predicted)
    assert np.isnan(r[0])
    assert r[1] == 0.0


def test_r2_of_a_constant_truth_is_left_out() -> None:
    assert np.isnan(METRICS["r2"](np.ones((5, 1)), np.zeros((5, 1)))[0])


def test_pearson_survives_tiny_and_huge_units() -> None:
    truth, predicted = np.random.default_rng(5).normal(size=(2, 50, 3))
    r = METRICS["pearson_r"](truth, predicted)
    np.testing.assert_allclose(METRICS["pearson_r"](truth * 1e-160, predicted * 1e160), r, atol=1e-12)


def test_an_unknown_metric_is_named_with_the_options() -> None:
    with pytest.raises(UnknownName, match="pearson_r"):
        METRICS["pearson"]
