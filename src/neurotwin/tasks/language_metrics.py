"""Measures of a language model: how many bits the characters that are asked for cost, and how often the likeliest was right."""

from __future__ import annotations

import numpy as np

from neurotwin.tasks.data import Examples
from neurotwin.tasks.metrics import log_probabilities
from neurotwin.tasks.readers.text import PAD
from neurotwin.tasks.task import Metric, Statistic


def _share(per_place: np.ndarray, asked: np.ndarray) -> Statistic:
    """Mean over the places that are asked for, whichever windows they are in."""
    sums, counts = (per_place * asked).sum(1), asked.sum(1)
    return lambda rows: float(sums[rows].sum() / counts[rows].sum())


def _bits(outputs: np.ndarray, examples: Examples) -> Statistic:
    y = np.asarray(examples.y)
    if outputs.shape[-1] == 1:
        return _share(-outputs[..., 0] / np.log(2), y != PAD)
    told = np.take_along_axis(log_probabilities(outputs), np.maximum(y, 0)[..., None], -1)[..., 0]
    return _share(-told / np.log(2), y != PAD)


def _accuracy(outputs: np.ndarray, examples: Examples) -> Statistic:
    if outputs.shape[-1] == 1:
        return lambda rows: np.nan
    y = np.asarray(examples.y)
    return _share(outputs.argmax(-1) == y, y != PAD)


LANGUAGE = (
    Metric("bits_per_character", _bits, "bits", higher_is_better=False),
    Metric("next_character_accuracy", _accuracy),
)
"""For outputs ``[window, place, character]`` (scores before the softmax) and character numbers ``[window, place]``. Outputs of
width 1 are the log probability of the right character itself, nats: a compressor tells nothing else, and has no accuracy, NaN."""
