"""Networks that translate: a recurrent encoder, a recurrent decoder, and attention from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.byte_pairs import number_of
from neurotwin.tasks.layers.recurrent import begin, run_cell
from neurotwin.tasks.networks.size import fitted_size
from neurotwin.tasks.task import Spec

EMBEDDING, UNITS = 96, 192
"""Width of a piece's embedding; units of the decoder, and of the encoder's two directions together."""
FORBIDDEN = -1e9


class Memory(NamedTuple):
    """What is kept of the sources: states ``[sentence, place, unit]``, their lengths and the last states of both directions."""

    states: jax.Array
    length: jax.Array
    last: jax.Array


class Translator(eqx.Module):
    """Bidirectional GRU encoder, GRU decoder, global attention with the "general" score behind the decoder (Luong et al. 2015).

    The decoder does not read what attention gave before (no input feeding), so that training needs one product for the attention
    of all places. Read-out and target embedding are one matrix. Without attention the decoder sees the encoder's last states at
    every step instead (Cho et al. 2014).
    """

    source_known: jax.Array
    target_known: jax.Array
    source: eqx.nn.Embedding
    target: eqx.nn.Embedding
    forward: eqx.nn.GRUCell
    backward: eqx.nn.GRUCell
    bridge: eqx.nn.Linear
    decoder: eqx.nn.GRUCell
    score: eqx.nn.Linear | None
    combine: eqx.nn.Linear
    bias: jax.Array
    dropout: eqx.nn.Dropout
    pieces: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array, units: int = UNITS, attention: bool = True) -> None:
        """``spec``: source_pieces, target_pieces, dropout; ``units`` an even number."""
        keys = jax.random.split(key, 8)
        self.source_known = jnp.asarray(_sorted(spec["source_pieces"])[0])
        numbers, self.pieces = _sorted(spec["target_pieces"])
        self.target_known = jnp.asarray(numbers)
        # behind the pieces: of the source the unknown one; of the target the end, the beginning and the unknown one
        n_source, n_target = len(self.source_known) + 1, len(numbers) + 3
        self.source = eqx.nn.Embedding(weight=0.1 * jax.random.normal(keys[0], (n_source, EMBEDDING)))
        self.target = eqx.nn.Embedding(weight=0.1 * jax.random.normal(keys[1], (n_target, EMBEDDING)))
        self.forward = eqx.nn.GRUCell(EMBEDDING, units // 2, key=keys[2])
        self.backward = eqx.nn.GRUCell(EMBEDDING, units // 2, key=keys[3])
        self.bridge = eqx.nn.Linear(units, units, key=keys[4])
        self.decoder = eqx.nn.GRUCell(EMBEDDING, units, key=keys[5])
        self.score = eqx.nn.Linear(units, units, use_bias=False, key=keys[6]) if attention else None
        self.combine = eqx.nn.Linear(2 * units, EMBEDDING, key=keys[7])
        self.bias = jnp.zeros(n_target)
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    @property
    def end(self) -> int:
        """Number of the sign that a translation ends with; the pieces are below it."""
        return len(self.pieces)

    def __call__(self, x: dict[str, jax.Array], key: jax.Array | None = None) -> jax.Array:
        """Log probability of each right piece, those before it given, and of the end: ``[sentence, place]``.

        ``x`` as :func:`encode_pairs` gives it.
        """
        keys = [None] * 3 if key is None else list(jax.random.split(key, 3))
        memory = self.read(x, keys[0])
        right = _number(self.target_known, x["target"], len(self.target_known) + 2)
        right = jnp.where(jnp.arange(right.shape[1]) == x["target_length"][:, None], self.end, right)
        before = jnp.pad(right[:, :-1], ((0, 0), (1, 0)), constant_values=self.end + 1)
        words = self.dropout(self.target.weight[before], key=keys[1], inference=key is None)
        _, h = run_cell(self.decoder, words, self.start(memory))
        told = self._tell(memory, h, keys[2])
        return jnp.take_along_axis(told, right[..., None], -1)[..., 0]

    def read(self, x: dict[str, jax.Array], key: jax.Array | None = None) -> Memory:
        """The encoder on ``x["source"]`` int32 ``[sentence, place]`` with ``x["source_length"]``."""
        at = _number(self.source_known, x["source"], len(self.source_known))
        words = self.dropout(self.source.weight[at], key=key, inference=key is None)
        length, n = x["source_length"], len(at)
        both = [
            run_cell(cell, words, begin(cell, n), length, back=back)
            for cell, back in ((self.forward, False), (self.backward, True))
        ]
        states = jnp.concatenate([h for _, h in both], axis=-1)
        return Memory(states, length, jnp.concatenate([last for last, _ in both], axis=-1))

    def start(self, memory: Memory) -> jax.Array:
        """The decoder's state before the first piece, ``[sentence, unit]``."""
        return jnp.tanh(_everywhere(self.bridge, memory.last))

    def advance(self, memory: Memory, h: jax.Array, piece: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The decoder's next state and the log probabilities ``[sentence, piece]`` behind ``piece`` ``[sentence]``."""
        h, states = run_cell(self.decoder, self.target.weight[piece][:, None], h)
        told = self._tell(memory, states, None)[:, 0]
        return h, told.at[:, self.end + 1 :].set(FORBIDDEN)

    def _tell(self, memory: Memory, h: jax.Array, key: jax.Array | None) -> jax.Array:
        if self.score is None:
            context = jnp.broadcast_to(memory.last[:, None], h.shape)
        else:
            scores = jnp.einsum("stu,spu->stp", _everywhere(self.score, h), memory.states)
            inside = jnp.arange(memory.states.shape[1]) < memory.length[:, None, None]
            weights = jax.nn.softmax(jnp.where(inside, scores, FORBIDDEN))
            context = jnp.einsum("stp,spu->stu", weights, memory.states)
        both = jnp.tanh(_everywhere(self.combine, jnp.concatenate([context, h], axis=-1)))
        both = self.dropout(both, key=key, inference=key is None)
        return jax.nn.log_softmax(both @ self.target.weight.T + self.bias)


def _everywhere(layer: eqx.nn.Linear, x: jax.Array) -> jax.Array:
    y = x @ layer.weight.T
    return y if layer.bias is None else y + layer.bias


def _sorted(pieces: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Different numbers in order, and a piece for each."""
    of = {number_of(piece): piece for piece in pieces}
    numbers = np.array(sorted(of), np.int32)
    return numbers, tuple(of[int(number)] for number in numbers)


def _number(known: jax.Array, asked: jax.Array, unknown: int) -> jax.Array:
    at = jnp.clip(jnp.searchsorted(known, asked), 0, len(known) - 1)
    return jnp.where(known[at] == asked, at, unknown)


def translator(attention: bool = True) -> Callable[[Spec, jax.Array], Translator]:
    """A builder of ``UNITS`` units, or as many as ``spec["parameters"]`` asks for."""

    def build(spec: Spec, key: jax.Array) -> Translator:
        def sized(units: int) -> Any:
            return Translator(spec, key, units, attention)

        return sized(fitted_size(spec["parameters"], sized, 2) if "parameters" in spec else UNITS)

    return build
