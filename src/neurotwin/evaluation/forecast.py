"""How forecasts are scored: over the origins of one stretch, one horizon at a time.

Over a stretch of T frames the origins of horizon h are t = 0 … T − h − 1. The forecast may know everything up
to and including frame t and nothing later; it is compared with frame t + h. A neuron's score is the metric
(by default Pearson's r) across origins, so a forecast that is right on average but does not follow the neuron
scores 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation._check import finite_matrix, positive_horizon
from neurotwin.evaluation.metrics import METRICS

HORIZONS: tuple[int, ...] = (1, 5, 10, 20)
"""Frames ahead that the scoreboard shows (0.6 s a frame in the worm)."""


def forecast_origins(n_frames: int, horizon: int) -> np.ndarray:
    """Frames of a stretch from which ``horizon`` frames ahead is still inside it: 0 … n_frames − horizon −
    1.
    """
    return np.arange(n_frames - positive_horizon(horizon, n_frames))


def forecast_truth(values: np.ndarray, horizon: int) -> np.ndarray:
    """What a forecast of ``horizon`` frames over ``values [T, neuron]`` is compared with: ``[T - horizon,
    neuron]``.
    """
    values = finite_matrix(values, "values")
    return values[positive_horizon(horizon, len(values)) :]


def forecast_accuracy(
    values: np.ndarray, predicted: Mapping[int, np.ndarray], metric: str = "pearson_r"
) -> dict[int, np.ndarray]:
    """Accuracy of each neuron at each horizon.

    Parameters
    ----------
    values
        ``[T, neuron]``, the recorded stretch.
    predicted
        horizon → ``[T - horizon, neuron]``, row t the forecast made at origin t for frame t + horizon.
    metric
        Name in ``METRICS``.

    Returns
    -------
    horizon → ``[neuron]``.
    """
    scores = {}
    for horizon, forecast in predicted.items():
        truth = forecast_truth(values, horizon)
        if np.shape(forecast) != truth.shape:
            raise InputError(
                "a forecast needs one row for each origin",
                got=f"shape {np.shape(forecast)} at horizon {horizon}",
                expected=truth.shape,
            )
        scores[horizon] = METRICS[metric](truth, forecast)
    return scores
