"""Null time series keep what they promise and break what they should."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation.indices import correlation_matrix
from neurotwin.evaluation.metrics import METRICS
from neurotwin.evaluation.null import TIME_NULLS, chance_level, circular_shift, phase_randomised


def slow(seed: int, n_frames: int = 200, n: int = 6) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n_frames, n))
    for t in range(1, n_frames):
        x[t] += 0.9 * x[t - 1]
    return x @ np.random.default_rng(99).normal(size=(n, n)) + 3.0


@pytest.mark.parametrize("name", TIME_NULLS.names())
@pytest.mark.parametrize("n_frames", [200, 201])
class TestContract:
    def test_mean_variance_and_spectrum_stay(self, name: str, n_frames: int) -> None:
        values = slow(0, n_frames)
        for together in (True, False):
            null = TIME_NULLS[name](values, 1, together=together)
            np.testing.assert_allclose(null.mean(axis=0), values.mean(axis=0))
            np.testing.assert_allclose(null.std(axis=0), values.std(axis=0))
            np.testing.assert_allclose(
                np.abs(np.fft.rfft(null, axis=0)), np.abs(np.fft.rfft(values, axis=0)), atol=1e-8
            )

    def test_correlations_between_neurons_stay_when_all_move_together_alone(
        self, name: str, n_frames: int
    ) -> None:
        values = slow(0, n_frames)
        before = correlation_matrix(values)
        np.testing.assert_allclose(correlation_matrix(TIME_NULLS[name](values, 1)), before, atol=1e-9)
        apart = correlation_matrix(TIME_NULLS[name](values, 1, together=False))
        assert np.abs(apart - before).max() > 0.2

    def test_the_relation_to_the_original_is_broken_and_the_seed_decides(
        self, name: str, n_frames: int
    ) -> None:
        values = slow(0, n_frames)
        nulls = [TIME_NULLS[name](values, seed) for seed in range(20)]
        mean = np.mean([METRICS["pearson_r"](values, null) for null in nulls])
        assert abs(mean) < 0.35
        np.testing.assert_array_equal(nulls[3], TIME_NULLS[name](values, 3))
        assert not np.allclose(nulls[3], nulls[4])


def test_a_circular_shift_is_a_roll_of_at_least_the_minimum() -> None:
    values = np.arange(100.0)[:, None]
    shifts = {int(circular_shift(values, seed, minimum=30)[0, 0]) for seed in range(200)}
    assert min(shifts) >= 30
    assert max(shifts) <= 70
    assert len(shifts) > 20
    assert {int(circular_shift(values, seed)[0, 0]) for seed in range(300)} <= set(range(10, 91))


def test_a_phase_surrogate_is_real_and_not_a_shift() -> None:
    values = slow(1)
    null = phase_randomised(values, 0)
    assert null.dtype == np.float64
    assert min(np.abs(null - np.roll(values, k, axis=0)).max() for k in range(200)) > 0.5


def test_chance_level_is_near_zero_for_a_perfect_prediction_and_slow_signals_stray() -> None:
    values = slow(2)
    chance = chance_level(values, values, n_nulls=200)
    assert chance.shape == (200, 6)
    assert abs(chance.mean()) < 0.15
    assert np.quantile(chance, 0.95) > 0.15  # what white noise of 200 frames would not reach (0.12)
    np.testing.assert_array_equal(chance, chance_level(values, values, n_nulls=200))
    other = chance_level(values, values, n_nulls=50, null="phase_randomised", metric="mse")
    assert other.mean() > values.var(axis=0).mean()


def test_impossible_shifts_are_refused() -> None:
    with pytest.raises(InputError, match=r"no circular shift is that long(.|\n)*1 … 10 frames"):
        circular_shift(slow(0, 20), 0, minimum=11)
