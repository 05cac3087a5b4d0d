"""How something is said: pitch, loudness, and what a statistic of them over a clip tells."""

from __future__ import annotations

import numpy as np

from neurotwin.tasks.sound import BINS, FLOOR_DB, RATE_HZ, WINDOW, mel_filters

LOWEST_HZ, HIGHEST_HZ = 75.0, 400.0
"""Of a voice's pitch."""
VOICED = 0.45
"""Share of a window's power that repeats with the pitch, from which on the window counts as voiced."""
NEARLY = 0.85
"""Of the largest periodicity: a shorter period that has so much is the pitch."""
CEPSTRA = 13
QUANTILES = (0.1, 0.5, 0.9)


def pitch(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch of each window and how periodic it is, from the autocorrelation over that of the window's shape (Boersma 1993).

    Parameters
    ----------
    power
        ``[window, BINS]``, of Hann windows of ``WINDOW`` samples at ``RATE_HZ``.

    Returns
    -------
    frequency_Hz, periodicity
        ``[window]`` each; the periodicity is 1 of a sound that repeats exactly, about 0 of noise, 0 of silence.
    """
    hann = np.hanning(WINDOW + 1)[:-1]
    shape = np.fft.irfft(np.abs(np.fft.rfft(hann)) ** 2)
    told = np.fft.irfft(np.asarray(power, np.float64), axis=1)
    loud = told[:, :1] > 0
    told = np.where(loud, told / np.where(loud, told[:, :1], 1), 0) / (shape / shape[0])
    shortest, longest = int(RATE_HZ / HIGHEST_HZ), int(RATE_HZ / LOWEST_HZ)
    near = told[:, shortest - 1 : longest + 2]
    middle = near[:, 1:-1]
    peaks = (middle >= near[:, :-2]) & (middle >= near[:, 2:])
    # what repeats after one period repeats after two as well: the shortest of those that repeat nearly best
    best = (peaks & (middle >= NEARLY * middle.max(1, keepdims=True))).argmax(1)
    rows = np.arange(len(told))
    return RATE_HZ / (shortest + best), np.where(peaks[rows, best], np.clip(middle[rows, best], 0, 1), 0)


def functionals(power: np.ndarray) -> np.ndarray:
    """Mean, deviation and quantiles over a clip of its cepstra, their changes, loudness and pitch; share voiced; length.

    ``power`` ``[window, BINS]`` → ``[(2 + len(QUANTILES)) × (2 × CEPSTRA + 2) + 2]``. The pitch, in octaves, is that of voiced
    windows, 0 throughout where there are none.
    """
    from scipy.fft import dct

    bands = np.log10(np.maximum(power @ mel_filters(), 10 ** (FLOOR_DB / 10) / BINS))
    cepstra = np.asarray(dct(bands, axis=1, norm="ortho"))[:, :CEPSTRA]
    changes = np.gradient(cepstra, axis=0) if len(cepstra) > 1 else np.zeros_like(cepstra)
    loudness = np.log10(np.maximum(power.sum(1, keepdims=True), 10 ** (FLOOR_DB / 10)))
    frequency_Hz, periodicity = pitch(power)
    voiced = periodicity >= VOICED
    octaves = np.log2(frequency_Hz[voiced])[:, None] if voiced.any() else np.zeros((1, 1))
    told = [
        statistic
        for x in (np.concatenate([cepstra, changes, loudness], axis=1), octaves)
        for statistic in (x.mean(0), x.std(0), *np.quantile(x, QUANTILES, axis=0))
    ]
    return np.concatenate([*told, [voiced.mean(), np.log10(len(power))]])
