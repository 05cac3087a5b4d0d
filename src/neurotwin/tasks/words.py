"""Words as numbers, without a vocabulary: a hash, marks of case and shape, characters."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Batch

CHARACTERS = 20
"""Of a word, so many are looked at: the first half and the last half of a longer one."""
ALPHABET = 128 + 64
"""Character numbers: 0 where there is none, ASCII as it is, 64 buckets for all others."""
MARKS = (
    r"[a-z]+", r"[A-Z].*", r"[A-Z]{2,}", r"[A-Z]", r".+[A-Z].*[a-z].*", r".*\d.*", r"[\d.,:/-]*\d[\d.,:/-]*", r"\W+",
    r"[@].+", r"[#].+", r"(https?:|www\.).*", r".*-.*",
)  # fmt: skip
"""Patterns that a whole word matches or does not."""
STEP = 16
"""Sentences are padded to a multiple of this length, so that few shapes are compiled."""
PAD = -1
"""Answer of a place behind the end of a sentence."""


def normal_form(word: str) -> str:
    """Lower case, every digit a 0: what is looked up."""
    return re.sub(r"\d", "0", word.lower())


def hash_of(word: str) -> int:
    """CRC-32 of the normal form as a signed 32-bit number."""
    value = zlib.crc32(normal_form(word).encode())
    return value - (1 << 32) if value >= 1 << 31 else value


@lru_cache(maxsize=100_000)
def _coded(word: str) -> tuple[int, tuple[bool, ...], tuple[int, ...]]:
    half = CHARACTERS // 2
    kept = word if len(word) <= CHARACTERS else word[:half] + word[-half:]
    codes = [ord(c) if ord(c) < 128 else 128 + ord(c) % 64 for c in kept]
    marks = tuple(re.fullmatch(pattern, word, re.DOTALL) is not None for pattern in MARKS)
    return hash_of(word), marks, tuple(codes + [0] * (CHARACTERS - len(codes)))


def encode_sentences(examples: Examples, rng: np.random.Generator | None, step: int = STEP) -> Batch:
    """Words of sentences, padded to a multiple of ``step`` places.

    Returns
    -------
    Batch
        ``x``: a dict of ``word`` int32 ``[sentence, place]`` (hashes), ``mark`` float32 ``[sentence, place, mark]``, ``character``
        int32 ``[sentence, place, character]`` and ``length`` int32 ``[sentence]``. ``y``: int32 ``[sentence, place]``, ``PAD``
        behind the end.
    """
    sentences: Sequence[np.ndarray] = list(examples.x)
    lengths = np.array([len(sentence) for sentence in sentences], np.int32)
    n, longest = len(sentences), -(-int(lengths.max()) // step) * step
    word = np.zeros((n, longest), np.int32)
    mark = np.zeros((n, longest, len(MARKS)), np.float32)
    character = np.zeros((n, longest, CHARACTERS), np.int32)
    y = np.full((n, longest), PAD, np.int32)
    for i, (sentence, answer) in enumerate(zip(sentences, examples.y, strict=True)):
        for j, text in enumerate(sentence.tolist()):
            word[i, j], mark[i, j], character[i, j] = _coded(text)
        y[i, : len(sentence)] = answer
    return Batch({"word": word, "mark": mark, "character": character, "length": lengths}, y)
