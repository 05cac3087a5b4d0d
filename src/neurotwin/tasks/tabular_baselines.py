"""Simple methods for rows of features: penalised linear models, gradient-boosted trees, the mean."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.metrics import log_probabilities
from neurotwin.tasks.task import Predictor, Task

FOLDS = 5
RIDGE = np.logspace(-2, 5, 15)
"""Penalties on the squared weights that are tried."""
INVERSE = np.logspace(-4, 1, 6)
"""Of logistic regression: inverse penalties that are tried."""
ITERATIONS = 300
"""Of L-BFGS, and of boosting, at most."""
LEAVES, LEAST, RATE = (7, 31), (5, 20), 0.06
"""Of the trees: leaves at most and rows a leaf at least that are tried; the learning rate."""
FLOOR = 1e-9
"""Least probability that is told, so that no loss is infinite."""


def mean(task: Task, data: TaskData, seed: int) -> Predictor:
    """The training mean, whatever the input."""
    value = float(np.mean(np.asarray(data.train.y)))
    return lambda examples: np.full(len(examples), value)


def linear(task: Task, data: TaskData, seed: int) -> Predictor:
    """Ridge or logistic regression (scikit-learn), penalty by cross-validation on the training part, by group if there are any."""
    x, y = flat(data.train), np.asarray(data.train.y)
    folds = list(_folds(data.train, seed))
    return _logistic(x, y, folds) if data.classes else _ridge(x, y, folds)


def flat(examples: Examples) -> np.ndarray:
    """Inputs of one shape as rows ``[example, feature]``, float32."""
    return np.asarray(examples.x, np.float32).reshape(len(examples), -1)


def _folds(train: Examples, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

    y, groups = np.asarray(train.y), train.groups
    n = FOLDS if groups is None else min(FOLDS, len(np.unique(groups)))
    if groups is not None and n > 1:
        return GroupKFold(n).split(y, groups=groups)
    if np.issubdtype(y.dtype, np.integer) and np.bincount(y).min() >= FOLDS:
        return StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(y, y)
    return KFold(FOLDS, shuffle=True, random_state=seed).split(y)


def _ridge(x: np.ndarray, y: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]) -> Predictor:
    errors = np.zeros(len(RIDGE))
    for rows, held in folds:
        weights, bias = ridge_path(x[rows], y[rows], RIDGE)
        errors += ((x[held].astype(np.float64) @ weights + bias - y[held, None]) ** 2).sum(0)
    weights, bias = ridge_path(x, y, RIDGE[[int(np.argmin(errors))]])
    return lambda examples: flat(examples).astype(np.float64) @ weights[:, 0] + bias[0]


def ridge_path(x: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``[feature, penalty]`` and biases ``[penalty]`` of ridge regression, all from one eigendecomposition.

    Minimises Σ (y - x w - b)² + penalty |w|²; scikit-learn decomposes anew for every penalty, which long windows make slow.
    """
    from scipy.linalg import eigh

    centre, level = x.mean(0, dtype=np.float64), float(y.mean())
    x, y = x - centre, y - level
    wide = x.shape[1] > len(x)
    values, vectors = eigh(x @ x.T if wide else x.T @ x)
    turned = vectors.T @ (y if wide else x.T @ y)
    weights = vectors @ (turned[:, None] / (np.maximum(values, 0)[:, None] + penalties))
    weights = x.T @ weights if wide else weights
    return weights, level - centre @ weights


def _logistic(x: np.ndarray, y: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]) -> Predictor:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    def fit(c: float, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(x[rows], y[rows])
        return lambda new: _over(y.max() + 1, model.classes_, _logs(model.predict_proba(new)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        losses = [
            sum(_log_loss(fit(c, rows)(x[held]), y[held]) * len(held) for rows, held in folds)
            for c in INVERSE
        ]
        chosen = fit(float(INVERSE[int(np.argmin(losses))]), np.arange(len(y)))
    return lambda examples: chosen(flat(examples))


def boosted_trees(task: Task, data: TaskData, seed: int) -> Predictor:
    """Gradient-boosted trees (scikit-learn's histogram kind); leaves, rows a leaf and number of trees: the best on validation."""
    x, y = flat(data.train), np.asarray(data.train.y)
    new, truth = flat(data.validation), np.asarray(data.validation.y)
    n = len(data.classes)
    tried = [_boost(x, y, new, truth, n, leaves, least, seed) for leaves, least in product(LEAVES, LEAST)]
    _, trees, model = min(tried, key=lambda one: one[0])

    def predict(examples: Examples) -> np.ndarray:
        return _stage(model, flat(examples), trees, n)

    return predict


def _boost(
    x: np.ndarray,
    y: np.ndarray,
    new: np.ndarray,
    truth: np.ndarray,
    n: int,
    leaves: int,
    least: int,
    seed: int,
) -> tuple[float, int, Any]:
    """Least loss on validation, after how many trees, and the model."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind: Any = HistGradientBoostingClassifier if n else HistGradientBoostingRegressor
    model = kind(
        learning_rate=RATE, max_iter=ITERATIONS, max_leaf_nodes=leaves, min_samples_leaf=least, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    ).fit(x, y)  # fmt: skip
    if n:
        losses = [
            _log_loss(_over(n, model.classes_, _logs(p)), truth) for p in model.staged_predict_proba(new)
        ]
    else:
        losses = [float(((p - truth) ** 2).mean()) for p in model.staged_predict(new)]
    best = int(np.argmin(losses))
    return losses[best], best, model


def _stage(model: Any, x: np.ndarray, trees: int, n: int) -> np.ndarray:
    """What the model answers after ``trees + 1`` trees."""
    told = model.staged_predict_proba(x) if n else model.staged_predict(x)
    answer = next(values for i, values in enumerate(told) if i == trees)
    return _over(n, model.classes_, _logs(answer)) if n else answer


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.clip(probabilities, FLOOR, 1))


def _over(n: int, classes: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Log probabilities ``[example, class]`` over all classes from those of the classes that were seen."""
    found = np.full((len(told), n), np.log(FLOOR))
    found[:, classes] = told
    return found


def _log_loss(told: np.ndarray, y: np.ndarray) -> float:
    return float(-log_probabilities(told)[np.arange(len(y)), y].mean())
