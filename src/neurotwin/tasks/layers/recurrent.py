"""Gated recurrent layers over whole sequences, with Equinox' cells for parameters."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.engine import Dense, run_loop

Cell = eqx.nn.GRUCell | eqx.nn.LSTMCell
State = Any
"""Of a GRU ``h`` ``[example, unit]``; of an LSTM ``(h, c)``."""


def begin(cell: Cell, n_examples: int) -> State:
    """The state before the first step: zeros."""
    zero = jnp.zeros((n_examples, cell.hidden_size))
    return zero if isinstance(cell, eqx.nn.GRUCell) else (zero, zero)


def run_cell(
    cell: Cell, x: jax.Array, state: State, length: jax.Array | None = None, *, back: bool = False
) -> tuple[State, jax.Array]:
    """A cell along a sequence.

    The same numbers as ``lax.scan`` over the cell, sooner: what inputs contribute is one product for all steps, and so is the
    gradient of the recurrent weights (:func:`neurotwin.network.engine.run_loop`).

    Parameters
    ----------
    cell
        Equinox' GRU or LSTM.
    x
        Inputs, float ``[example, step, feature]``.
    state
        Before the first step.
    length
        Whole numbers ``[example]``: behind an example's end nothing happens. None: all are as long as ``x``.
    back
        From the last step to the first.

    Returns
    -------
    state, h
        After the last step; ``h`` float ``[example, step, unit]`` after each.
    """
    drive = (x @ cell.weight_ih.T).swapaxes(0, 1)
    if cell.bias is not None:
        drive = drive + cell.bias
    places = jnp.arange(len(drive))
    inside = jnp.ones((len(drive), len(x), 1), bool)
    if length is not None:
        inside = (places[:, None] < length)[..., None]
    inputs = (drive, inside)
    if back:
        inputs = jax.tree.map(lambda a: a[::-1], inputs)
    gru = isinstance(cell, eqx.nn.GRUCell)
    step, parameters = (_gru_step, cell.bias_n) if gru else (_lstm_step, None)
    state, h = run_loop(step, parameters, {"recurrent": Dense(cell.weight_hh)}, state, inputs)
    return state, (h[::-1] if back else h).swapaxes(0, 1)


def _gru_step(bias: Any, product: Any, h: jax.Array, now: Any) -> tuple[jax.Array, jax.Array]:
    drive, inside = now
    reset, update, new = jnp.split(drive, 3, axis=-1)
    from_reset, from_update, from_new = jnp.split(product("recurrent", h), 3, axis=-1)
    if bias is not None:
        from_new = from_new + bias
    r, z = jax.nn.sigmoid(reset + from_reset), jax.nn.sigmoid(update + from_update)
    n = jnp.tanh(new + r * from_new)
    h = jnp.where(inside, n + z * (h - n), h)
    return h, h


def _lstm_step(_: Any, product: Any, state: State, now: Any) -> tuple[State, jax.Array]:
    (h, c), (drive, inside) = state, now
    i, f, g, o = jnp.split(drive + product("recurrent", h), 4, axis=-1)
    new_c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    new_h = jax.nn.sigmoid(o) * jnp.tanh(new_c)
    h, c = jnp.where(inside, new_h, h), jnp.where(inside, new_c, c)
    return (h, c), h
