"""Measures of anomaly detection in video: areas under the curve over frames, for maps of surprise ``[clip, time, 1 + patch]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neurotwin.evaluation.surprise import frame_scores
from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Metric, Statistic


def scores_of_clips(outputs: np.ndarray, examples: Examples) -> list[np.ndarray]:
    """Scores ``[time]`` of each clip, without what fills it up."""
    return [score[: len(x)] for score, x in zip(frame_scores(outputs[..., 1:]), examples.x, strict=True)]


def rescaled(scores: np.ndarray) -> np.ndarray:
    """Between 0 and 1 within a clip: needs the whole clip, so that no camera at work could do it."""
    low, high = scores.min(), scores.max()
    return (scores - low) / ((high - low) or 1.0)


def _auc(false: np.ndarray, hit: np.ndarray) -> float:
    """Area under a curve from (0, 0) to (1, 1), by trapezia: ties count half."""
    return float(np.trapezoid(hit, false))


def _equal_error_rate(false: np.ndarray, hit: np.ndarray) -> float:
    """The false alarms' share where it is nearest to the share of anomalous frames that are missed."""
    at = np.argmin(np.abs(false - (1 - hit)))
    return float((false[at] + 1 - hit[at]) / 2)


def _of_frames(
    measure: Callable[[np.ndarray, np.ndarray], float], y: Sequence[np.ndarray], scores: Sequence[np.ndarray]
) -> Statistic:
    """A measure of the curve over all frames of the clips ``rows``, under one threshold for all of them.

    What a clip adds to the curve at every threshold is counted once, so that drawing clips a thousand times is cheap.
    """
    thresholds = np.unique(np.concatenate(scores))[::-1]
    counts = np.zeros((len(y), 2, 1 + len(thresholds)))
    for table, labels, own in zip(counts, y, scores, strict=True):
        for label in (0, 1):
            # how many of its frames of this kind are at or above each threshold
            found = np.sort(own[labels == label])
            table[label, 1:] = len(found) - np.searchsorted(found, thresholds)

    def statistic(rows: np.ndarray) -> float:
        above = counts[rows].sum(0)
        if not above[:, -1].all():
            return np.nan
        return measure(*(above / above[:, -1:]))

    return statistic


def _pooled(
    measure: Callable[[np.ndarray, np.ndarray], float],
    change: Callable[[np.ndarray], np.ndarray] = lambda scores: scores,
) -> Callable[[np.ndarray, Examples], Statistic]:
    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        return _of_frames(
            measure, list(examples.y), [change(one) for one in scores_of_clips(outputs, examples)]
        )

    return of


def _clip_auc(outputs: np.ndarray, examples: Examples) -> Statistic:
    of_frames = _of_frames(_auc, list(examples.y), scores_of_clips(outputs, examples))
    found = np.array([of_frames(np.array([i])) for i in range(len(examples))])

    def statistic(rows: np.ndarray) -> float:
        told = found[rows][np.isfinite(found[rows])]
        return float(told.mean()) if len(told) else np.nan

    return statistic


ANOMALY = (
    Metric("frame_auc", _pooled(_auc)),
    # mean over the clips that have both normal and anomalous frames
    Metric("clip_auc", _clip_auc),
    Metric("equal_error_rate", _pooled(_equal_error_rate), higher_is_better=False),
    # as many papers have it; not causal, for comparison only
    Metric("frame_auc_rescaled", _pooled(_auc, rescaled)),
)
"""For outputs ``[clip, time, 1 + patch]`` and labels ``[time]`` of each clip, 1 where a frame is anomalous."""
