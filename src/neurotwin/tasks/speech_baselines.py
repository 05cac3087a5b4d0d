"""Simple methods for speech: cepstral features, and a regression or a support vector machine on them."""

from __future__ import annotations

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.task import Predictor, Task

CEPSTRA = 13
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
    from sklearn.linear_model import LogisticRegression

    return _fitted(LogisticRegression(max_iter=500), task, data, seed)


def cepstral_svm(task: Task, data: TaskData, seed: int) -> Predictor:
    """A support vector machine with Gaussian kernel (C 10) on the features; one-against-rest margins ``[example, class]``."""
    from sklearn.svm import SVC

    return _fitted(SVC(C=10.0), task, data, seed)


def _fitted(classifier: object, task: Task, data: TaskData, seed: int) -> Predictor:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(seed)
    told = [task.encode(data.train, None), *(task.encode(data.train, rng) for _ in range(COPIES))]
    model = make_pipeline(StandardScaler(), classifier)
    model.fit(
        np.concatenate([cepstral_features(np.asarray(batch.x)) for batch in told]),
        np.concatenate([np.asarray(batch.y) for batch in told]),
    )

    def scores(examples: Examples) -> np.ndarray:
        margins = model.decision_function(cepstral_features(np.asarray(task.encode(examples, None).x)))
        return margins if margins.ndim == 2 else np.stack([np.zeros_like(margins), margins], axis=1)

    return scores
