"""The family "function": accuracies of neurons in worms become scores with intervals, named as the scoreboard
names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation.bootstrap import bootstrap_mean, bootstrap_paired_difference
from neurotwin.evaluation.metrics import METRICS
from neurotwin.evaluation.scorecard import Score

SHORT = {"pearson_r": "r", "spearman_r": "rho"}  # cosmoothing_r, forecast_r_5 …


def function_score(
    groups: Sequence[np.ndarray],
    name: str,
    *,
    split: str,
    model: str,
    metric: str = "pearson_r",
    ceiling: float = np.nan,
    seed: int = 0,
    source: str = "",
) -> Score:
    """One score from the accuracies ``[neuron]`` of each worm: mean over neurons, then worms, hierarchical
    bootstrap.
    """
    found, interval = METRICS[metric], bootstrap_mean(groups, seed=seed)
    return Score(
        "function",
        name,
        split,
        model,
        interval.value,
        interval.low,
        interval.high,
        ceiling,
        interval.n,
        found.unit,
        found.higher_is_better,
        source,
    )


def cosmoothing_accuracy(
    truths: Sequence[np.ndarray], predictions: Sequence[np.ndarray], metric: str = "pearson_r"
) -> list[np.ndarray]:
    """Accuracy of each neuron of each worm, ``[neuron]`` per worm, from ``[time, neuron]`` truths and
    predictions.
    """
    if len(truths) != len(predictions):
        raise InputError(
            "one prediction for each worm", got=f"{len(truths)} truths, {len(predictions)} predictions"
        )
    return [METRICS[metric](t, p) for t, p in zip(truths, predictions, strict=True)]


def cosmoothing_score(
    truths: Sequence[np.ndarray],
    predictions: Sequence[np.ndarray],
    *,
    split: str,
    model: str,
    metric: str = "pearson_r",
    seed: int = 0,
    source: str = "",
) -> Score:
    """``cosmoothing_r``: each neuron predicted from the other recorded ones of its worm.

    Parameters
    ----------
    truths, predictions
        For each worm ``[time, neuron]`` over the recorded neurons, on the stretch that is scored.
    split, model
        "held_out_time" or "held_out_animal"; who predicted.
    """
    groups = cosmoothing_accuracy(truths, predictions, metric)
    name = f"cosmoothing_{SHORT.get(metric, metric)}"
    return function_score(groups, name, split=split, model=model, metric=metric, seed=seed, source=source)


def forecast_scores(
    accuracies: Sequence[Mapping[int, np.ndarray]],
    *,
    model: str,
    split: str = "held_out_time",
    metric: str = "pearson_r",
    seed: int = 0,
    source: str = "",
) -> list[Score]:
    """``forecast_r_1``, ``forecast_r_5`` …: one score for each horizon.

    ``accuracies[worm][horizon]`` is ``[neuron]``, as ``forecast.forecast_accuracy`` gives it.
    """
    horizons = list(accuracies[0]) if accuracies else []
    if any(list(a) != horizons for a in accuracies):
        raise InputError("the worms have different horizons", got=[list(a) for a in accuracies])
    return [
        function_score(
            [a[h] for a in accuracies],
            f"forecast_{SHORT.get(metric, metric)}_{h}",
            split=split,
            model=model,
            metric=metric,
            seed=seed,
            source=source,
        )
        for h in horizons
    ]


def difference_score(
    groups_a: Sequence[np.ndarray],
    groups_b: Sequence[np.ndarray],
    name: str,
    *,
    split: str,
    model: str,
    family: str = "function",
    higher_is_better: bool = True,
    seed: int = 0,
) -> Score:
    """a − b over the same neurons of the same worms with its paired interval; ``model`` is e.g. "difference:
    twin - permuted".
    """
    interval = bootstrap_paired_difference(groups_a, groups_b, seed=seed)
    return Score(
        family,
        name,
        split,
        model,
        interval.value,
        interval.low,
        interval.high,
        n=interval.n,
        higher_is_better=higher_is_better,
        source="paired over neurons",
    )
