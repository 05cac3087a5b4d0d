"""Any time series: ``neurotwin task series``. A column is forecast, or records are classified."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.losses import class_loss, number_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.networks.connectome import builder
from neurotwin.tasks.networks.dense import DenseNetwork
from neurotwin.tasks.networks.series import (
    ConnectomeSeriesNetwork,
    ConvolutionalSeriesNetwork,
    GatedRecurrentNetwork,
    answering,
)
from neurotwin.tasks.readers.series import OPTIONS, read_series
from neurotwin.tasks.regression_metrics import REGRESSION, mean_absolute_error, root_mean_squared_error
from neurotwin.tasks.series_baselines import (
    autoregressive_ridge,
    boosted_lags,
    boosted_summaries,
    last_value,
    linear_on_summaries,
    persistence,
    random_kernels,
    seasonal_persistence,
)
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.tabular import encode
from neurotwin.tasks.tabular_baselines import mean
from neurotwin.tasks.task import TASKS, Metric, Model, Spec, Statistic, Task

MODELS: Registry[Model] = Registry("network of the task series")
CLASSIFIERS = {
    "random kernels and regression": random_kernels,
    "summaries and regression": linear_on_summaries,
    "gradient-boosted trees on summaries": boosted_summaries,
    "most frequent class": majority,
}


def describe(data: TaskData) -> Spec:
    """Rows and channels of a window, number of classes, or the target's channel, mean and deviation, and how far values change."""
    facts = data.facts or {}
    return {
        **({} if data.classes else _changes(data)),
        "shape": np.shape(data.train.x)[1:],
        "classes": len(data.classes) or 1,
        "mean": 0.0,
        "sd": 1.0,
        "target": None if data.classes else (facts["mean"], facts["sd"]),
        "channel": None if data.classes else facts["channel"],
        "channels": list(facts["channels"]),
    }


def _changes(data: TaskData) -> Spec:
    """Root mean square change of each channel to a window's last row, and of the target from there; at most 1, a deviation."""
    facts, x = data.facts or {}, np.asarray(data.train.x)
    squares = (x[:, :-1] - x[:, -1:]) ** 2
    each = np.sqrt(squares.mean((0, 1), dtype=np.float64)) if x.shape[1] > 1 else np.ones(x.shape[2])
    step = root_mean_squared_error(last_value(data.train, data), np.asarray(data.train.y)) / facts["sd"]
    return {
        "change": [float(min(one, 1)) if one > 0 else 1.0 for one in each],
        "step": float(min(step, 1)) if step > 0 else 1.0,
    }


def for_data(task: Task, data: TaskData) -> Task:
    """A classifier; or a forecast, with skill against persistence as its main metric."""
    if data.classes:
        return replace(
            task, loss=class_loss, metrics=CLASSIFICATION, figures=("confusion",), baselines=CLASSIFIERS
        )
    facts = data.facts or {}
    variance = facts["sd"] ** 2
    season = {"seasonal persistence": seasonal_persistence} if facts["season"] else {}
    return replace(
        task,
        loss=lambda outputs, y: number_loss(outputs, y) / variance,
        metrics=(skill(data), *REGRESSION, scaled_error(data)),
        baselines={**season, **task.baselines},
    )


def skill(data: TaskData) -> Metric:
    """1 - RMSE / RMSE of persistence on the same examples: 0 is no better than the last value, 1 is perfect."""

    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        told, true = np.asarray(outputs, np.float64), np.asarray(examples.y)
        last = last_value(examples, data)

        def statistic(rows: np.ndarray) -> float:
            base = root_mean_squared_error(last[rows], true[rows])
            return 1 - root_mean_squared_error(told[rows], true[rows]) / base if base else float("nan")

        return statistic

    return Metric("skill", of)


def scaled_error(data: TaskData) -> Metric:
    """Mean absolute error over that of persistence on the training part (MASE: Hyndman & Koehler 2006)."""
    scale = mean_absolute_error(last_value(data.train, data), np.asarray(data.train.y))

    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        error = np.abs(np.asarray(outputs, np.float64) - np.asarray(examples.y)) / scale
        return lambda rows: float(error[rows].mean())

    return Metric("mean_absolute_scaled_error", of, higher_is_better=False)


TRAINING = Settings(epochs=15, batch=64, learning_rate=5e-4, dropout=0.3)
MODELS.register("gru")(
    Model(
        answering(GatedRecurrentNetwork),
        "a gated recurrent unit over the window",
        TRAINING,
        least_steps=1500,
        rival="dense",
    )
)
MODELS.register("tcn")(
    Model(
        answering(ConvolutionalSeriesNetwork),
        "dilated causal convolutions over the window",
        TRAINING,
        least_steps=1500,
        rival="dense",
    )
)
MODELS.register("dense")(
    Model(answering(DenseNetwork), "two hidden layers on the window laid flat", TRAINING, least_steps=1500)
)
MODELS.register("worm")(
    Model(
        answering(builder("worm", kind=ConnectomeSeriesNetwork)),
        "recurrent, on the worm's chemical synapses and no others, a row of the window at its sensory neurons at each step",
        TRAINING,
        least_steps=1500,
        rival="dense",
        nulls={
            name: answering(builder("worm", name, ConnectomeSeriesNetwork))
            for name in ("permuted", "rewired")
        },
        limits=(
            "Input and read-out are dense and trained, and weights are free after their beginning: what the wiring adds is what "
            "the nulls say.",
        ),
    )
)

TASKS.register("series")(
    Task(
        name="series",
        title="A time series: a value ahead, or the class of a record",
        about="a column of any CSV some rows ahead, or the class of each record of .ts files; a worm's neurons without --data",
        load=read_series,
        options=OPTIONS,
        for_data=for_data,
        describe=describe,
        encode=encode,
        loss=number_loss,
        metrics=REGRESSION,
        figures=("predicted",),
        models=MODELS,
        default="gru",
        baselines={
            "persistence": persistence,
            "autoregressive ridge": autoregressive_ridge,
            "gradient-boosted trees on lags": boosted_lags,
            "mean": mean,
        },
        limits=(
            "One stretch of time at the end was tested: other seasons, other sensors, other people were not.",
            "One seed is one draw of first weights and of the order of examples: differences between networks that are "
            "smaller than those between seeds mean nothing.",
        ),
    )
)
