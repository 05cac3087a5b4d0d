"""Measures of anomaly detection in video: areas under the curve over frames, for maps of surprise ``[clip, time, 1 + patch]``."""

from __future__ import annotations

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


def _auc(y: np.ndarray, scores: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, scores)) if 0 < y.sum() < len(y) else np.nan


def _equal_error_rate(y: np.ndarray, scores: np.ndarray) -> float:
    """The false alarms' share where it is as large as the share of anomalous frames that are missed."""
    from sklearn.metrics import roc_curve

    if not 0 < y.sum() < len(y):
        return np.nan
    false, hit, _ = roc_curve(y, scores)
    at = np.argmin(np.abs(false - (1 - hit)))
    return float((false[at] + 1 - hit[at]) / 2)


def _pooled(measure, change=lambda scores: scores):
    """Over all frames of all clips together: one threshold for all of them."""

    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        scores = [change(one) for one in scores_of_clips(outputs, examples)]

        def statistic(rows: np.ndarray) -> float:
            y = np.concatenate([examples.y[i] for i in rows])
            return measure(y, np.concatenate([scores[i] for i in rows]))

        return statistic

    return of


def _clip_auc(outputs: np.ndarray, examples: Examples) -> Statistic:
    found = np.array(
        [_auc(y, s) for y, s in zip(examples.y, scores_of_clips(outputs, examples), strict=True)]
    )

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
