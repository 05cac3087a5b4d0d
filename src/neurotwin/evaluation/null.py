"""Null time series: what agreement chance alone gives between slow signals. Registry ``TIME_NULLS``.

Neural activity is autocorrelated, so two unrelated traces of 200 frames easily correlate by 0.3. These nulls
keep each trace's own statistics and break its relation to the prediction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.evaluation._check import finite_matrix, same_shape
from neurotwin.evaluation.metrics import METRICS

TIME_NULLS: Registry[Callable[..., np.ndarray]] = Registry("time-series null")


@TIME_NULLS.register("circular_shift")
def circular_shift(
    values: np.ndarray, seed: int, *, minimum: int | None = None, together: bool = True
) -> np.ndarray:
    """``values [time, neuron]`` rolled in time by a random number of frames.

    Parameters
    ----------
    minimum
        Least shift in frames in either direction; by default a tenth of the stretch.
    together
        One shift for all neurons, which keeps their correlations; False draws one for each neuron.

    Notes
    -----
    The roll joins the end to the beginning, which makes one false jump.
    """
    values = finite_matrix(values, "values")
    n_frames, n_neurons = values.shape
    minimum = max(1, n_frames // 10) if minimum is None else int(minimum)
    if not 1 <= minimum <= n_frames // 2:
        raise InputError(
            "no circular shift is that long", got=minimum, expected=f"1 … {n_frames // 2} frames"
        )
    rng = np.random.default_rng(seed)
    shift = rng.integers(minimum, n_frames - minimum + 1, size=1 if together else n_neurons)
    frames = (np.arange(n_frames)[:, None] - shift[None, :]) % n_frames
    return np.take_along_axis(values, np.broadcast_to(frames, values.shape), axis=0)


@TIME_NULLS.register("phase_randomised")
def phase_randomised(values: np.ndarray, seed: int, *, together: bool = True) -> np.ndarray:
    """A surrogate with the same power spectrum (so the same mean, variance and autocorrelation) and random
    phases.

    With ``together`` one random phase is added to all neurons at each frequency, which keeps the
    cross-spectra and so the correlation matrix; False randomises each neuron by itself. Prichard & Theiler
    1994, *Physical Review Letters* 73:951.
    """
    values = finite_matrix(values, "values")
    n_frames, n_neurons = values.shape
    spectrum = np.fft.rfft(values, axis=0)
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0.0, 2.0 * np.pi, size=(len(spectrum), 1 if together else n_neurons))
    phase[0] = 0.0
    if n_frames % 2 == 0:
        phase[-1] = 0.0  # the Nyquist term must stay real
    return np.fft.irfft(spectrum * np.exp(1j * phase), n=n_frames, axis=0)


def chance_level(
    truth: np.ndarray,
    predicted: np.ndarray,
    *,
    metric: str = "pearson_r",
    null: str = "circular_shift",
    n_nulls: int = 100,
    seed: int = 0,
) -> np.ndarray:
    """The metric of each neuron against ``n_nulls`` null versions of its truth: ``[null, neuron]``.

    Its mean is the chance level, its upper 5 % point what a single neuron must pass. The
    mean lies a little below 0 for slow signals, because the shifts near 0, which agree best, are left out.
    """
    truth, predicted = same_shape(truth, predicted)
    seeds = np.random.SeedSequence(seed).generate_state(n_nulls)
    return np.stack([METRICS[metric](TIME_NULLS[null](truth, int(s)), predicted) for s in seeds])
