"""Simple methods for speech: features of cepstra and prosody, and a regression or a support vector machine on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.prosody import CEPSTRA, functionals
from neurotwin.tasks.task import Predictor, Task

SEGMENTS = 5
COPIES = 4
"""So many varied copies of each training clip are added, the same variations that the networks hear."""


def cepstral_features(pictures: np.ndarray) -> np.ndarray:
    """Mel-frequency cepstral coefficients, their means in ``SEGMENTS`` equal parts of the clip and their spread in all of it.

    ``[example, window, band, 1]`` → ``[example, (SEGMENTS + 1) × CEPSTRA]`` (Davis & Mermelstein 1980: the cosine transform of
    log-mel bands).
    """
    from scipy.fft import dct

    cepstra = np.asarray(dct(pictures[..., 0], axis=2, norm="ortho"))[:, :, :CEPSTRA]
    means = [part.mean(1) for part in np.array_split(cepstra, SEGMENTS, axis=1)]
    return np.concatenate([*means, cepstra.std(1)], axis=1)


def cepstral_regression(task: Task, data: TaskData, seed: int) -> Predictor:
    """Multinomial logistic regression on the features; margins ``[example, class]``."""
    return _on_pictures(_regression(), task, data, seed)


def cepstral_svm(task: Task, data: TaskData, seed: int) -> Predictor:
    """A support vector machine with Gaussian kernel (C 10) on the features; one-against-rest margins ``[example, class]``."""
    return _on_pictures(_machine(), task, data, seed)


def prosodic_regression(task: Task, data: TaskData, seed: int) -> Predictor:
    """Multinomial logistic regression on :func:`neurotwin.tasks.prosody.functionals` of the clips as they are."""
    return _fitted(_regression(), _functionals(data.train), np.asarray(data.train.y), _functionals)


def prosodic_svm(task: Task, data: TaskData, seed: int) -> Predictor:
    """A support vector machine with Gaussian kernel (C 10) on the same."""
    return _fitted(_machine(), _functionals(data.train), np.asarray(data.train.y), _functionals)


def _functionals(examples: Examples) -> np.ndarray:
    return np.stack([functionals(power) for power in examples.x])


def _regression() -> object:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=500)


def _machine() -> object:
    from sklearn.svm import SVC

    return SVC(C=10.0)


def _on_pictures(classifier: object, task: Task, data: TaskData, seed: int) -> Predictor:
    """On cepstral features of the training clips as they are and of ``COPIES`` varied ones of each."""
    rng = np.random.default_rng(seed)
    told = [task.encode(data.train, None), *(task.encode(data.train, rng) for _ in range(COPIES))]
    return _fitted(
        classifier,
        np.concatenate([cepstral_features(np.asarray(batch.x)) for batch in told]),
        np.concatenate([np.asarray(batch.y) for batch in told]),
        lambda examples: cepstral_features(np.asarray(task.encode(examples, None).x)),
    )


def _fitted(
    classifier: object, x: np.ndarray, y: np.ndarray, features: Callable[[Examples], np.ndarray]
) -> Predictor:
    """Margins ``[example, class]`` of a classifier of standardised features, fitted to ``x`` and ``y``."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), classifier).fit(x, y)

    def scores(examples: Examples) -> np.ndarray:
        margins = model.decision_function(features(examples))
        return margins if margins.ndim == 2 else np.stack([np.zeros_like(margins), margins], axis=1)

    return scores
