"""Simple methods that every network stands beside."""

from __future__ import annotations

import jax
import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.loop import fit, outputs_of
from neurotwin.tasks.networks import LinearNetwork
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Predictor


def majority(data: TaskData, seed: int) -> Predictor:
    """The training part's share of each class, whatever the input: log probabilities ``[example, class]``."""
    counts = np.bincount(np.asarray(data.train.y), minlength=len(data.classes))
    scores = np.log(counts / counts.sum())
    return lambda examples: np.tile(scores, (len(examples), 1))


def softmax_regression(data: TaskData, seed: int) -> Predictor:
    """Multinomial logistic regression on the raw inputs, by the common training loop, stopped by the validation part."""
    task = TASKS["images"]
    settings = Settings(epochs=30, batch=min(128, len(data.train)), learning_rate=1e-3, patience=3, seed=seed)
    network = LinearNetwork(task.describe(data), jax.random.key(seed))
    fitted = fit(network, data.train, data.validation, task, settings, name="softmax regression")
    return lambda examples: outputs_of(fitted.network, examples, task.encode)
