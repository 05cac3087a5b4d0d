"""Networks that give every word of a sentence a tag."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.layers.crf import pack
from neurotwin.tasks.networks.dense import width_for
from neurotwin.tasks.task import Spec
from neurotwin.tasks.words import ALPHABET, MARKS

WORD, CHARACTER, FILTERS, UNITS = 64, 24, 48, 96
"""Width of a word's and a character's embedding, number of character filters, units of the recurrent layer in each direction."""
WIDTH = 128
"""Of the window network's layers where no size is asked for."""
FORBIDDEN = -1e4
UNKNOWN_SHARE = 0.5
"""In training a word of count c is taken for an unknown one with probability a / (a + c) (Kiperwasser & Goldberg 2016)."""


class WordReader(eqx.Module):
    """A word's vector: its embedding, its marks, and the largest answers of 3-character filters (Ma & Hovy 2016)."""

    known: jax.Array
    count: jax.Array
    words: eqx.nn.Embedding
    characters: eqx.nn.Embedding
    filters: eqx.nn.Linear

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        keys = jax.random.split(key, 3)
        # plain whole numbers, so that nothing trains them
        self.known = jnp.asarray(np.asarray(spec["words"], np.int32))
        self.count = jnp.asarray(np.asarray(spec["counts"], np.int32))
        self.words = eqx.nn.Embedding(len(spec["words"]) + 1, WORD, key=keys[0])
        self.characters = eqx.nn.Embedding(ALPHABET, CHARACTER, key=keys[1])
        self.filters = eqx.nn.Linear(3 * CHARACTER, FILTERS, key=keys[2])

    @property
    def width(self) -> int:
        """Of what it answers."""
        return WORD + FILTERS + len(MARKS)

    def __call__(self, x: dict[str, jax.Array], key: jax.Array | None) -> jax.Array:
        """``[sentence, place, feature]``."""
        at = jnp.clip(jnp.searchsorted(self.known, x["word"]), 0, len(self.known) - 1)
        unknown = self.known[at] != x["word"]
        if key is not None:
            chance = UNKNOWN_SHARE / (UNKNOWN_SHARE + self.count[at])
            unknown |= jax.random.uniform(key, at.shape) < chance
        word = 0.5 * self.words.weight[jnp.where(unknown, len(self.known), at)]
        c = 0.5 * self.characters.weight[x["character"]] * (x["character"] > 0)[..., None]
        padded = jnp.pad(c, ((0, 0), (0, 0), (1, 1), (0, 0)))
        n = c.shape[2]
        windows = jnp.concatenate([padded[:, :, i : i + n] for i in range(3)], axis=-1)
        answers = _everywhere(self.filters, windows)
        return jnp.concatenate([word, jax.nn.relu(answers.max(2)), x["mark"]], axis=-1)


class RecurrentTagger(eqx.Module):
    """Words, a bidirectional LSTM, a read-out, and a conditional random field over the tags (Huang, Xu & Yu 2015)."""

    reader: WordReader
    forward: eqx.nn.LSTMCell
    backward: eqx.nn.LSTMCell
    out: eqx.nn.Linear
    transition: jax.Array
    start: jax.Array
    end: jax.Array
    forbidden: jax.Array
    dropout: eqx.nn.Dropout
    chained: bool = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array, chained: bool = True) -> None:
        """``spec``: tags, words (sorted hashes), counts, dropout; vectors: width of what an encoder tells of each word, 0 for none.
        Without ``chained`` each place is by itself.
        """
        keys = jax.random.split(key, 4)
        k = len(spec["tags"])
        self.reader = WordReader(spec, keys[0])
        width = self.reader.width + spec.get("vectors", 0)
        self.forward = eqx.nn.LSTMCell(width, UNITS, key=keys[1])
        self.backward = eqx.nn.LSTMCell(width, UNITS, key=keys[2])
        self.out = eqx.nn.Linear(2 * UNITS, k, key=keys[3])
        self.transition, self.start, self.end = jnp.zeros((k, k)), jnp.zeros(k), jnp.zeros(k)
        self.forbidden = jnp.asarray(forbidden(spec["tags"]))
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))
        self.chained = chained

    def __call__(self, x: dict[str, jax.Array], key: jax.Array | None = None) -> jax.Array:
        """Words as :func:`encode_sentences` gives them, with an encoder's ``vector`` ``[sentence, place, unit]`` where it takes one
        → packed potentials ``[sentence, row, tag]``.
        """
        keys = [None] * 3 if key is None else list(jax.random.split(key, 3))
        words = self.reader(x, keys[0])
        if "vector" in x:
            words = jnp.concatenate([words, x["vector"]], axis=-1)
        words = self.dropout(words, key=keys[1], inference=key is None)
        both = [
            _run(cell, words, x["length"], back)
            for cell, back in ((self.forward, False), (self.backward, True))
        ]
        h = self.dropout(jnp.concatenate(both, axis=-1), key=keys[2], inference=key is None)
        emission = _everywhere(self.out, h)
        if not self.chained:
            k = emission.shape[-1]
            return pack(jnp.zeros((k, k)), jnp.zeros(k), jnp.zeros(k), emission)
        return pack(
            self.transition + FORBIDDEN * self.forbidden[1:],
            self.start + FORBIDDEN * self.forbidden[0],
            self.end,
            emission,
        )


