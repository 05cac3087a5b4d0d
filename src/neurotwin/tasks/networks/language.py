"""Networks that read a text character by character and tell the next one; what comes later reaches no earlier answer."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.tasks.layers.recurrent import State, begin, run_cell
from neurotwin.tasks.networks.size import fitted_size
from neurotwin.tasks.task import Spec

PARAMETERS = 200_000
"""Numbers that are trained, about, where no other count is asked for."""
EMBEDDING, LAYERS, HEADS = 64, 2, 4
CELLS = {"gru": eqx.nn.GRUCell, "lstm": eqx.nn.LSTMCell}


class RecurrentLanguageModel(eqx.Module):
    """An embedding, one gated recurrent layer (GRU: Cho et al. 2014; LSTM: Hochreiter & Schmidhuber 1997), a read-out."""

    embedding: eqx.nn.Embedding
    cell: eqx.nn.GRUCell | eqx.nn.LSTMCell
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    characters: str = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array, units: int, kind: str = "gru") -> None:
        """``spec``: characters, dropout; ``kind`` in ``CELLS``."""
        keys = jax.random.split(key, 3)
        n = len(spec["characters"])
        self.embedding = eqx.nn.Embedding(n, EMBEDDING, key=keys[0])
        self.cell = CELLS[kind](EMBEDDING, units, key=keys[1])
        self.out = eqx.nn.Linear(units, n, key=keys[2])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))
        self.characters = spec["characters"]

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Character numbers ``[text, place]`` → scores of the next character ``[text, place, character]``."""
        return self.run(x, begin(self.cell, len(x)), key)[1]

    def run(self, x: jax.Array, state: State, key: jax.Array | None = None) -> tuple[State, jax.Array]:
        """The same from any state, and the state behind the last character: a text may come in pieces."""
        state, h = run_cell(self.cell, self.embedding.weight[x], state)
        h = self.dropout(h, key=key, inference=key is None)
        return state, jax.vmap(jax.vmap(self.out))(h)

    def begin(self) -> State:
        """The state before the first character of one text."""
        return begin(self.cell, 1)

    def advance(self, state: State, character: jax.Array) -> tuple[State, jax.Array]:
        """One character more: the new state, and scores ``[character]`` of the next one."""
        state, scores = self.run(character.reshape(1, 1), state)
        return state, scores[0, 0]


class Block(eqx.Module):
    """Attention to what came before, then two dense layers; each reads what a normalisation gives and adds to what it was given."""

    before_attention: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    before_dense: eqx.nn.LayerNorm
    first: eqx.nn.Linear
    second: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, width: int, dropout: float, key: jax.Array) -> None:
        keys = jax.random.split(key, 3)
        self.before_attention, self.before_dense = eqx.nn.LayerNorm(width), eqx.nn.LayerNorm(width)
        self.attention = eqx.nn.MultiheadAttention(HEADS, width, key=keys[0])
        self.first = eqx.nn.Linear(width, 4 * width, key=keys[1])
        self.second = eqx.nn.Linear(4 * width, width, key=keys[2])
        self.dropout = eqx.nn.Dropout(dropout)

    def __call__(self, x: jax.Array, mask: jax.Array, key: jax.Array | None) -> jax.Array:
        """``[place, feature]`` → the same; ``mask`` bool ``[place, place]``: who may look at whom."""
        keys = [None, None] if key is None else list(jax.random.split(key))
        y = jax.vmap(self.before_attention)(x)
        x = x + self.dropout(self.attention(y, y, y, mask), key=keys[0], inference=key is None)
        y = jax.nn.relu(jax.vmap(self.first)(jax.vmap(self.before_dense)(x)))
        return x + self.dropout(jax.vmap(self.second)(y), key=keys[1], inference=key is None)


class TransformerLanguageModel(eqx.Module):
    """Embeddings of character and place, blocks of masked attention (Vaswani et al. 2017; normalised first), a read-out."""

    embedding: eqx.nn.Embedding
    places: eqx.nn.Embedding
    blocks: tuple[Block, ...]
    last: eqx.nn.LayerNorm
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    characters: str = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array, width: int) -> None:
        """``spec``: characters, window, dropout; ``width`` a multiple of ``HEADS``."""
        keys = jax.random.split(key, 3 + LAYERS)
        n, rate = len(spec["characters"]), spec.get("dropout", 0.0)
        self.embedding = eqx.nn.Embedding(weight=0.02 * jax.random.normal(keys[0], (n, width)))
        self.places = eqx.nn.Embedding(weight=0.02 * jax.random.normal(keys[1], (spec["window"], width)))
        self.blocks = tuple(Block(width, rate, key) for key in keys[3:])
        self.last = eqx.nn.LayerNorm(width)
        self.out = eqx.nn.Linear(width, n, key=keys[2])
        self.dropout = eqx.nn.Dropout(rate)
        self.characters = spec["characters"]

    @property
    def window(self) -> int:
        """Characters that it can look at."""
        return self.places.num_embeddings

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Character numbers ``[text, place]``, ``window`` places at most → scores ``[text, place, character]``."""
        if key is None:
            return jax.vmap(lambda one: self._read(one, None))(x)
        return jax.vmap(self._read)(x, jax.random.split(key, len(x)))

    def _read(self, x: jax.Array, key: jax.Array | None) -> jax.Array:
        keys = [None] * (1 + LAYERS) if key is None else list(jax.random.split(key, 1 + LAYERS))
        mask = jnp.tril(jnp.ones((len(x), len(x)), bool))
        h = self.embedding.weight[x] + self.places.weight[: len(x)]
        h = self.dropout(h, key=keys[0], inference=key is None)
        for block, own in zip(self.blocks, keys[1:], strict=True):
            h = block(h, mask, own)
        return jax.vmap(lambda one: self.out(self.last(one)))(h)

    def begin(self) -> tuple[jax.Array, jax.Array]:
        """Nothing read: the characters in view ``[window]``, and how many there are."""
        return jnp.zeros(self.window, jnp.int32), jnp.array(0)

    def advance(
        self, state: tuple[jax.Array, jax.Array], character: jax.Array
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        """One character more; where the window is full, the oldest one goes."""
        view, n = state
        full = n == self.window
        view = jnp.where(full, jnp.roll(view, -1), view)
        n = jnp.where(full, n, n + 1)
        view = view.at[n - 1].set(character)
        return (view, n), self._read(view, None)[n - 1]


def recurrent(kind: str) -> Callable[[Spec, jax.Array], RecurrentLanguageModel]:
    """A builder whose number of units is fitted to ``spec["parameters"]``."""

    def build(spec: Spec, key: jax.Array) -> RecurrentLanguageModel:
        return RecurrentLanguageModel(
            spec,
            key,
            fitted_size(
                spec.get("parameters", PARAMETERS), lambda n: RecurrentLanguageModel(spec, key, n, kind)
            ),
            kind,
        )

    return build


def transformer(spec: Spec, key: jax.Array) -> TransformerLanguageModel:
    """A Transformer whose width is fitted to ``spec["parameters"]``."""
    return TransformerLanguageModel(
        spec,
        key,
        fitted_size(
            spec.get("parameters", PARAMETERS), lambda n: TransformerLanguageModel(spec, key, n), HEADS
        ),
    )
