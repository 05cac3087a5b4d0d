"""Simple methods that every network stands beside."""

from __future__ import annotations

import jax
import numpy as np

from neurotwin.tasks.data import TaskData
from neurotwin.tasks.loop import fit, outputs_of
from neurotwin.tasks.networks import LinearNetwork
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import Predictor, Task

STEPS = 3000
"""Gradient steps at least that softmax regression may make: it is convex, and a baseline that is not done would flatter."""


def majority(task: Task, data: TaskData, seed: int) -> Predictor:
    """The training part's share of each class, whatever the input: log probabilities ``[example, class]``."""
    counts = np.bincount(np.asarray(data.train.y), minlength=len(data.classes))
    scores = np.log(counts / counts.sum())
    return lambda examples: np.tile(scores, (len(examples), 1))


def softmax_regression(task: Task, data: TaskData, seed: int) -> Predictor:
    """Multinomial logistic regression on the raw inputs, by the common training loop, stopped by the validation part."""
    batch = max(1, min(128, len(data.train) // 10))
    epochs = max(30, -(-STEPS * batch // len(data.train)))
    settings = Settings(epochs, batch, learning_rate=1e-2, patience=max(5, epochs // 10), seed=seed)
    network = LinearNetwork(task.describe(data), jax.random.key(seed))
    fitted = fit(network, data.train, data.validation, task, settings, name="softmax regression")
    return lambda examples: outputs_of(fitted.network, examples, task.encode)
