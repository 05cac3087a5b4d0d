"""Traces for the report, picked by rule and not by eye, and the limits that it states."""

from __future__ import annotations

import numpy as np

from neurotwin.comparison import Examiner, Predictions
from neurotwin.evaluation import cosmoothing_accuracy
from neurotwin.report import TraceExample

LIMITS = (
    "Co-smoothing uses the other neurons at the same moment; it is not a prediction of the future. "
    "Forecasts are scored apart.",
    "Frames of calcium are nearly copies of their neighbours: 200 held-out frames are far fewer than "
    "200 independent samples.",
    "The intervals resample neurons and worms. With two worms they say little about a third; take "
    "more with --worms all.",
    "Weights that fit activity are not unique: the structure scores say how far the twin kept to the "
    "wiring that it was given.",
    "The atlas of responses comes from other animals, immobilised and stimulated with light; the twin"
    " was fitted to moving ones.",
    "For a worm never seen there is no simple baseline here: it is compared with false wiring alone.",
)


def examples_of(examiner: Examiner, predictions: Predictions) -> tuple[TraceExample, ...]:
    """Of every worm (three at most) the neurons at the 95th, 75th, 50th and 25th percentile of accuracy."""
    chosen = []
    accuracies = cosmoothing_accuracy(examiner.truths, predictions.later)
    for number, recording in enumerate(examiner.recordings[:3]):
        names = np.array(recording.names)[recording.observed]
        r, stretch = accuracies[number], examiner.stretches[number]
        order = np.argsort(np.nan_to_num(r, nan=-2.0))
        for share in (0.95, 0.75, 0.5, 0.25):
            k = int(order[min(len(order) - 1, int(share * len(order)))])
            chosen.append(
                TraceExample(
                    neuron=str(names[k]),
                    worm=recording.subject,
                    time_s=np.arange(stretch.start, stretch.stop) * recording.dt_ms / 1000.0,
                    recorded=examiner.truths[number][:, k],
                    predicted=predictions.later[number][:, k],
                    r=float(r[k]),
                )
            )
    return tuple(chosen)
