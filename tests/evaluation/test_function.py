"""Accuracies become scores with the scoreboard's names."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation.function import (
    cosmoothing_accuracy,
    cosmoothing_score,
    difference_score,
    forecast_scores,
)


def worms(seed: int, noise: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    truths = [rng.normal(size=(100, n)) for n in (10, 20)]
    return truths, [t + noise * rng.normal(size=t.shape) for t in truths]


def test_cosmoothing_is_the_mean_over_neurons_then_worms() -> None:
    truths, predictions = worms(0, 1.0)
    found = cosmoothing_score(truths, predictions, split="held_out_time", model="twin")
    by_hand = np.mean(
        [
            np.mean([np.corrcoef(t[:, i], p[:, i])[0, 1] for i in range(t.shape[1])])
            for t, p in zip(truths, predictions, strict=True)
        ]
    )
    assert found.value == pytest.approx(by_hand)
    assert found.key == ("function", "cosmoothing_r", "held_out_time", "twin")
    assert (found.n, found.higher_is_better) == (30, True)
    assert found.low < found.value < found.high


def test_another_metric_names_itself_and_brings_its_direction() -> None:
    truths, predictions = worms(1, 0.5)
    found = cosmoothing_score(
        truths, predictions, split="held_out_animal", model="baseline: mean", metric="mse"
    )
    assert (found.metric, found.higher_is_better, found.unit) == ("cosmoothing_mse", False, "activity^2")
    assert found.value == pytest.approx(0.25, abs=0.03)


def test_forecasts_have_one_score_for_each_horizon() -> None:
    rng = np.random.default_rng(2)
    accuracies = [{h: rng.normal(1 / h, 0.01, size=12) for h in (1, 5)} for _ in range(3)]
    scores = forecast_scores(accuracies, model="baseline: persistence")
    assert [s.metric for s in scores] == ["forecast_r_1", "forecast_r_5"]
    assert [s.value for s in scores] == pytest.approx([1.0, 0.2], abs=0.02)
    assert {(s.split, s.n) for s in scores} == {("held_out_time", 36)}
    errors = forecast_scores(accuracies, model="twin", split="held_out_animal", metric="mae")
    assert [(s.metric, s.split, s.higher_is_better) for s in errors] == [
        ("forecast_mae_1", "held_out_animal", False),
        ("forecast_mae_5", "held_out_animal", False),
    ]
    with pytest.raises(InputError, match="different horizons"):
        forecast_scores([*accuracies, {1: np.zeros(3)}], model="twin")


def test_a_difference_is_paired_over_neurons() -> None:
    truths, good = worms(3, 0.5)
    bad = [g + 2.0 * np.random.default_rng(4).normal(size=g.shape) for g in good]
    a, b = cosmoothing_accuracy(truths, good), cosmoothing_accuracy(truths, bad)
    found = difference_score(
        a, b, "cosmoothing_r", split="held_out_time", model="difference: twin - permuted"
    )
    assert found.value == pytest.approx(np.mean([x.mean() - y.mean() for x, y in zip(a, b, strict=True)]))
    assert found.low > 0


def test_one_prediction_for_each_worm() -> None:
    truths, predictions = worms(5, 1.0)
    with pytest.raises(InputError, match="2 truths, 1 predictions"):
        cosmoothing_score(truths, predictions[:1], split="held_out_time", model="twin")
