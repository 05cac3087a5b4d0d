"""Sounds as pictures: spectrograms, mel bands whose frequency axis can be warped, and clips varied as other speakers would.

The spectrogram is made once; what is varied in training is varied on it, which costs a hundredth of varying the waveform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Batch, Encoder

RATE_HZ = 8000
"""Every sound is brought to this rate, a telephone's."""
WINDOW, HOP = 256, 80
"""Samples in a window (32 ms) and between two (10 ms)."""
BINS = WINDOW // 2 + 1
MELS = 40
"""Bands, equally wide in mel between 60 Hz and 4 kHz."""
LOWEST_HZ = 60.0
FLOOR_DB = -60.0
"""Below the loudest window of a clip; what is fainter counts as this."""
SILENCE_DB = -40.0
"""Windows at the ends that are fainter than this are cut off."""


def to_rate(wave: np.ndarray, rate_Hz: int) -> np.ndarray:
    """A waveform ``[sample]`` at ``RATE_HZ``, float32, by scipy's polyphase filter."""
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(RATE_HZ, rate_Hz)
    wave = np.asarray(wave, np.float32)
    return wave if rate_Hz == RATE_HZ else resample_poly(wave, RATE_HZ // common, rate_Hz // common)


def spectrogram(wave: np.ndarray) -> np.ndarray:
    """Power at each time and frequency, as a share of the loudest window's power; silence at both ends is cut off.

    Parameters
    ----------
    wave
        ``[sample]`` at ``RATE_HZ``; its level does not matter.

    Returns
    -------
    float32 ``[window, BINS]``, at least one window; zeros where the clip is silent throughout.
    """
    from scipy.signal import spectrogram as short_time

    wave = np.asarray(wave, np.float32)
    wave = np.pad(wave - wave.mean(), (0, max(0, WINDOW - len(wave))))
    power = short_time(wave, nperseg=WINDOW, noverlap=WINDOW - HOP, window="hann")[2].T
    loudness = power.sum(1)
    if not loudness.any():
        return np.zeros_like(power)
    heard = np.flatnonzero(loudness >= loudness.max() * 10 ** (SILENCE_DB / 10))
    return np.ascontiguousarray(power[heard[0] : heard[-1] + 1] / loudness.max(), np.float32)


@lru_cache(maxsize=512)
def mel_filters(warp: float = 1.0, mels: int = MELS, curve: float = 0.0) -> np.ndarray:
    """Triangular filters ``[BINS, mels]``, each as high as wide ones are low, so that a flat spectrum gives flat bands.

    Parameters
    ----------
    warp
        Vocal tract length perturbation (Jaitly & Hinton 2013): what was at frequency f is read at ``warp × f``, up to 80 % of the
        range; above, the rest of the range is spread over what is left, so that nothing leaves it.
    mels
        Number of bands.
    curve
        How far the middle of the range is moved besides, as a share of the range: vocal tracts differ in more than length.
    """
    top = RATE_HZ / 2
    frequency_Hz = np.linspace(0, top, BINS)
    knee = 0.8 * top * min(warp, 1.0) / warp
    rest = (top - knee * warp) / (top - knee)
    warped = np.where(frequency_Hz <= knee, warp * frequency_Hz, top - rest * (top - frequency_Hz))
    warped = warped + curve * top * np.sin(np.pi * warped / top)
    edge = np.linspace(_mel(LOWEST_HZ), _mel(top), mels + 2)
    at = _mel(warped)[:, None]
    low, middle, high = edge[:-2], edge[1:-1], edge[2:]
    filters = np.maximum(0, np.minimum((at - low) / (middle - low), (high - at) / (high - middle)))
    # the narrowest bands lie between two bins: they read the nearest one
    for band in np.flatnonzero(filters.sum(0) < 0.5):
        filters[np.abs(at[:, 0] - middle[band]).argmin(), band] = 1.0
    filters = (filters / filters.sum(0)).astype(np.float32)
    filters.setflags(write=False)
    return filters


def _mel(frequency_Hz: np.ndarray | float) -> np.ndarray:
    """O'Shaughnessy's scale."""
    return 2595 * np.log10(1 + np.asarray(frequency_Hz) / 700)


@dataclass(frozen=True)
class Variation:
    """How far a training clip is varied, each time anew.

    Attributes
    ----------
    warp, curve
        Largest change of the frequency axis, and move of its middle, as shares: other vocal tracts.
    trim, bend
        Largest share of the clip that is cut off or added at each end, and how far its middle moves: other rhythms.
    colour_dB
        Standard deviation of each of the first cosines over the bands: other microphones and voices.
    noise_dB
        Noise between these levels below the loudest window.
    mask
        Largest share of the bands, and of the windows, that is blotted out (Park et al. 2019).
    """

    warp: float = 0.2
    curve: float = 0.0
    trim: float = 0.08
    bend: float = 0.08
    colour_dB: float = 3.0
    noise_dB: tuple[float, float] = (-60.0, -25.0)
    mask: float = 0.2


def encoder(windows: int, variation: Variation, mels: int = MELS) -> Encoder:
    """Spectrograms → log-mel pictures ``[example, windows, mels, 1]``, decibels above the floor in units of 10 dB.

    Each clip is stretched to one length by linear interpolation: how slowly somebody speaks is no longer seen.
    """

    def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
        if rng is None:
            x = [
                _stretched(power @ mel_filters(1.0, mels), np.linspace(0, 1, windows)) for power in examples.x
            ]
            return Batch(_decibels(np.stack(x))[..., None], np.asarray(examples.y))
        return Batch(
            varied(list(examples.x), windows, mels, variation, rng)[..., None], np.asarray(examples.y)
        )

    return encode


def varied(
    powers: Sequence[np.ndarray], windows: int, mels: int, variation: Variation, rng: np.random.Generator
) -> np.ndarray:
    """Log-mel pictures ``[example, windows, mels]`` of clips that are each varied in another way."""
    n, v = len(powers), variation
    # few values, so that their filters are made once
    warps = np.exp(np.linspace(-1, 1, 41) * np.log1p(v.warp))[rng.integers(41, size=n)]
    curves = np.linspace(-v.curve, v.curve, 9)[rng.integers(9, size=n)]
    ends = rng.uniform(-v.trim, v.trim, (n, 2))
    bends = rng.uniform(-v.bend, v.bend, n)
    u = np.linspace(0, 1, windows)
    x = np.stack(
        [
            _stretched(
                power @ mel_filters(float(warp), mels, float(curve)),
                start + (1 - start - end) * (u + bend * np.sin(np.pi * u)),
            )
            for power, warp, curve, (start, end), bend in zip(powers, warps, curves, ends, bends, strict=True)
        ]
    )
    level = 10 ** (rng.uniform(*v.noise_dB, (n, 1, 1)) / 10) / BINS
    x = x + (level * rng.exponential(size=x.shape)).astype(np.float32)
    band = np.linspace(0, np.pi, mels)
    cosines = np.cos(np.arange(1, 5)[:, None] * band)
    x = _decibels(x, (rng.normal(0, v.colour_dB / 10, (n, 4)) @ cosines)[:, None, :])
    for axis, size in ((1, windows), (2, mels)):
        width = rng.integers(0, int(v.mask * size) + 1, n)
        first = rng.integers(0, size - width + 1)
        place = np.arange(size)
        out = (place >= first[:, None]) & (place < (first + width)[:, None])
        x = np.where(np.expand_dims(out, 3 - axis), x.mean((1, 2), keepdims=True), x)
    return x.astype(np.float32)


def _stretched(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows of ``x [window, band]`` read at shares of its length; outside it the first and the last row go on."""
    place = np.clip(at, 0, 1) * (len(x) - 1)
    below = np.minimum(place.astype(int), max(0, len(x) - 2))
    part = (place - below).astype(np.float32)[:, None]
    above = np.minimum(below + 1, len(x) - 1)
    return x[below] * (1 - part) + x[above] * part


def _decibels(mel: np.ndarray, colour: np.ndarray | float = 0.0) -> np.ndarray:
    """In units of 10 dB above the floor; ``colour`` is added above the floor."""
    level = np.log10(np.maximum(mel * BINS, 1e-30)) + colour - FLOOR_DB / 10
    return np.maximum(level, 0).astype(np.float32)
