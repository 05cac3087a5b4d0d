"""Measures of translations against one reference each: BLEU and chrF by their standard definitions, as sacreBLEU counts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from neurotwin.tasks.byte_pairs import text_of_pieces
from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Metric, Statistic

ORDER, CHARACTER_ORDER, BETA = 4, 6, 2.0
ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
RULES = (
    (re.compile(r"([!-&(-+/:-@\[-`{-~])"), r" \1 "),  # marks other than . , - and '
    (re.compile(r"(\D)([.,])"), r"\1 \2 "),  # a full stop or comma that follows no digit
    (re.compile(r"([.,])(\D)"), r" \1 \2"),  # or that no digit follows
    (re.compile(r"(\d)(-)"), r"\1 \2 "),  # a hyphen behind a digit
)


def tokens_13a(text: str) -> list[str]:
    """Words and marks as NIST's mteval-v13a parts them, upper and lower case kept."""
    text = text.replace("\n", " ")
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    text = f" {text} "
    for rule, change in RULES:
        text = rule.sub(change, text)
    return text.split()


def _grams(symbols: Sequence[Hashable], n: int) -> Counter[tuple[Hashable, ...]]:
    return Counter(tuple(symbols[i : i + n]) for i in range(len(symbols) - n + 1))


def _overlaps(told: Sequence[Hashable], truth: Sequence[Hashable], orders: int) -> list[tuple[int, int, int]]:
    """For n = 1 …: n-grams found in both (each as often as in the one that has it less often), told, there."""
    found = []
    for n in range(1, orders + 1):
        ours, theirs = _grams(told, n), _grams(truth, n)
        found.append(((ours & theirs).total(), ours.total(), theirs.total()))
    return found


def bleu_of(counts: np.ndarray) -> float:
    """BLEU (Papineni et al. 2002) from n-grams right, told and there, whole numbers ``[4, 3]``, 0 to 100.

    The geometric mean of the four precisions, times exp(1 - r / c) where the translations' length c is below the references' r.
    The k-th precision without a hit is taken as 1 / (2^k told) (NIST's smoothing, "exp" in sacreBLEU).
    """
    right, told, there = np.asarray(counts).T
    if not right.any() or not told.all():
        return 0.0
    halved, logs = 1.0, 0.0
    for hits, asked in zip(right, told, strict=True):
        if hits == 0:
            halved *= 2
        logs += np.log(hits / asked if hits else 1 / (halved * asked)) / ORDER
    return float(100 * np.exp(logs + min(0.0, 1 - there[0] / told[0])))


def chrf_of(counts: np.ndarray) -> float:
    """chrF2 (Popović 2015) from n-grams of characters right, told and there, whole numbers ``[6, 3]``, 0 to 100.

    F of the mean precision and the mean recall over the orders, recall weighted twice.
    """
    right, told, there = np.asarray(counts, float).T
    used = (told > 0) & (there > 0)
    if not used.any():
        return 0.0
    precision, recall = (right[used] / told[used]).mean(), (right[used] / there[used]).mean()
    whole = BETA**2 * precision + recall
    return float(100 * (1 + BETA**2) * precision * recall / whole) if whole else 0.0


def _measure(split: Callable[[str], Sequence[Hashable]], orders: int, value: Callable[[np.ndarray], float]):
    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        pairs = zip(outputs.tolist(), references(examples), strict=True)
        counts = np.array([_overlaps(split(told), split(truth), orders) for told, truth in pairs])
        return lambda rows: value(counts[rows].sum(0))

    return of


def references(examples: Examples) -> list[str]:
    """The texts that translations are held against."""
    return [text_of_pieces(y.tolist()) for y in examples.y]


def _length(outputs: np.ndarray, examples: Examples) -> Statistic:
    counts = np.array(
        [
            [len(tokens_13a(a)), len(tokens_13a(b))]
            for a, b in zip(outputs.tolist(), references(examples), strict=True)
        ]
    )

    def statistic(rows: np.ndarray) -> float:
        told, there = counts[rows].sum(0)
        return float(told / there)

    return statistic


TRANSLATION = (
    # sacreBLEU's signature: nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp
    Metric("bleu", _measure(tokens_13a, ORDER, bleu_of)),
    # nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no
    Metric("chrf2", _measure(lambda text: "".join(text.split()), CHARACTER_ORDER, chrf_of)),
    # words told for each word there
    Metric("length_ratio", _length),
)
"""For outputs that are texts, ``[sentence]``, and answers in pieces; intervals draw whole sentences and count anew."""