def _run(cell: eqx.nn.LSTMCell, x: jax.Array, length: jax.Array, back: bool) -> jax.Array:
    """States ``[sentence, place, unit]``; behind a sentence's end nothing happens."""

    def step(state: tuple[jax.Array, jax.Array], at: tuple[jax.Array, jax.Array]):
        place, words = at
        new = jax.vmap(cell)(words, state)
        inside = (place < length)[:, None]
        state = jnp.where(inside, new[0], state[0]), jnp.where(inside, new[1], state[1])
        return state, state[0]

    zero = jnp.zeros((len(x), cell.hidden_size))
    _, h = jax.lax.scan(step, (zero, zero), (jnp.arange(x.shape[1]), x.swapaxes(0, 1)), reverse=back)
    return h.swapaxes(0, 1)


class WindowTagger(eqx.Module):
    """The ordinary network: two dense layers on a word and two neighbours on each side (Collobert et al. 2011), no chain."""

    reader: WordReader
    first: eqx.nn.Linear
    second: eqx.nn.Linear
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: as for the recurrent one; parameters, to which the width is fitted (``WIDTH`` without)."""
        keys = jax.random.split(key, 4)
        k = len(spec["tags"])
        self.reader = WordReader(spec, keys[0])
        inputs, width = 5 * self.reader.width, WIDTH
        if "parameters" in spec:  # the table of words has its share of them
            shared = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(self.reader, eqx.is_inexact_array)))
            width = width_for(max(0, spec["parameters"] - shared), inputs, k)
        self.first = eqx.nn.Linear(inputs, width, key=keys[1])
        self.second = eqx.nn.Linear(width, width, key=keys[2])
        self.out = eqx.nn.Linear(width, k, key=keys[3])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    def __call__(self, x: dict[str, jax.Array], key: jax.Array | None = None) -> jax.Array:
        """As the recurrent one; transitions are 0."""
        keys = [None] * 3 if key is None else list(jax.random.split(key, 3))
        words = self.dropout(self.reader(x, keys[0]), key=keys[1], inference=key is None)
        words = jnp.where((jnp.arange(words.shape[1]) < x["length"][:, None])[..., None], words, 0)
        padded = jnp.pad(words, ((0, 0), (2, 2), (0, 0)))
        h = jnp.concatenate([padded[:, i : i + words.shape[1]] for i in range(5)], axis=-1)
        for layer in (self.first, self.second):
            h = jax.nn.relu(_everywhere(layer, h))
        h = self.dropout(h, key=keys[2], inference=key is None)
        k = self.out.weight.shape[0]
        return pack(jnp.zeros((k, k)), jnp.zeros(k), jnp.zeros(k), _everywhere(self.out, h))


def _everywhere(layer: eqx.nn.Linear, x: jax.Array) -> jax.Array:
    """A dense layer on the last axis, as one matrix product."""
    return x @ layer.weight.T + (0.0 if layer.bias is None else layer.bias)


def forbidden(tags: tuple[str, ...] | list[str]) -> np.ndarray:
    """Whether a tag may not follow, ``[start or tag before, tag]``, 0 or 1: I-TYPE comes after B-TYPE or I-TYPE only."""
    before = ["", *tags]
    return np.array([[int(tag[0] == "I" and old[1:] != tag[1:]) for tag in tags] for old in before], np.int32)
