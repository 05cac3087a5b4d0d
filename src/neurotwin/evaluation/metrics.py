"""How near a predicted activity is to the recorded one, neuron by neuron: the registry ``METRICS``.

A metric takes ``truth [time, neuron]`` and ``predicted [time, neuron]`` and gives one number per neuron. A
neuron whose truth does not vary has no answer for the scale-free metrics: it is NaN, and averages leave it
out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from neurotwin._base.registry import Registry
from neurotwin.evaluation._check import same_shape

CONSTANT = 1e-12  # a standard deviation below this share of the largest magnitude is rounding, not activity


@dataclass(frozen=True)
class Metric:
    """One functional metric.

    Parameters
    ----------
    name, unit, description
        What it is called, measured in ("" for none), and what it says.
    function
        ``(truth [time, neuron], predicted [time, neuron]) -> [neuron]``, on finite float64 of one shape.
    higher_is_better
        Whether larger is nearer.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray], np.ndarray]
    unit: str
    higher_is_better: bool
    description: str

    def __call__(self, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """The metric of each neuron, ``[neuron]``; ``InputError`` for unequal shapes, NaN or infinity."""
        return self.function(*same_shape(truth, predicted))


METRICS: Registry[Metric] = Registry("metric")


def metric(name: str, *, unit: str, higher_is_better: bool) -> Callable[..., Metric]:
    """Decorator that turns a function of (truth, predicted) into the registered ``Metric`` of that name."""

    def enter(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Metric:
        description = " ".join((function.__doc__ or "").split("\n\n")[0].split())
        return METRICS.register(name)(Metric(name, function, unit, higher_is_better, description))

    return enter


def varies(values: np.ndarray) -> np.ndarray:
    """Which neurons change at all over time, ``[neuron]`` bool."""
    return np.ptp(values, axis=0) > CONSTANT * np.maximum(np.abs(values).max(axis=0), np.finfo(float).tiny)


def _correlation(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    a, b = truth - truth.mean(axis=0), predicted - predicted.mean(axis=0)
    # Scaling by the largest deviation first keeps the sums of squares inside the floats for any unit.
    a = a / np.maximum(np.abs(a).max(axis=0), np.finfo(float).tiny)
    b = b / np.maximum(np.abs(b).max(axis=0), np.finfo(float).tiny)
    norm = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.clip((a * b).sum(axis=0) / norm, -1.0, 1.0)
    r = np.where(varies(predicted), r, 0.0)
    return np.where(varies(truth), r, np.nan)


@metric("pearson_r", unit="", higher_is_better=True)
def pearson_r(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Pearson correlation over time; 0 for a constant prediction, NaN for a constant truth."""
    return _correlation(truth, predicted)


@metric("spearman_r", unit="", higher_is_better=True)
def spearman_r(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Spearman rank correlation over time, ties averaged; 0 for a constant prediction, NaN for a constant
    truth.
    """
    return _correlation(rankdata(truth, axis=0), rankdata(predicted, axis=0))


@metric("r2", unit="", higher_is_better=True)
def r2(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Share of the variance explained, 1 − SS_residual / SS_total; negative when worse than the mean, NaN for
    a constant truth.
    """
    total = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = 1.0 - ((truth - predicted) ** 2).sum(axis=0) / total
    return np.where(varies(truth), share, np.nan)


@metric("mse", unit="activity^2", higher_is_better=False)
def mse(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Mean squared error over time, in the squared unit of the activity."""
    return ((truth - predicted) ** 2).mean(axis=0)


@metric("mae", unit="activity", higher_is_better=False)
def mae(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Mean absolute error over time, in the unit of the activity."""
    return np.abs(truth - predicted).mean(axis=0)
