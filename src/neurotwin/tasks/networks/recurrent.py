"""A recurrent network that listens forwards and backwards."""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.tasks.layers import Scaling, scaling
from neurotwin.tasks.task import Spec

UNITS = 64
"""In each direction."""


class RecurrentNetwork(eqx.Module):
    """Gated recurrent units (Cho et al. 2014) over the rows of a picture, both ways; the mean of their states is read out."""

    scale: Scaling
    forward: eqx.nn.GRUCell
    backward: eqx.nn.GRUCell
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: shape (rows, ...), where a row is a moment; classes, mean, sd, dropout; units where they are not ``UNITS``."""
        inputs, units = math.prod(spec["shape"][1:]), int(spec.get("units", UNITS))
        keys = jax.random.split(key, 3)
        self.scale = scaling(spec)
        self.forward = eqx.nn.GRUCell(inputs, units, key=keys[0])
        self.backward = eqx.nn.GRUCell(inputs, units, key=keys[1])
        self.out = eqx.nn.Linear(2 * units, spec["classes"], key=keys[2])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, row, ...]`` → scores ``[example, class]``."""
        keys = (None, None) if key is None else jax.random.split(key)
        x = self.scale(x).reshape(*x.shape[:2], -1)
        rows = self.dropout(x, key=keys[0], inference=key is None).swapaxes(0, 1)
        both = [_mean_state(self.forward, rows, False), _mean_state(self.backward, rows, True)]
        h = self.dropout(jnp.concatenate(both, axis=-1), key=keys[1], inference=key is None)
        return jax.vmap(self.out)(h)


def _mean_state(cell: eqx.nn.GRUCell, rows: jax.Array, back: bool) -> jax.Array:
    """``[row, example, input]`` → mean over the rows of the states, ``[example, unit]``."""

    def step(carry: tuple[jax.Array, jax.Array], row: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        state = jax.vmap(cell)(row, carry[0])
        return (state, carry[1] + state), None

    zero = jnp.zeros((rows.shape[1], cell.hidden_size))
    (_, total), _ = jax.lax.scan(step, (zero, zero), rows, reverse=back)
    return total / len(rows)
