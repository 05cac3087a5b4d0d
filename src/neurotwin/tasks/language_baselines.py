"""Simple methods for the next character."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.language_metrics import LANGUAGE
from neurotwin.tasks.ngrams import NGrams, Smoothing, largest_order
from neurotwin.tasks.readers.text import PAD
from neurotwin.tasks.task import Predictor, Task

HIGHEST_ORDER = 10
AT_ONCE = 64
"""Windows whose n-gram probabilities are kept at once while the order is chosen."""
LZMA = ({"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0},)
"""The strongest preset, with the context bits that its manual recommends for text."""
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_RAW, filters=LZMA),
    "bz2": bz2.compress,
}


def uniform(task: Task, data: TaskData, seed: int) -> Predictor:
    """Every character of the alphabet alike: no likeliest one, so that there is no accuracy."""
    nats = float(np.log(len(_characters(data))))
    return lambda examples: np.full((*np.shape(examples.x), 1), -nats)


def unigram(task: Task, data: TaskData, seed: int) -> Predictor:
    """The training part's share of each character, one count added to each."""
    return _always(np.log(1 + np.bincount(_text(data.train), minlength=len(_characters(data)))))


def _always(scores: np.ndarray) -> Predictor:
    return lambda examples: np.tile(scores.astype(np.float32), (*np.shape(examples.x), 1))


def n_gram(task: Task, data: TaskData, seed: int) -> Predictor:
    """Modified Kneser-Ney or Witten-Bell, whichever costs fewer bits on the validation part, and its best order there."""
    text, n = _text(data.train), len(_characters(data))
    highest = min(HIGHEST_ORDER, largest_order(n))
    told = _bits_of_orders(NGrams(text, n, highest, "Witten-Bell"), data.validation)
    tried: list[tuple[float, int, Smoothing]] = [(bits, k, "Witten-Bell") for k, bits in enumerate(told, 1)]
    last = np.inf
    for k in range(2, highest + 1):
        # the highest order counts otherwise than those below it: each order is a model of its own
        bits = _bits_of_orders(NGrams(text, n, k, "Kneser-Ney"), data.validation)[-1]
        tried.append((bits, k, "Kneser-Ney"))
        if bits > last:
            break
        last = bits
    _, order, smoothing = min(tried)
    best = NGrams(text, n, order, smoothing)

    def predict(examples: Examples) -> np.ndarray:
        x = np.asarray(examples.x)
        parts = [x[i : i + AT_ONCE] for i in range(0, len(x), AT_ONCE)]
        return np.concatenate([np.log(best.probabilities(part)[-1]).astype(np.float32) for part in parts])

    return predict


def _bits_of_orders(model: NGrams, examples: Examples) -> list[float]:
    metric, size = LANGUAGE[0], AT_ONCE
    sums = np.zeros(model.order)
    asked = (np.asarray(examples.y) != PAD).sum(1)
    for start in range(0, len(examples), size):
        part = examples.take(np.arange(start, min(start + size, len(examples))))
        weight = asked[start : start + size].sum()
        rows = np.arange(len(part))
        sums += [
            weight * metric.of(np.log(told), part)(rows) for told in model.probabilities(np.asarray(part.x))
        ]
    return list(sums / asked.sum())


def compressor(task: Task, data: TaskData, seed: int) -> Predictor:
    """How much longer the compressed training text becomes with the asked text behind it: lzma or bz2, by the validation part.

    The answer is the same number of nats for every character, ``[window, place, 1]``.
    """
    characters = _characters(data)

    def spelt(numbers: np.ndarray) -> bytes:
        return "".join(characters[i] for i in numbers).encode()

    before = spelt(_text(data.train))

    def nats(compress: Callable[[bytes], bytes], examples: Examples) -> float:
        asked = np.asarray(examples.y)
        asked = asked[asked != PAD]
        longer = len(compress(before + spelt(asked))) - len(compress(before))
        return 8 * np.log(2) * longer / len(asked)

    best = min(COMPRESSORS.values(), key=lambda compress: nats(compress, data.validation))
    return lambda examples: np.full((*np.shape(examples.x), 1), -nats(best, examples))


def _characters(data: TaskData) -> str:
    return (data.facts or {})["characters"]


def _text(train: Examples) -> np.ndarray:
    """The training windows do not overlap: one after the other they are the text, ``[character]``."""
    x, y = np.asarray(train.x), np.asarray(train.y)
    return np.append(x.ravel(), y[-1, -1])
