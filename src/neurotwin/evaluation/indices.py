"""The family "biology": indices of how activity behaves, of a recording and of its twin's free run. Registry
``INDICES``.

None of them asks that the twin follow the animal frame by frame: they ask whether it is alive in the same
way. Everything is computed on the neurons that were observed in the recording and are present in the
simulation, in the unit that both share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.signal import welch

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.evaluation._check import finite_matrix
from neurotwin.evaluation.bootstrap import bootstrap_mean
from neurotwin.evaluation.metrics import METRICS, varies
from neurotwin.evaluation.ranking import spearman
from neurotwin.evaluation.scorecard import Score

if TYPE_CHECKING:
    from neurotwin.biology.recording import Recording

POWER_FLOOR = 1e-6
"""Floor of power, as a share of the recorded neuron's mean power: silence is decades away, not infinity."""


@dataclass(frozen=True)
class IndexResult:
    """One index of one worm.

    ``values`` are the agreement's units (one per neuron, or a single one), ``recorded`` and ``twin`` the
    index itself on either side.
    """

    values: np.ndarray
    recorded: float
    twin: float

    @property
    def value(self) -> float:
        """Mean over the units that have a value; NaN when none has."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite.mean()) if finite.size else float("nan")


@dataclass(frozen=True)
class Index:
    """``function(recorded [time, neuron], simulated [time, neuron], dt_ms) -> IndexResult``; lengths in time
    may differ.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray, float], IndexResult]
    unit: str
    higher_is_better: bool
    description: str

    def __call__(self, recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> IndexResult:
        """The index of two stretches of activity of the same neurons; ``InputError`` for other neurons, NaN,
        or too few frames.
        """
        recorded, simulated = finite_matrix(recorded, "recorded"), finite_matrix(simulated, "simulated")
        if recorded.shape[1] != simulated.shape[1]:
            raise InputError(
                "different neurons", got=f"{recorded.shape[1]} recorded, {simulated.shape[1]} simulated"
            )
        if min(len(recorded), len(simulated)) < 16:
            raise InputError(
                "too few frames for an index",
                got=f"{len(recorded)} and {len(simulated)}",
                expected="16 or more",
            )
        return self.function(recorded, simulated, dt_ms)


INDICES: Registry[Index] = Registry("biological index")


def index(name: str, *, unit: str, higher_is_better: bool) -> Callable[..., Index]:
    """Decorator that turns a function of (recorded, simulated, dt_ms) into the registered ``Index`` of that
    name.
    """

    def enter(function: Callable[[np.ndarray, np.ndarray, float], IndexResult]) -> Index:
        description = " ".join((function.__doc__ or "").split("\n\n")[0].split())
        return INDICES.register(name)(Index(name, function, unit, higher_is_better, description))

    return enter


def power_spectrum(values: np.ndarray, dt_ms: float, segment: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """Welch spectra: frequencies in Hz ``[frequency]`` without 0, and power ``[frequency, neuron]`` in
    activity² / Hz.
    """
    values = finite_matrix(values, "values")
    frequency, power = welch(values, fs=1000.0 / dt_ms, nperseg=min(segment, len(values)), axis=0)
    return frequency[1:], power[1:]


def correlation_matrix(values: np.ndarray) -> np.ndarray:
    """Pearson correlations ``[neuron, neuron]``; 0 with a neuron that does not vary."""
    values = finite_matrix(values, "values")
    centred = values - values.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    unit = np.where(varies(values), centred / np.where(norm > 0, norm, 1.0), 0.0)
    return np.clip(unit.T @ unit, -1.0, 1.0)


def autocorrelation_time_ms(values: np.ndarray, dt_ms: float) -> np.ndarray:
    """Lag at which each neuron's autocorrelation first falls below 1/e, linearly interpolated, in ms,
    ``[neuron]``.

    NaN for a neuron that does not vary; half the stretch where it never falls that low.
    """
    values = finite_matrix(values, "values")
    n_frames = len(values)
    centred = values - values.mean(axis=0)
    spectrum = np.fft.rfft(centred, n=2 * n_frames, axis=0)
    autocovariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[: n_frames // 2 + 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        autocorrelation = autocovariance / autocovariance[0]
    below = autocorrelation < np.exp(-1.0)
    first = np.where(below.any(axis=0), below.argmax(axis=0), n_frames // 2)
    columns = np.arange(values.shape[1])
    after, before = autocorrelation[first, columns], autocorrelation[np.maximum(first - 1, 0), columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        crossing = first - 1 + (before - np.exp(-1.0)) / (before - after)
    lag = np.where(below.any(axis=0), crossing, n_frames // 2)
    return np.where(varies(values), lag * dt_ms, np.nan)


def participation_ratio(values: np.ndarray) -> float:
    """Dimensionality of activity, (Σλ)² / Σλ² over the eigenvalues λ of its covariance: 1 … number of
    neurons; NaN when nothing varies.

    Gao et al. 2017, bioRxiv 214262. Computed from the traces of C and C², without eigenvalues.
    """
    values = finite_matrix(values, "values")
    centred = values - values.mean(axis=0)
    covariance = centred.T @ centred
    square = float((covariance**2).sum())
    return float(np.trace(covariance) ** 2 / square) if varies(values).any() and square > 0 else float("nan")


@index("spectrum_distance", unit="decades", higher_is_better=False)
def spectrum_distance(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> IndexResult:
    """Mean absolute difference of the log10 power spectra of each neuron, over all frequencies but 0.

    The sides are the mean log10 power. Scale counts: a twin of half the amplitude is 0.6 decades away.
    """
    a, b = _log_spectra(recorded, simulated, dt_ms)
    return IndexResult(
        np.where(varies(recorded), np.abs(a - b).mean(axis=0), np.nan), float(a.mean()), float(b.mean())
    )


def spectrum_correlation(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> np.ndarray:
    """Correlation over frequencies of each neuron's two log10 spectra, ``[neuron]``: their shape, free of
    scale.
    """
    return METRICS["pearson_r"](*_log_spectra(recorded, simulated, dt_ms))


@index("correlation_similarity", unit="", higher_is_better=True)
def correlation_similarity(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> IndexResult:
    """Pearson correlation of the upper triangles of the two correlation matrices.

    The sides are the mean absolute pairwise correlation.
    """
    upper = np.triu_indices(recorded.shape[1], k=1)
    if upper[0].size < 2:
        return IndexResult(np.array([np.nan]), np.nan, np.nan)
    a, b = correlation_matrix(recorded)[upper], correlation_matrix(simulated)[upper]
    similarity = METRICS["pearson_r"](a[:, None], b[:, None])
    return IndexResult(similarity, float(np.abs(a).mean()), float(np.abs(b).mean()))


@index("autocorrelation_time_error", unit="", higher_is_better=False)
def autocorrelation_time_error(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> IndexResult:
    """|τ_twin − τ| / τ of each neuron's autocorrelation time τ; 1 for a twin neuron that does not vary.

    The sides are the median τ in ms.
    """
    a, b = autocorrelation_time_ms(recorded, dt_ms), autocorrelation_time_ms(simulated, dt_ms)
    error = np.where(np.isfinite(b), np.abs(b - a) / a, 1.0)
    return IndexResult(np.where(np.isfinite(a), error, np.nan), _median(a), _median(b))


def autocorrelation_time_spearman(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> float:
    """Spearman correlation over neurons of the two autocorrelation times: are the slow neurons slow?"""
    a, b = autocorrelation_time_ms(recorded, dt_ms), autocorrelation_time_ms(simulated, dt_ms)
    both = np.isfinite(a) & np.isfinite(b)
    return spearman(a[both], b[both])


@index("dimensionality_ratio", unit="", higher_is_better=True)
def dimensionality_ratio(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> IndexResult:
    """The smaller of the two participation ratios over the larger: 1 when equal, towards 0 when one is far
    simpler.

    The sides are the participation ratios themselves. A twin that does not vary has 0.
    """
    a, b = participation_ratio(recorded), participation_ratio(simulated)
    ratio = np.nan if not np.isfinite(a) else min(a, b) / max(a, b) if np.isfinite(b) else 0.0
    return IndexResult(np.array([ratio]), a, b)


def index_table(recorded: Sequence[Recording], simulated: Sequence[Recording]) -> pd.DataFrame:
    """Every index of every worm: columns worm, index, recorded, twin, value, unit."""
    rows = []
    for worm, (first, second) in enumerate(_worms(recorded, simulated)):
        a, b = _common(first, second)
        for name, found in INDICES.items():
            result = found(a, b, first.dt_ms)
            label = first.subject or f"worm {worm + 1}"
            rows.append((label, name, result.recorded, result.twin, result.value, found.unit))
    return pd.DataFrame(rows, columns=["worm", "index", "recorded", "twin", "value", "unit"])


def biology_scores(
    recorded: Sequence[Recording],
    simulated: Sequence[Recording],
    *,
    model: str = "twin",
    split: str = "generation",
    seed: int = 0,
) -> list[Score]:
    """One score for each index, averaged over neurons where it has one per neuron, then over worms.

    Parameters
    ----------
    recorded, simulated
        One ``Recording`` for each worm, with one ``dt_ms``; compared on the neurons that both observed.

    Returns
    -------
    Scores in the order of ``INDICES``; ``source`` names both sides. An index that gives one number for a worm
    has an interval only when there are two worms or more.
    """
    pairs = [(*_common(a, b), a.dt_ms) for a, b in _worms(recorded, simulated)]
    scores = []
    for name, found in INDICES.items():
        results = [found(a, b, dt) for a, b, dt in pairs]
        interval = bootstrap_mean([r.values for r in results], seed=seed)
        here, there = np.mean([r.recorded for r in results]), np.mean([r.twin for r in results])
        sides = f"recorded {here:.4g}, twin {there:.4g}"
        scores.append(
            Score(
                "biology",
                name,
                split,
                model,
                interval.value,
                interval.low,
                interval.high,
                n=interval.n,
                unit=found.unit,
                higher_is_better=found.higher_is_better,
                source=sides,
            )
        )
    return scores


def _log_spectra(recorded: np.ndarray, simulated: np.ndarray, dt_ms: float) -> tuple[np.ndarray, np.ndarray]:
    segment = min(128, len(recorded), len(simulated))  # one grid of frequencies for both
    a, b = power_spectrum(recorded, dt_ms, segment)[1], power_spectrum(simulated, dt_ms, segment)[1]
    floor = np.maximum(POWER_FLOOR * a.mean(axis=0), np.finfo(float).tiny)
    return np.log10(np.maximum(a, floor)), np.log10(np.maximum(b, floor))


def _median(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")


def _worms(
    recorded: Sequence[Recording], simulated: Sequence[Recording]
) -> list[tuple[Recording, Recording]]:
    if len(recorded) != len(simulated) or not recorded:
        raise InputError("one simulation for each recording", got=f"{len(recorded)} and {len(simulated)}")
    return list(zip(recorded, simulated, strict=True))


def _common(recorded: Recording, simulated: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Activity of both on the neurons that both observed, in the recording's order."""
    if not np.isclose(recorded.dt_ms, simulated.dt_ms):
        raise InputError(
            "different time steps",
            got=f"{recorded.dt_ms} and {simulated.dt_ms} ms",
            fix="resample one of them",
        )
    there = {name: i for i, name in enumerate(simulated.names) if simulated.observed[i]}
    shared = [
        (i, there[name]) for i, name in enumerate(recorded.names) if recorded.observed[i] and name in there
    ]
    if not shared:
        raise InputError(
            "recording and simulation share no observed neuron",
            got=f"{recorded.names[:3]} and {simulated.names[:3]}",
        )
    here, other = (list(side) for side in zip(*shared, strict=True))
    return np.asarray(recorded.activity, np.float64)[:, here], np.asarray(simulated.activity, np.float64)[
        :, other
    ]
