"""What the biological indices must not notice, and what they must."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.evaluation.indices import (
    INDICES,
    autocorrelation_time_ms,
    correlation_matrix,
    participation_ratio,
    power_spectrum,
    spectrum_correlation,
)

DT = 600.0


@pytest.fixture
def activity() -> np.ndarray:
    rng = np.random.default_rng(0)
    latent = np.zeros((400, 4))
    for t in range(1, 400):
        latent[t] = 0.9 * latent[t - 1] + rng.normal(size=4)
    return latent @ rng.normal(size=(4, 12)) + 0.5 * rng.normal(size=(400, 12))


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    return INDICES["correlation_similarity"](a, b, DT).value


def test_correlations_ignore_gain_and_offset_but_not_who_is_who(activity: np.ndarray) -> None:
    gains = np.linspace(0.1, 20, 12)
    assert similarity(activity, activity * gains + gains) == pytest.approx(1.0)
    assert similarity(activity, activity[:, ::-1]) < 0.9


def test_correlations_ignore_a_common_shuffle_of_time_but_not_single_ones(activity: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    assert similarity(activity, rng.permutation(activity, axis=0)) == pytest.approx(1.0)
    assert abs(similarity(activity, rng.permuted(activity, axis=0))) < 0.5


def test_participation_ratio_ignores_rotation_scale_and_offset_but_not_unequal_gains(
    activity: np.ndarray,
) -> None:
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(12, 12)))[0]
    ratio = participation_ratio(activity)
    assert participation_ratio(3.0 * activity @ rotation + 5.0) == pytest.approx(ratio)
    assert participation_ratio(activity * np.logspace(0, 3, 12)) < 0.7 * ratio


def test_spectra_ignore_offset_and_the_direction_of_time_but_not_scale(activity: np.ndarray) -> None:
    distance = INDICES["spectrum_distance"]
    assert distance(activity, activity + 100.0, DT).value == pytest.approx(0.0, abs=1e-6)
    assert distance(activity, 10.0 * activity, DT).value == pytest.approx(2.0)  # power goes with the square
    segment = activity[:128]  # one Welch segment, whose window is symmetric only nearly: hence the tolerance
    assert distance(segment, segment[::-1], DT).value < 0.15
    np.testing.assert_allclose(spectrum_correlation(activity, 10.0 * activity, DT), 1.0)
    assert distance(activity, np.random.default_rng(3).permutation(activity, axis=0), DT).value > 0.3


def test_autocorrelation_time_ignores_gain_and_offset_and_follows_the_clock(activity: np.ndarray) -> None:
    tau = autocorrelation_time_ms(activity, DT)
    np.testing.assert_allclose(autocorrelation_time_ms(-7 * activity + 3, DT), tau)
    np.testing.assert_allclose(autocorrelation_time_ms(activity, 2 * DT), 2 * tau)
    shuffled = autocorrelation_time_ms(np.random.default_rng(4).permutation(activity, axis=0), DT)
    assert shuffled.max() < tau.min()


@pytest.mark.parametrize("name", INDICES.names())
def test_every_index_finds_a_recording_equal_to_itself(name: str, activity: np.ndarray) -> None:
    result = INDICES[name](activity, activity, DT)
    assert result.value == pytest.approx(1.0 if INDICES[name].higher_is_better else 0.0)
    assert result.recorded == pytest.approx(result.twin)


@pytest.mark.parametrize("name", INDICES.names())
def test_every_index_tells_white_noise_and_silence_from_a_recording(name: str, activity: np.ndarray) -> None:
    index, sign = INDICES[name], 1 if INDICES[name].higher_is_better else -1
    perfect = index(activity, activity, DT).value
    for other in (np.random.default_rng(5).normal(size=activity.shape), np.zeros_like(activity)):
        value = index(activity, other, DT).value
        assert np.isfinite(value)
        assert sign * (perfect - value) > 0.3


def test_power_spectrum_peaks_where_the_neuron_oscillates() -> None:
    seconds = np.arange(800) * 0.6
    wave = np.sin(2 * np.pi * 0.1 * seconds)[:, None]
    frequency, power = power_spectrum(wave, DT)
    assert frequency[power[:, 0].argmax()] == pytest.approx(0.1, abs=1 / (128 * 0.6))


def test_correlation_matrix_equals_numpys(activity: np.ndarray) -> None:
    np.testing.assert_allclose(correlation_matrix(activity), np.corrcoef(activity.T), atol=1e-12)
