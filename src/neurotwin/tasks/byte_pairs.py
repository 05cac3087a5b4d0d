"""Byte-pair encoding: words in pieces that were frequent in the training text, from which the text is put together again."""

from __future__ import annotations

import heapq
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

SPACE = "▁"
"""Stands for the space before a word, at its beginning (Kudo & Richardson 2018)."""
CHUNK = re.compile(r" ?\w+| ?[^\w\s]+|\s")
"""What pieces never cross: a word or a run of marks, each with the space before it."""

Merges = tuple[tuple[str, str], ...]


def learn(texts: Iterable[str], n_merges: int) -> Merges:
    """Pairs of neighbouring pieces to be joined, the most frequent one first (Sennrich, Haddow & Birch 2016).

    Ties go to the pair that comes first in alphabetical order; a pair that is there once only is left apart.
    """
    counts = Counter(chunk for text in texts for chunk in _chunks(text))
    words = [list(word) for word in counts]
    weights = list(counts.values())
    frequency: Counter[tuple[str, str]] = Counter()
    where: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            frequency[pair] += weights[i]
            where[pair].add(i)
    waiting = [(-n, pair) for pair, n in frequency.items()]
    heapq.heapify(waiting)
    merges: list[tuple[str, str]] = []
    while waiting and len(merges) < n_merges:
        n, pair = heapq.heappop(waiting)
        if -n != frequency[pair]:
            continue  # counted anew since: its new count waits further down
        if -n < 2:
            break
        merges.append(pair)
        changed: Counter[tuple[str, str]] = Counter()
        for i in where[pair]:
            old = words[i]
            new = _join(old, pair)
            for gone in pairwise(old):
                changed[gone] -= weights[i]
            for come in pairwise(new):
                changed[come] += weights[i]
                where[come].add(i)
            words[i] = new
        for touched, change in changed.items():
            if change:
                frequency[touched] += change
                heapq.heappush(waiting, (-frequency[touched], touched))
    return tuple(merges)


class Splitter:
    """Text → pieces by learnt merges, the earliest learnt first."""

    def __init__(self, merges: Merges) -> None:
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self._split = lru_cache(maxsize=100_000)(self._split_chunk)

    def __call__(self, text: str) -> list[str]:
        """The pieces of a text; :func:`text_of_pieces` gives the text back."""
        return [piece for chunk in _chunks(text) for piece in self._split(chunk)]

    def _split_chunk(self, chunk: str) -> tuple[str, ...]:
        word = list(chunk)
        while len(word) > 1:
            pair = min(pairwise(word), key=lambda p: self.rank.get(p, len(self.rank)))
            if pair not in self.rank:
                break
            word = _join(word, pair)
        return tuple(word)


def text_of_pieces(pieces: Iterable[str]) -> str:
    """The text that pieces are of, without spaces at its ends."""
    return "".join(pieces).replace(SPACE, " ").strip()


@lru_cache(maxsize=100_000)
def number_of(piece: str) -> int:
    """CRC-32 of a piece as a signed 32-bit number: what an encoder can tell of it without a vocabulary."""
    value = zlib.crc32(piece.encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def _chunks(text: str) -> list[str]:
    return [chunk.replace(" ", SPACE) for chunk in CHUNK.findall(" " + text.strip())]


def _join(word: Sequence[str], pair: tuple[str, str]) -> list[str]:
    joined, i = [], 0
    while i < len(word):
        if i + 1 < len(word) and (word[i], word[i + 1]) == pair:
            joined.append(word[i] + word[i + 1])
            i += 2
        else:
            joined.append(word[i])
            i += 1
    return joined
