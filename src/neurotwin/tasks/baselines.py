"""Simple methods that every network stands beside."""

from __future__ import annotations

import warnings

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.task import Predictor, Task

ITERATIONS = 200
"""Of L-BFGS at most; on MNIST the accuracy stands still well before."""
ROUNDS = 200
"""Of boosting at most; the validation part says how many are used."""


def majority(task: Task, data: TaskData, seed: int) -> Predictor:
    """The training part's share of each class, whatever the input: log probabilities ``[example, class]``."""
    counts = np.bincount(np.asarray(data.train.y), minlength=len(data.classes))
    scores = np.log(counts / counts.sum())
    return lambda examples: np.tile(scores, (len(examples), 1))


def softmax_regression(task: Task, data: TaskData, seed: int) -> Predictor:
    """Multinomial logistic regression of scikit-learn on the inputs as they are, laid flat and brought to one scale.

    For inputs of one shape. Its answers are margins ``[example, class]``, whose softmax are its probabilities.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    x = np.asarray(data.train.x)
    mean, sd = x.mean(dtype=np.float64), x.std(dtype=np.float64) or 1.0

    def flat(examples: Examples) -> np.ndarray:
        return ((np.asarray(examples.x) - mean) / sd).astype(np.float32).reshape(len(examples), -1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(max_iter=ITERATIONS).fit(flat(data.train), np.asarray(data.train.y))

    def scores(examples: Examples) -> np.ndarray:
        # not predict_log_proba: a probability that rounds to 0 would make a loss infinite
        margins = fitted.decision_function(flat(examples))
        return margins if margins.ndim == 2 else np.stack([np.zeros_like(margins), margins], axis=1)

    return scores


def gradient_boosted_trees(task: Task, data: TaskData, seed: int) -> Predictor:
    """Histogram-based gradient boosting of scikit-learn on the inputs laid flat: log probabilities ``[example, class]``.

    As many rounds as give the least log loss on the validation part.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    def flat(examples: Examples) -> np.ndarray:
        return np.asarray(examples.x).reshape(len(examples), -1)

    fitted = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        early_stopping=False,  # type: ignore[arg-type]  # scikit-learn's stub knows "auto" only
        random_state=seed,
    ).fit(flat(data.train), np.asarray(data.train.y))
    y = np.asarray(data.validation.y)

    def logs(probabilities: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(probabilities, np.finfo(float).tiny))

    staged = (
        logs(p)[np.arange(len(y)), y].mean() for p in fitted.staged_predict_proba(flat(data.validation))
    )
    best = int(np.argmax(list(staged)))

    def scores(examples: Examples) -> np.ndarray:
        stages = enumerate(fitted.staged_predict_proba(flat(examples)))
        return next(logs(p) for stage, p in stages if stage == best)

    return scores
