"""Spectrograms, mel bands and their warps, and the variations of a clip."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.tasks import Examples
from neurotwin.tasks.sound import (
    BINS,
    HOP,
    LOWEST_HZ,
    MELS,
    RATE_HZ,
    WINDOW,
    Variation,
    encoder,
    mel_filters,
    spectrogram,
    to_rate,
)

STILL = Variation(warp=0.0, trim=0.0, bend=0.0, colour_dB=0.0, noise_dB=(-200.0, -190.0), mask=0.0)


def tone(frequency_Hz: float, seconds: float = 0.5, rate_Hz: int = RATE_HZ) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_Hz * np.arange(round(seconds * rate_Hz)) / rate_Hz)


def test_a_spectrogram_is_the_windowed_fourier_transform():
    rng = np.random.default_rng(0)
    wave = rng.normal(size=900)
    n = (len(wave) - WINDOW) // HOP + 1
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    t = np.arange(WINDOW)
    expected = np.zeros((n, BINS))
    for i in range(n):
        piece = wave[i * HOP : i * HOP + WINDOW]
        piece = hann * (piece - piece.mean())
        for k in range(BINS):
            expected[i, k] = abs((piece * np.exp(-2j * np.pi * k * t / WINDOW)).sum()) ** 2
            expected[i, k] *= 1 if k in (0, BINS - 1) else 2  # one side stands for both
    expected /= expected.sum(1).max()
    np.testing.assert_allclose(spectrogram(wave), expected, rtol=2e-3, atol=1e-7)


def test_level_does_not_matter_and_silence_is_cut():
    wave = tone(700)
    quiet = np.concatenate([np.zeros(2000), 1e-3 * wave, np.zeros(3000)])
    loud = spectrogram(wave)
    assert spectrogram(100 * wave) == pytest.approx(loud, abs=1e-6)
    cut = spectrogram(quiet)
    # the windows that lie across an edge are left over
    assert 0 <= len(cut) - len(loud) <= 2 * WINDOW / HOP
    assert cut.sum(1).max() == pytest.approx(1, abs=1e-5)


def test_a_clip_shorter_than_a_window_has_one():
    assert spectrogram(tone(500, 0.02)).shape == (1, BINS)


def test_silence_is_no_error():
    assert not spectrogram(np.zeros(1000)).any()


@pytest.mark.parametrize("rate_Hz", [16000, 11025, 44100])
def test_another_rate_keeps_the_tone(rate_Hz):
    wave = to_rate(tone(1000, rate_Hz=rate_Hz), rate_Hz)
    assert len(wave) == pytest.approx(0.5 * RATE_HZ, abs=1)
    assert spectrogram(wave).sum(0).argmax() == 1000 / (RATE_HZ / WINDOW)


@pytest.mark.parametrize("mels", [24, MELS])
@pytest.mark.parametrize("warp", [0.8, 1.0, 1.25])
def test_mel_filters_are_averages(warp, mels):
    filters = mel_filters(warp, mels)
    np.testing.assert_allclose(filters.sum(0), 1, rtol=1e-5)
    assert (filters >= 0).all()
    # in order, and the top of the range stays the top
    centre = np.arange(BINS) @ filters
    assert (np.diff(centre) > 0).all()


@pytest.mark.parametrize("warp", [0.85, 1.0, 1.2])
def test_a_warp_reads_a_tone_at_another_frequency(warp):
    band = (spectrogram(tone(1500)) @ mel_filters(warp)).sum(0).argmax()

    def mel(frequency_Hz):
        return 2595 * np.log10(1 + frequency_Hz / 700)

    edges = np.linspace(mel(LOWEST_HZ), mel(RATE_HZ / 2), MELS + 2)
    assert abs(mel(1500 * warp) - edges[band + 1]) <= 0.6 * (edges[1] - edges[0])


def test_pictures_have_one_shape_and_keep_the_order_of_time():
    rising = np.concatenate([tone(400), tone(2500)])
    examples = Examples([spectrogram(rising), spectrogram(rising[::-1][:4000])], np.array([0, 1]))
    x = encoder(20, Variation())(examples, None).x
    assert x.shape == (2, 20, MELS, 1)
    peaks = x[0, :, :, 0].argmax(1)
    assert peaks[:8].max() < 15 < 25 < peaks[-8:].min()


def test_no_variation_is_the_plain_picture():
    rng = np.random.default_rng(0)
    examples = Examples([spectrogram(rng.normal(size=n)) for n in (1000, 3000, 300)], np.arange(3))
    encode = encoder(16, STILL, 24)
    np.testing.assert_allclose(encode(examples, rng).x, encode(examples, None).x, atol=1e-4)


@pytest.mark.parametrize("changed", [{"warp": 0.2}, {"curve": 0.06}, {"trim": 0.1}, {"bend": 0.1},
                                     {"colour_dB": 3.0},
                                     {"noise_dB": (-30.0, -20.0)}, {"mask": 0.3}])  # fmt: skip
def test_every_variation_changes_the_picture_within_bounds(changed):
    rng = np.random.default_rng(1)
    wave = np.concatenate([tone(400), tone(2500)]) + 1e-2 * rng.normal(size=8000)
    examples = Examples([spectrogram(wave)] * 4, np.zeros(4, int))
    encode = encoder(20, Variation(**{**STILL.__dict__, **changed}))
    plain, x = encode(examples, None).x, encode(examples, rng).x
    assert np.isfinite(x).all()
    assert x.min() >= 0
    assert (np.abs(x - plain).max((1, 2, 3)) > 0.05).sum() >= 3
    # each clip in its own way
    assert np.abs(x[0] - x[1]).max() > 0.05
    again = encode(examples, np.random.default_rng(3)).x
    np.testing.assert_array_equal(again, encode(examples, np.random.default_rng(3)).x)
