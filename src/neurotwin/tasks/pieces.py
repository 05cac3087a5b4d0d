"""Sentences as word pieces for an encoder, several to a row; and the vectors that an encoder which stays as it is gives words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.data import Examples
from neurotwin.tasks.layers.bert import BertEncoder, with_weights
from neurotwin.tasks.readers.bert import read_bert
from neurotwin.tasks.task import Batch, Encoder, Spec
from neurotwin.tasks.word_pieces import BEGIN, END, PADDING, WordPieces
from neurotwin.tasks.words import encode_sentences

ROW = 128
"""Places of a row; a sentence of more pieces is read in parts."""
ROWS, WORDS = 5, 64
"""Rows, and words of a sentence, are filled up to a multiple of this: an encoder takes seconds to compile, for each shape anew."""


def pack(
    sentences: Sequence[Sequence[str]], pieces: WordPieces, row: int = ROW, rows: int = ROWS
) -> dict[str, np.ndarray]:
    """Word pieces of sentences, several sentences to a row: hardly a place is left empty.

    Returns
    -------
    dict
        ``piece``, ``position`` and ``text`` int32 ``[row, place]`` as :class:`BertEncoder` takes them, text 0 where nothing is;
        ``first`` int32 ``[sentence, word]``: where each word's first piece is, counted through all rows; 0 behind the end.
    """
    texts: list[tuple[int, int, list[tuple[int, ...]]]] = []  # sentence, its first word here, pieces of words
    for i, sentence in enumerate(sentences):
        begin, own, size = 0, [], 0
        for j, word in enumerate(sentence):
            cut = pieces(word)[: row - 2]
            if size + len(cut) > row - 2:
                texts.append((i, begin, own))
                begin, own, size = j, [], 0
            own.append(cut)
            size += len(cut)
        texts.append((i, begin, own))
    lengths = [sum(map(len, own)) + 2 for _, _, own in texts]
    free: list[int] = []
    where = {}
    for k in sorted(
        range(len(texts)), key=lambda k: -lengths[k]
    ):  # the longest first, each where it first fits
        at = next((r for r, left in enumerate(free) if left >= lengths[k]), len(free))
        if at == len(free):
            free.append(row)
        where[k] = at, row - free[at]
        free[at] -= lengths[k]
    n = -(-len(free) // rows) * rows
    piece = np.full((n, row), pieces.number(PADDING), np.int32)
    position, text = np.zeros((2, n, row), np.int32)
    first = np.zeros((len(sentences), max(map(len, sentences))), np.int32)
    for k, (i, begin, own) in enumerate(texts):
        at, start = where[k]
        span = slice(start, start + lengths[k])
        piece[at, span] = [pieces.number(BEGIN), *(p for word in own for p in word), pieces.number(END)]
        position[at, span] = np.arange(lengths[k])
        text[at, span] = k + 1
        sizes = np.array([0, *map(len, own)])[:-1]
        first[i, begin : begin + len(own)] = at * row + start + 1 + sizes.cumsum()
    return {"piece": piece, "position": position, "text": text, "first": first}


def pieces_of(spec: Spec) -> WordPieces:
    """The tokeniser that ``spec["encoder"]`` describes."""
    told = spec["encoder"]
    return WordPieces(told["vocabulary"], told["lower"], told["strip_accents"])


def row_of(spec: Spec) -> int:
    """Places of a row that the encoder has positions for."""
    return min(ROW, spec["encoder"]["form"]["max_position_embeddings"])


def encode_pieces(spec: Spec) -> Encoder:
    """Sentences as :func:`encode_sentences` gives them, with the arrays of :func:`pack` beside (their rows are not sentences)."""
    pieces, row = pieces_of(spec), row_of(spec)

    def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
        x, y = encode_sentences(examples, rng, WORDS)
        packed = pack([sentence.tolist() for sentence in examples.x], pieces, row)
        rest = x["word"].shape[1] - packed["first"].shape[1]
        packed["first"] = np.pad(packed["first"], ((0, 0), (0, rest)))
        return Batch({**x, **packed}, y)

    return encode


def encode_vectors(spec: Spec) -> Encoder:
    """Sentences as :func:`encode_sentences` gives them, and ``vector`` float32 ``[sentence, place, unit]``: what the encoder of
    ``spec["encoder"]["folder"]`` tells of each word. A sentence's vectors are computed once and kept.
    """
    told, pieces, row = spec["encoder"], pieces_of(spec), row_of(spec)
    known: dict[tuple[str, ...], np.ndarray] = {}
    held: list[BertEncoder] = []

    def encoder() -> BertEncoder:
        if not held:
            found = read_bert(Path(told["folder"]))
            if found.spec["encoder"]["sha256"] != told["sha256"]:
                raise InputError(
                    "the encoder is another one than the network was trained with",
                    got=f"{told['folder']}: sha256 {found.spec['encoder']['sha256'][:12]}…",
                    expected=f"{told['sha256'][:12]}…",
                    fix="put the old model.safetensors back",
                )
            held.append(with_weights(BertEncoder(told["form"], jax.random.key(0)), found.weights))
        return held[0]

    def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
        x, y = encode_sentences(examples, rng, WORDS)
        sentences = [tuple(sentence.tolist()) for sentence in examples.x]
        new = list(dict.fromkeys(s for s in sentences if s not in known))
        if new:
            packed = pack(new, pieces, row)
            vectors = np.asarray(_vectors(encoder(), packed)).reshape(-1, told["form"]["hidden_size"])
            for sentence, first in zip(new, packed["first"], strict=True):
                known[sentence] = vectors[first[: len(sentence)]]
        vector = np.zeros((*x["word"].shape, told["form"]["hidden_size"]), np.float32)
        for i, sentence in enumerate(sentences):
            vector[i, : len(sentence)] = known[sentence]
        return Batch({**x, "vector": vector}, y)

    return encode


@eqx.filter_jit
def _vectors(encoder: BertEncoder, x: dict[str, Any]) -> jax.Array:
    return encoder(x)[-1]
