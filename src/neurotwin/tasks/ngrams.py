"""Interpolated n-gram models of characters: modified Kneser-Ney and Witten-Bell, as Chen & Goodman 1999 give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Smoothing = Literal["Kneser-Ney", "Witten-Bell"]
LARGEST = 2**62
"""n-grams are one whole number each, to the base of the alphabet's size; the order is bounded by that."""


@dataclass(frozen=True, eq=False)
class _Level:
    """The n-grams of one order.

    Attributes
    ----------
    contexts
        All but the last character of each, as sorted whole numbers, ``[context]``.
    begin
        Where a context's n-grams begin, ``[context + 1]``.
    last, weight
        Of each n-gram, ``[n-gram]``: its last character, and what is left of its count over the context's total.
    rest
        Share of the next lower order, ``[context]``.
    """

    contexts: np.ndarray
    begin: np.ndarray
    last: np.ndarray
    weight: np.ndarray
    rest: np.ndarray


class NGrams:
    """Probabilities of the next character, from counts of what followed the last ``order - 1`` ones.

    Parameters
    ----------
    text
        Character numbers, ``[character]``.
    n_characters
        Size of the alphabet.
    order
        Of the longest n-grams that are counted, 1 or more and at most :func:`largest_order`.
    smoothing
        "Kneser-Ney": three discounts for each order, and lower orders count in how many contexts an n-gram was found (modified
        Kneser-Ney, equations 22 to 26). "Witten-Bell": the lower order weighs as many counts as different characters followed.
        The order below 1 gives all characters the same.
    """

    def __init__(self, text: np.ndarray, n_characters: int, order: int, smoothing: Smoothing) -> None:
        self.n_characters, self.order = n_characters, order
        counted = [_counted(text, n_characters, n) for n in range(1, order + 1)]
        self.levels: list[_Level] = []
        for n in range(1, order + 1):
            grams, counts = counted[n - 1]
            if smoothing == "Kneser-Ney" and n < order:
                longer = counted[n][0]
                found = np.searchsorted(grams, longer % n_characters**n)
                # an n-gram that is only the text's beginning has no character before it: it counts once
                counts = np.maximum(1, np.bincount(found, minlength=len(grams)))
            self.levels.append(_level(grams, counts, n_characters, smoothing))

    def probabilities(self, x: np.ndarray) -> list[np.ndarray]:
        """For each order up to the model's own, what follows each place: a list of float64 ``[text, place, character]``.

        ``x`` are character numbers ``[text, place]``. Where fewer characters came before than an order looks at, or a context
        was never seen, it answers as the order below.
        """
        told = np.full((*x.shape, self.n_characters), 1 / self.n_characters)
        found = []
        code = np.zeros(x.shape, np.int64)
        for n, level in enumerate(self.levels, 1):
            if n > 1:
                # the context of order n is one character longer: the one n - 2 places back comes before the others
                code[:, n - 2 :] += x[:, : x.shape[1] - (n - 2)].astype(np.int64) * self.n_characters ** (
                    n - 2
                )
            told = told.copy()
            _mix(level, told[:, max(0, n - 2) :], code[:, max(0, n - 2) :])
            found.append(told)
        return found


def largest_order(n_characters: int) -> int:
    """The highest order whose n-grams of such an alphabet are numbered without overflow."""
    return int(np.log(LARGEST) / np.log(n_characters))


def _counted(text: np.ndarray, n_characters: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Different n-grams as sorted numbers, the oldest character first, and how often each was there."""
    length = len(text) - n + 1
    codes = np.zeros(length, np.int64)
    for k in range(n):
        codes = codes * n_characters + text[k : k + length]
    return np.unique(codes, return_counts=True)


def _level(grams: np.ndarray, counts: np.ndarray, n_characters: int, smoothing: Smoothing) -> _Level:
    contexts, begin = np.unique(grams // n_characters, return_index=True)
    total = np.add.reduceat(counts, begin)
    kinds = np.diff(np.append(begin, len(grams)))
    of = np.repeat(np.arange(len(contexts)), kinds)
    if smoothing == "Witten-Bell":
        whole = total + kinds
        weight, rest = counts / whole[of], kinds / whole
    else:
        discount = _discounts(counts)[np.minimum(counts, 3)]
        weight = (counts - discount) / total[of]
        rest = np.add.reduceat(discount, begin) / total
    return _Level(contexts, np.append(begin, len(grams)), grams % n_characters, weight, rest)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from a count of 0, 1, 2, and 3 or more (equation 26); 0.5, 1, 1.5 where there is too little to estimate it."""
    n = [float((counts == k).sum()) for k in range(5)]
    if min(n[1:]) == 0:
        return np.array([0.0, 0.5, 1.0, 1.5])
    y = n[1] / (n[1] + 2 * n[2])
    told = [0.0, *(k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3))]
    return np.clip(told, 0.0, [0.0, 1.0, 2.0, 3.0])


def _mix(level: _Level, told: np.ndarray, code: np.ndarray) -> None:
    """From the order below to this one, in place: ``told`` [text, place, character], ``code`` [text, place] the contexts."""
    at = np.minimum(np.searchsorted(level.contexts, code), len(level.contexts) - 1)
    rows, places = np.nonzero(level.contexts[at] == code)
    context = at[rows, places]
    told[rows, places] *= level.rest[context][:, None]
    sizes = level.begin[context + 1] - level.begin[context]
    owner = np.repeat(np.arange(len(context)), sizes)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    gram = level.begin[context][owner] + within
    told[rows[owner], places[owner], level.last[gram]] += level.weight[gram]
