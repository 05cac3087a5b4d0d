"""Simple methods for anomalies in video; each answers with a map of surprise, pooled and scored as the networks' maps are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.motion import CELL, cells, change, earlier, motion_features, pool
from neurotwin.tasks.task import Predictor, Task

EXEMPLARS = 6000
"""Patches of the training part that are remembered or fitted to: half of them at random, half those where most happens."""
NEIGHBOURS = 5
KEPT_VARIANCE = 0.95
PAST = (0, 3, 6)
"""Frames back that a patch of the principal components has."""


def persistence(task: Task, data: TaskData, seed: int) -> Predictor:
    """The next frame is this frame: the mean change of a patch, grey levels."""
    return _mapped(lambda clip: pool(cells(change(clip, 1))))


def background_subtraction(task: Task, data: TaskData, seed: int) -> Predictor:
    """Each pixel has a mean and a standard deviation over the training part: the mean |z| of a patch."""
    frames = np.concatenate(list(data.train.x)).astype(np.float32)
    mean, sd = frames.mean(0), frames.std(0) + 1.0
    return _mapped(lambda clip: pool(cells(np.abs(clip - mean) / sd)))


def gaussian_motion(task: Task, data: TaskData, seed: int) -> Predictor:
    """Mahalanobis distance of a patch's motion features from those of the training part."""
    features, known = _features(data, seed)
    mean = known.mean(0)
    precision = np.linalg.inv(np.cov(known, rowvar=False) + 1e-3 * np.eye(known.shape[1]))

    def distance(x: np.ndarray) -> np.ndarray:
        return np.sqrt(np.einsum("ni,ij,nj->n", x - mean, precision, x - mean))

    return _mapped(lambda clip: _everywhere(distance, features(clip)))


def nearest_motion(task: Task, data: TaskData, seed: int) -> Predictor:
    """Mean distance of a patch's motion features from the nearest ones of the training part."""
    from sklearn.neighbors import NearestNeighbors

    features, known = _features(data, seed)
    tree = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(known))).fit(known)
    return _mapped(lambda clip: _everywhere(lambda x: tree.kneighbors(x)[0].mean(1), features(clip)))


def principal_components(task: Task, data: TaskData, seed: int) -> Predictor:
    """What principal components of the training part's patches, with their margins and past, cannot rebuild of a patch."""
    from sklearn.decomposition import PCA

    background = _background(data)

    def look(clip: np.ndarray) -> np.ndarray:
        return _with_margins(clip.astype(np.float32) - background)

    known = _exemplars(data, look, lambda x: x.var(-1), seed)
    fitted = PCA(KEPT_VARIANCE, svd_solver="covariance_eigh").fit(known)

    def error(x: np.ndarray) -> np.ndarray:
        return np.abs(x - fitted.inverse_transform(fitted.transform(x))).mean(1)

    return _mapped(lambda clip: pool(_everywhere(error, look(clip))))


def _mapped(surprise: Callable[[np.ndarray], np.ndarray]) -> Predictor:
    """Clip → ``[time, patch row, patch column]``, as outputs ``[clip, time, 1 + patch]``."""

    def predict(examples: Examples) -> np.ndarray:
        maps = [surprise(clip).reshape(len(clip), -1) for clip in examples.x]
        longest = max(map(len, maps))
        found = np.zeros((len(maps), longest, 1 + maps[0].shape[1]), np.float32)
        for row, told in zip(found, maps, strict=True):
            row[: len(told), 1:] = told
        return found

    return predict


def _everywhere(measure: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """A function of ``[patch, feature]`` on ``[time, row, column, feature]``."""
    return measure(x.reshape(-1, x.shape[-1])).reshape(x.shape[:-1])


def _background(data: TaskData) -> np.ndarray:
    return np.asarray((data.facts or {})["background"], np.float32)


def exemplary_motion(data: TaskData, seed: int) -> np.ndarray:
    """Motion features of ``EXEMPLARS`` patches of the training part, ``[patch, feature]``."""
    background = _background(data)
    return _exemplars(data, lambda clip: motion_features(clip, background), lambda x: x[..., 0], seed)


def _features(data: TaskData, seed: int) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]:
    """Motion features at one scale, ``clip → [time, row, column, feature]``, and those of training patches."""
    background = _background(data)
    known = exemplary_motion(data, seed)
    mean, sd = known.mean(0), known.std(0) + 1e-6
    return lambda clip: (motion_features(clip, background) - mean) / sd, (known - mean) / sd


def _exemplars(
    data: TaskData,
    look: Callable[[np.ndarray], np.ndarray],
    activity: Callable[[np.ndarray], np.ndarray],
    seed: int,
) -> np.ndarray:
    """Of each training clip its share of patches, ``[patch, feature]``."""
    rng, found = np.random.default_rng(seed), []
    half = -(-EXEMPLARS // (2 * len(data.train)))
    for clip in data.train.x:
        x = look(clip)[max(PAST) :]
        x = x.reshape(-1, x.shape[-1])
        drawn = x[rng.permutation(len(x))[: 20 * half]]
        busy = np.argsort(-activity(drawn[half:]), kind="stable")[:half]
        found += [drawn[:half], drawn[half:][busy]]
    return np.concatenate(found)


def _with_margins(x: np.ndarray) -> np.ndarray:
    """``[time, row, column]`` → ``[time, patch row, patch column, frame back × pixel]``, 0 beyond the image."""
    rows, columns = (-(-n // CELL) for n in x.shape[1:])
    rest = [(CELL, CELL + n * CELL - size) for n, size in zip((rows, columns), x.shape[1:], strict=True)]
    side = 3 * CELL
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), *rest)), (side, side), (1, 2))
    windows = windows[:, ::CELL, ::CELL].reshape(len(x), rows, columns, -1)
    past = [earlier(windows, lag) for lag in PAST]
    return np.concatenate(past, axis=-1)
