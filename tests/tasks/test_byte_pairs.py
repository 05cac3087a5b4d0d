"""Byte pairs: merges by hand, pieces that give the text back, and the same merges as a slow count."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from neurotwin.tasks.byte_pairs import SPACE, Splitter, learn, number_of, text_of_pieces

TEXTS = ["the cat sat on the mat.", "the hat, the cat", "a bat sat -- on 12 mats at the café"]


def test_merges_by_hand():
    # pairs in ▁ab ▁ab ▁abc: ▁a and ab three times each; of equal ones the alphabet's first
    merges = learn(["ab ab abc"], 3)
    assert merges[0] == ("a", "b") and merges[1] == (SPACE, "ab")
    assert len(merges) == 2, "a pair that is there once is left apart"
    assert Splitter(merges)("abc xab") == ["▁ab", "c", SPACE, "x", "ab"]


def slow(texts, n):
    chunks = [list(SPACE + word) for text in texts for word in text.split()]
    merges = []
    for _ in range(n):
        pairs = Counter(pair for chunk in chunks for pair in pairwise(chunk))
        best, count = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        if count < 2:
            break
        merges.append(best)
        for chunk in chunks:
            i = 0
            while i < len(chunk) - 1:
                if (chunk[i], chunk[i + 1]) == best:
                    chunk[i : i + 2] = [chunk[i] + chunk[i + 1]]
                i += 1
    return tuple(merges)


def test_the_quick_count_is_the_slow_one():
    texts = [" ".join(c for c in text.split() if c.isalpha()) for text in TEXTS]
    assert learn(texts, 40) == slow(texts, 40)
    assert len(learn(texts, 5)) == 5


@pytest.mark.parametrize("text", [*TEXTS, "Ünknown signs: §%!", "double  space", "x"])
@pytest.mark.parametrize("n", [0, 10, 100])
def test_pieces_give_the_text_back(text, n):
    assert text_of_pieces(Splitter(learn(TEXTS, n))(text)) == text


def test_more_merges_make_fewer_pieces():
    sizes = [len(Splitter(learn(TEXTS, n))(TEXTS[0])) for n in (0, 5, 100)]
    assert sizes[0] > sizes[1] > sizes[2] == len(TEXTS[0].split()) + 1


def test_numbers_are_of_the_very_spelling():
    assert number_of("a") == -390611389
    assert len({number_of(piece) for piece in ("The", "the", "▁the", "1", "2")}) == 5
