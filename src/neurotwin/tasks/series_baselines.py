"""Simple methods for windows of a time series: persistence, a season before, random kernels; linear ones and trees on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.series import back
from neurotwin.tasks.tabular_baselines import boosted_trees, linear
from neurotwin.tasks.task import Predictor, Task

Method = Callable[[Task, TaskData, int], Predictor]

KERNELS = 1000
LENGTHS = (7, 9, 11)


def last_value(examples: Examples, data: TaskData, rows_back: int = 1) -> np.ndarray:
    """The target's own value so many rows from the end of each window (1 is the last), in its units, ``[example]``."""
    facts = data.facts or {}
    mean, sd = facts["known"]
    return mean + sd * np.asarray(examples.x)[:, -rows_back, facts["channel"]].astype(np.float64)


def persistence(task: Task, data: TaskData, seed: int) -> Predictor:
    """The last value that was seen."""
    return lambda examples: last_value(examples, data)


def seasonal_persistence(task: Task, data: TaskData, seed: int) -> Predictor:
    """The value whole seasons before the target."""
    facts = data.facts or {}
    rows = back(facts["season"], facts["horizon"])
    return lambda examples: last_value(examples, data, rows)


def autoregressive_ridge(task: Task, data: TaskData, seed: int) -> Predictor:
    """Ridge regression on the whole window of what the target changes by from its last value."""
    return _from_last_value(linear)(task, data, seed)


def boosted_lags(task: Task, data: TaskData, seed: int) -> Predictor:
    """Gradient-boosted trees on lags, of what the target changes by: trees alone would tell no level that training did not have."""
    return _from_last_value(_on(lambda examples: _lags(examples, data), boosted_trees))(task, data, seed)


def _lags(examples: Examples, data: TaskData) -> np.ndarray:
    """The target's window less its last value; of every channel the last row, the change to it, and the mean less it.

    Trees look at every feature in turn: of channels that are not the target a few lags say nearly all.
    """
    x = np.asarray(examples.x)
    own, last = x[:, :, (data.facts or {})["channel"]], x[:, -1]
    before = x[:, max(x.shape[1] - 2, 0)]
    return np.concatenate([own[:, :-1] - own[:, -1:], last, last - before, x.mean(1) - last], axis=1)


def linear_on_summaries(task: Task, data: TaskData, seed: int) -> Predictor:
    """Logistic regression on mean, deviation, least, largest and mean step of each channel."""
    return _on(_summaries, linear)(task, data, seed)


def boosted_summaries(task: Task, data: TaskData, seed: int) -> Predictor:
    """Gradient-boosted trees on the same."""
    return _on(_summaries, boosted_trees)(task, data, seed)


def random_kernels(task: Task, data: TaskData, seed: int) -> Predictor:
    """Logistic regression on the largest value and the share of positive values of random dilated convolutions (ROCKET).

    After Dempster, Petitjean & Webb 2020, Data Mining and Knowledge Discovery 34: 1454, with fewer kernels and one channel each.
    """
    x = np.asarray(data.train.x)
    _, time, channels = x.shape
    rng = np.random.default_rng(seed)
    kernels = []
    for _ in range(KERNELS):
        length = int(rng.choice(LENGTHS))
        weights = rng.normal(size=length)
        most = max(1.0, (time - 1) / (length - 1))
        dilation = int(2 ** rng.uniform(0, np.log2(most)))
        kernels.append((weights - weights.mean(), rng.uniform(-1, 1), dilation, int(rng.integers(channels))))

    def features(examples: Examples) -> np.ndarray:
        rows = np.asarray(examples.x, np.float64)
        found = np.empty((len(rows), 2 * KERNELS))
        for i, (weights, bias, dilation, channel) in enumerate(kernels):
            span = dilation * (len(weights) - 1)
            padded = np.pad(rows[:, :, channel], ((0, 0), (span // 2, span - span // 2)))
            answers = bias + sum(
                w * padded[:, j * dilation : j * dilation + time] for j, w in enumerate(weights)
            )
            found[:, 2 * i], found[:, 2 * i + 1] = answers.max(1), (answers > 0).mean(1)
        return found

    first = features(data.train)
    mean, sd = first.mean(0), np.where(first.std(0) > 0, first.std(0), 1)
    return _on(lambda examples: (features(examples) - mean) / sd, linear)(task, data, seed)


def _summaries(examples: Examples) -> np.ndarray:
    x = np.asarray(examples.x)
    return np.concatenate(
        [x.mean(1), x.std(1), x.min(1), x.max(1), np.abs(np.diff(x, axis=1)).mean(1)], axis=1
    )


def _on(features: Callable[[Examples], np.ndarray], method: Method) -> Method:
    """A table's method on features of the records."""

    def make(task: Task, data: TaskData, seed: int) -> Predictor:
        parts = {name: replace(part, x=features(part)) for name, part in data.parts().items()}
        told = method(task, replace(data, **parts), seed)
        return lambda examples: told(replace(examples, x=features(examples)))

    return make


def _from_last_value(method: Method) -> Method:
    """A table's method on what the target changes by, to which the last value is added: the networks' own way to answer."""

    def make(task: Task, data: TaskData, seed: int) -> Predictor:
        parts = {
            name: replace(part, y=np.asarray(part.y) - last_value(part, data))
            for name, part in data.parts().items()
        }
        told = method(task, replace(data, **parts), seed)
        return lambda examples: last_value(examples, data) + told(examples)

    return make
