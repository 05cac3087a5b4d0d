"""n-gram probabilities against formulae worked out by hand and counted slowly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from neurotwin.tasks.ngrams import NGrams, largest_order

RNG = np.random.default_rng(0)
TEXT = np.cumsum(RNG.integers(0, 3, 400)) % 5


def test_witten_bell_by_hand():
    # 0 1 0 1 1: after 0 always 1 (twice); after 1 once 0, once 1
    model = NGrams(np.array([0, 1, 0, 1, 1]), 2, 2, "Witten-Bell")
    unigram, bigram = model.probabilities(np.array([[0, 1]]))
    one = (3 + 2 * 0.5) / (5 + 2)
    np.testing.assert_allclose(unigram[0, 0], [1 - one, one])
    np.testing.assert_allclose(bigram[0, 0, 1], (2 + 1 * one) / (2 + 1))
    np.testing.assert_allclose(bigram[0, 1, 1], (1 + 2 * one) / (2 + 2))


def slow_kneser_ney(text, n_characters, order, history):
    """The recursion as Chen & Goodman write it, one probability at a time."""

    def counts_of(n):
        grams = Counter(tuple(text[i : i + n]) for i in range(len(text) - n + 1))
        if n == order:
            return grams
        before = {tuple(text[i : i + n + 1]) for i in range(len(text) - n)}
        found = Counter(gram[1:] for gram in before)
        return {gram: max(1, found[gram]) for gram in grams}

    def level(n, context):
        if n == 0:
            return np.full(n_characters, 1 / n_characters)
        lower = level(n - 1, context[1:])
        counts = counts_of(n)
        of = Counter(counts.values())
        if min(of[k] for k in (1, 2, 3, 4)) == 0:
            d = {1: 0.5, 2: 1.0, 3: 1.5}
        else:
            y = of[1] / (of[1] + 2 * of[2])
            d = {k: np.clip(k - (k + 1) * y * of[k + 1] / of[k], 0, k) for k in (1, 2, 3)}
        own = {gram[-1]: c for gram, c in counts.items() if gram[:-1] == context}
        if not own:
            return lower
        total = sum(own.values())
        taken = sum(d[min(c, 3)] for c in own.values())
        told = taken / total * lower
        for character, c in own.items():
            told[character] += (c - d[min(c, 3)]) / total
        return told

    context = tuple(history[len(history) - min(order - 1, len(history)) :])
    return level(len(context) + 1, context)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_kneser_ney_is_the_recursion(order):
    model = NGrams(TEXT, 5, order, "Kneser-Ney")
    x = RNG.integers(0, 5, (1, 12))
    told = model.probabilities(x)[-1]
    for place in range(order - 2 if order > 2 else 0, 12):
        expected = slow_kneser_ney(TEXT.tolist(), 5, order, x[0, : place + 1].tolist())
        np.testing.assert_allclose(told[0, place], expected, rtol=1e-9)


@pytest.mark.parametrize("smoothing", ["Kneser-Ney", "Witten-Bell"])
def test_probabilities_add_up_and_look_back_only(smoothing):
    model = NGrams(TEXT, 6, 5, smoothing)
    x = RNG.integers(0, 6, (3, 20))
    changed = x.copy()
    changed[:, 10:] = (changed[:, 10:] + 1) % 6
    for told, after in zip(model.probabilities(x), model.probabilities(changed), strict=True):
        np.testing.assert_allclose(told.sum(-1), 1, rtol=1e-12)
        assert told.min() > 0
        np.testing.assert_array_equal(told[:, :10], after[:, :10])
    assert not np.array_equal(told[:, 10:], after[:, 10:])


def test_orders_stay_within_whole_numbers():
    assert 66 ** largest_order(66) <= 2**62 < 66 ** (largest_order(66) + 1)
