"""Emotion in speech: pitch and its statistics against sounds that are known, and a whole run on made-up voices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import wavfile

from neurotwin.pipeline.task import run_task
from neurotwin.tasks.prosody import CEPSTRA, QUANTILES, VOICED, functionals, pitch
from neurotwin.tasks.sound import BINS, spectrogram

T = np.arange(8000) / 8000
STATISTICS = 2 + len(QUANTILES)


def voice(frequency_Hz, seconds: float = 1.0) -> np.ndarray:
    """Harmonics that fall off as a voice's do; the pitch may be an array over time."""
    t = T[: int(8000 * seconds)]
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(frequency_Hz, t.shape)) / 8000
    return sum(np.sin(k * phase) / k for k in range(1, 9))


@pytest.mark.parametrize("frequency_Hz", [80, 120, 200, 310, 390])
def test_the_pitch_of_a_voice(frequency_Hz):
    found, periodicity = pitch(spectrogram(voice(frequency_Hz)))
    np.testing.assert_allclose(found, frequency_Hz, rtol=0.04)
    assert (periodicity > VOICED).all()


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(0).normal(size=8000)
    assert (pitch(spectrogram(noise))[1] > VOICED).mean() < 0.3
    hum = np.zeros((3, BINS))
    hum[:, :2] = 1.0  # below any voice: the autocorrelation falls and has no peak
    for power in (np.zeros((3, BINS)), hum):
        np.testing.assert_array_equal(pitch(power)[1], 0)


def test_functionals_tell_a_rising_pitch_from_a_level_one():
    level, rising = (functionals(spectrogram(voice(f))) for f in (150.0, 150.0 * 2**T))
    assert len(level) == STATISTICS * (2 * CEPSTRA + 2) + 2
    mean, sd, *quantiles = level[-2 - STATISTICS : -2]
    assert [mean, *quantiles] == pytest.approx([np.log2(150)] * 4, abs=0.06)
    assert sd < 0.02
    # an octave in a second, evenly: the median half an octave up, the deviation that of an even spread
    mean, sd, *quantiles = rising[-2 - STATISTICS : -2]
    assert mean == pytest.approx(np.log2(150) + 0.5, abs=0.08)
    assert sd == pytest.approx(1 / np.sqrt(12), rel=0.1)
    assert quantiles[2] - quantiles[0] == pytest.approx(0.8, abs=0.1)


def test_functionals_of_silence_and_of_one_window_are_numbers():
    for power in (np.zeros((5, BINS)), spectrogram(voice(150.0, 0.02))):
        assert np.isfinite(functionals(power)).all()


@pytest.mark.usefixtures("compile_quickly")
def test_a_whole_run_on_files_of_ones_own(tmp_path):
    folder, rng = tmp_path / "voices", np.random.default_rng(0)
    folder.mkdir()
    for speaker, base in {"03": 180, "08": 165, "09": 200}.items():
        for letter, octaves in {"W": 0.4, "T": 0.02}.items():
            for sentence in range(12):
                swing = np.sin(2 * np.pi * rng.uniform(3, 5) * T[:4000])
                wave = voice(base * 2 ** (octaves * swing), 0.5)
                wave = 5000 * wave + 100 * rng.normal(size=len(wave))
                wavfile.write(folder / f"{speaker}a{sentence:02}{letter}a.wav", 8000, wave.astype(np.int16))
    options = {"tested": "03"}
    result = run_task(
        "speech-emotion", tmp_path / "run", data=folder, options=options, model="cnn", epochs=2, batch=16
    )
    machine = result.scores.get(model="baseline: prosody, cepstra and support vectors", metric="accuracy")
    assert machine.value > 0.9
    page = (result.folder / "report.html").read_text()
    for words in ("tested on 03, who were named", "anger", "sadness", "Actors play emotions"):
        assert words in page
