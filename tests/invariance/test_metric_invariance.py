"""What each functional metric must not notice, and what it must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurotwin.evaluation.metrics import METRICS

CORRELATIONS = ("pearson_r", "spearman_r")
ERRORS = ("mse", "mae")


def activity(seed: int, n_frames: int = 60, n_neurons: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n_frames, n_neurons)).cumsum(axis=0)
    return truth, 0.6 * truth + rng.normal(size=truth.shape)


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-6, 1e6), offset=st.floats(-1e3, 1e3), seed=st.integers(0, 1000))
def test_correlations_ignore_each_neurons_gain_and_offset(scale: float, offset: float, seed: int) -> None:
    truth, predicted = activity(seed)
    gains = scale * np.arange(1, 6)
    for name in CORRELATIONS:
        before = METRICS[name](truth, predicted)
        # an offset far above the signal loses digits of the signal: compare on what remains
        after = METRICS[name](truth, predicted * gains + offset * gains)
        np.testing.assert_allclose(after, before, atol=1e-8)


def test_correlations_turn_over_with_the_sign_of_the_prediction() -> None:
    truth, predicted = activity(1)
    for name in CORRELATIONS:
        np.testing.assert_allclose(
            METRICS[name](truth, -predicted), -METRICS[name](truth, predicted), atol=1e-12
        )


@pytest.mark.parametrize("name", CORRELATIONS)
def test_correlations_notice_that_time_was_shuffled(name: str) -> None:
    truth, predicted = activity(2, n_frames=200)
    order = np.random.default_rng(0).permutation(200)
    assert METRICS[name](truth, predicted).min() > 0.5
    assert np.abs(METRICS[name](truth, predicted[order])).max() < 0.3


@pytest.mark.parametrize("name", METRICS.names())
def test_every_metric_ignores_a_shuffle_of_both_sides_in_time(name: str) -> None:
    truth, predicted = activity(3)
    order = np.random.default_rng(1).permutation(len(truth))
    np.testing.assert_allclose(
        METRICS[name](truth[order], predicted[order]), METRICS[name](truth, predicted), atol=1e-10
    )


@pytest.mark.parametrize("name", METRICS.names())
def test_every_metric_follows_a_permutation_of_neurons(name: str) -> None:
    truth, predicted = activity(4)
    order = np.array([3, 1, 4, 0, 2])
    np.testing.assert_allclose(
        METRICS[name](truth[:, order], predicted[:, order]),
        METRICS[name](truth, predicted)[order],
        atol=1e-12,
    )
    assert not np.allclose(METRICS[name](truth, predicted[:, order]), METRICS[name](truth, predicted))


def test_spearman_ignores_a_monotone_transform_and_pearson_does_not() -> None:
    truth, predicted = activity(5)
    bent = np.exp(predicted / 3)
    np.testing.assert_allclose(
        METRICS["spearman_r"](truth, bent), METRICS["spearman_r"](truth, predicted), atol=1e-12
    )
    assert np.abs(METRICS["pearson_r"](truth, bent) - METRICS["pearson_r"](truth, predicted)).max() > 0.01


@pytest.mark.parametrize("name", [*ERRORS, "r2"])
def test_errors_and_r2_notice_gain_and_offset(name: str) -> None:
    truth, predicted = activity(6)
    before = METRICS[name](truth, predicted)
    assert not np.any(np.isclose(before, METRICS[name](truth, predicted + 5.0)))
    assert not np.any(np.isclose(before, METRICS[name](truth, predicted * 3.0)))


def test_r2_ignores_a_common_unit_and_errors_scale_with_it() -> None:
    truth, predicted = activity(7)
    for name, power in (("r2", 0), ("mse", 2), ("mae", 1)):
        scaled = METRICS[name](truth * 10 + 4, predicted * 10 + 4)
        np.testing.assert_allclose(scaled, METRICS[name](truth, predicted) * 10.0**power, rtol=1e-9)
