"""The convention of origins, stated once and held to."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation.baselines import persistence
from neurotwin.evaluation.forecast import HORIZONS, forecast_accuracy, forecast_origins, forecast_truth


def test_origins_and_targets_lie_inside_the_stretch() -> None:
    values = np.arange(30.0)[:, None] ** 2
    origins = forecast_origins(30, 4)
    assert (origins[0], origins[-1]) == (0, 25)
    np.testing.assert_array_equal(forecast_truth(values, 4), values[origins + 4])


def test_accuracy_is_across_origins_for_each_neuron() -> None:
    values = np.random.default_rng(0).normal(size=(40, 3))
    right = forecast_truth(values, 5)
    accuracy = forecast_accuracy(values, {5: right * [1.0, -2.0, 0.0]})
    np.testing.assert_allclose(accuracy[5], [1.0, -1.0, 0.0], atol=1e-12)


def test_persistence_of_a_random_walk_falls_with_the_horizon() -> None:
    values = np.random.default_rng(1).normal(size=(400, 30)).cumsum(axis=0)
    scores = forecast_accuracy(values, {h: persistence(values, h)[1] for h in HORIZONS})
    means = [scores[h].mean() for h in HORIZONS]
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.98


def test_a_forecast_of_another_number_of_origins_is_refused() -> None:
    values = np.zeros((20, 2))
    with pytest.raises(
        InputError, match=r"one row for each origin(.|\n)*\(20, 2\) at horizon 3(.|\n)*\(17, 2\)"
    ):
        forecast_accuracy(values, {3: values})
    with pytest.raises(InputError, match=r"horizon does not fit(.|\n)*1 … 18"):
        forecast_truth(values, 0)
