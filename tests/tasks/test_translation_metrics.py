"""BLEU and chrF: by hand, and as sacreBLEU counts them."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.tasks import Examples
from neurotwin.tasks.byte_pairs import Splitter
from neurotwin.tasks.translation_metrics import TRANSLATION, bleu_of, tokens_13a

TRUTH = [
    "A man in a blue shirt is standing on a ladder, cleaning a window.",
    "Two dogs play in 2.5 cm of snow -- it's cold!",
    'She said: "don\'t go" & left (at 10-30).',
    "The U.S. team won 3,000 points.",
]
TOLD = [
    "A man in a blue shirt stands on a ladder cleaning the window.",
    "Two dogs are playing in 2.5 cm of snow - it's cold.",
    'She said "do not go" and left (at 10-30).',
    "The U.S. team wins 3,000 points, today.",
]


def examples(texts):
    pieces = [np.array(Splitter(())(text)) for text in texts]
    return Examples(pieces, pieces)


def measured(told, truth, rows=None):
    rows = np.arange(len(told)) if rows is None else rows
    return {metric.name: metric.of(np.array(told), examples(truth))(rows) for metric in TRANSLATION}


def test_bleu_by_hand():
    # 5 of 6 words, 3 of 5 pairs, 1 of 4 triples, no four of 3: taken as 1 / (2 · 3); 6 words told for 7
    found = measured(["the cat sat on a mat"], ["the cat is on a mat now"])
    assert found["length_ratio"] == 6 / 7
    assert found["bleu"] == pytest.approx(100 * (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25 * np.exp(1 - 7 / 6))


def test_counts_are_clipped_summed_and_not_averaged():
    counts = np.array([[3, 4, 5], [2, 3, 4], [2, 2, 3], [1, 1, 2]])
    assert bleu_of(counts) == pytest.approx(100 * (3 / 4 * 2 / 3) ** 0.25 * np.exp(1 - 5 / 4))
    assert measured(["the the the the the"], ["the cat is on the mat"])["bleu"] == pytest.approx(
        100 * (2 / 5 * 1 / (2 * 4) * 1 / (4 * 3) * 1 / (8 * 2)) ** 0.25 * np.exp(1 - 6 / 5)
    )


def test_the_same_text_is_perfect_and_another_is_nothing():
    same = measured(TRUTH, TRUTH)
    assert same == pytest.approx({"bleu": 100, "chrf2": 100, "length_ratio": 1})
    assert measured(["xyz"], ["abc"])["bleu"] == measured(["xyz"], ["abc"])["chrf2"] == 0
    assert measured([""], ["abc"])["bleu"] == 0


def test_chrf_by_hand():
    # one letter of two (a), no pair: orders 1 and 2 are there, precision and recall 1/4 each
    assert measured(["ab"], ["ac"])["chrf2"] == pytest.approx(25)
    # told "abcd", there "ab": precision (2/4 + 1/3)/2, recall 1
    p = (2 / 4 + 1 / 3) / 2
    assert measured(["abcd"], ["a b"])["chrf2"] == pytest.approx(100 * 5 * p / (4 * p + 1))


def test_tokens_by_hand():
    assert tokens_13a('It\'s "3,000" (U.S.) 10-30, a-b!') == (
        ["It's", '"', "3,000", '"', "(", "U", ".", "S", ".", ")", "10", "-", "30", ",", "a-b", "!"]
    )


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [2, 2, 0], [3]])
def test_the_same_as_sacrebleu(rows):
    sacrebleu = pytest.importorskip("sacrebleu")
    told, truth = [TOLD[i] for i in rows], [TRUTH[i] for i in rows]
    found = measured(TOLD, TRUTH, np.array(rows))
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(told, [truth]).score, abs=1e-9)
    assert found["chrf2"] == pytest.approx(sacrebleu.corpus_chrf(told, [truth]).score, abs=1e-9)


def test_tokens_the_same_as_sacrebleu():
    tokenizer = pytest.importorskip("sacrebleu.tokenizers.tokenizer_13a").Tokenizer13a()
    rng, signs = np.random.default_rng(0), list("ab1 2.,-'&\"!?/:;()[]{}~`@#$%^*_+=<>|\\é§")
    for text in [
        *TRUTH,
        *TOLD,
        *("".join(rng.choice(signs, 30)) for _ in range(300)),
        "a &amp; b &lt; &quot;c&quot;",
    ]:
        assert tokens_13a(text) == tokenizer(text).split()
