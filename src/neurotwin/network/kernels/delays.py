"""Products in which every synapse has a delay of its own, whole steps or, where delays are learned, in between."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.device import FULL
from neurotwin.network.kernels import native
from neurotwin.network.kernels.pattern import Pattern
from neurotwin.network.kernels.product import chosen


def delayed_product(
    pattern: Pattern,
    values: jax.Array,
    delays: jax.Array,
    history: jax.Array,
    newest: jax.Array,
    implementation: str | None = None,
) -> jax.Array:
    """``y[post] += values · s[pre]``, s as it was a delay ago.

    Parameters
    ----------
    pattern
        The synapses.
    values
        Weights, float [E].
    delays
        In steps, each below D: int32 [E]; or float [E], each at most D - 2, which interpolates between the two steps around it
        and is differentiable.
    history
        A ring of what was sent in the last D steps, float [D, ..., n_pre].
    newest
        The slot that holds the present, int32.
    implementation
        As in ``neurotwin.network.kernels.product``.

    Returns
    -------
    Array
        float [..., n_post], differentiable in values, history and float delays.
    """
    for what, given in (("values", values), ("delays", delays)):
        if given.shape != (pattern.n_synapses,):
            raise InputError(
                f"{what} do not fit the synapses", got=f"shape {given.shape}", expected=(pattern.n_synapses,)
            )
    if history.ndim < 2 or history.shape[-1] != pattern.n_pre:
        raise InputError(
            "the history does not fit the synapses",
            got=f"shape {history.shape}",
            expected=f"[D, ..., {pattern.n_pre}]",
        )
    dtype = jnp.result_type(values, history)
    ring = history.reshape(history.shape[0], -1, pattern.n_pre).astype(dtype)
    values = values.astype(dtype)
    if jnp.issubdtype(delays.dtype, jnp.integer):
        y: Any = _whole(chosen(implementation), pattern, values, delays.astype(jnp.int32), ring, newest)
    else:
        below = jax.lax.stop_gradient(jnp.floor(delays))
        part = (delays - below).astype(dtype)
        whole = below.astype(jnp.int32)
        name = chosen(implementation)
        near: Any = _whole(name, pattern, values * (1 - part), whole, ring, newest)
        y = near + _whole(name, pattern, values * part, whole + 1, ring, newest)
    return y.reshape(*history.shape[1:-1], pattern.n_post)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _whole(
    name: str, pattern: Pattern, values: jax.Array, delays: jax.Array, ring: jax.Array, newest: jax.Array
) -> jax.Array:
    """ring [D, B, n_pre] → [B, n_post]"""
    if name == "native":
        shape = (ring.shape[1], pattern.n_post)
        return native.call(
            "gather", shape, pattern.rows, pattern.pre, delays, values, ring, _one(newest), like=ring
        )
    sent = jnp.moveaxis(ring, 1, 0)[:, (newest - delays) % ring.shape[0], pattern.pre]
    sums = jnp.zeros((ring.shape[1], pattern.n_post), ring.dtype)
    return sums.at[:, pattern.post].add(values * sent, indices_are_sorted=True)


def _whole_forward(name: str, *arguments: Any) -> Any:
    return _whole(name, *arguments), arguments


def _whole_backward(name: str, saved: Any, dy: jax.Array) -> tuple[Any, ...]:
    pattern, values, delays, ring, newest = saved
    depth = ring.shape[0]
    slots = (newest - delays) % depth
    if name == "native":
        sent = (pattern.rows, pattern.pre, delays, dy, ring, _one(newest))
        to_values = native.call("gathered", values.shape, *sent, like=ring)
        tables = (pattern.rows, pattern.pre, delays, values)
        to_ring = native.call("spread", ring.shape, *tables, dy, _one(newest), like=ring)
    else:
        sent_then = jnp.moveaxis(ring, 1, 0)[:, slots, pattern.pre]
        to_values = jnp.einsum("be,be->e", dy[:, pattern.post], sent_then, precision=FULL)
        moved = jnp.zeros((ring.shape[1], depth, ring.shape[2]), ring.dtype)
        to_ring = jnp.moveaxis(moved.at[:, slots, pattern.pre].add(values * dy[:, pattern.post]), 1, 0)
    return None, to_values, None, to_ring, None


_whole.defvjp(_whole_forward, _whole_backward)


def _one(newest: jax.Array) -> jax.Array:
    return jnp.reshape(newest, (1,)).astype(jnp.int32)


def delayed_sampled_product(
    pattern: Pattern, delays: jax.Array, dy: jax.Array, x: jax.Array, implementation: str | None = None
) -> jax.Array:
    """``Σ_t dy[t, post_e] x[t + D - 1 - d_e, pre_e]`` for every synapse, float [E]: the gradient to the values after a loop
    over time.

    ``dy`` is [T, ..., n_post]; ``x`` [T + D - 1, ..., n_pre] has the present of step t in row t + D - 1; delays are int32,
    below D.
    """
    dtype = jnp.result_type(dy, x)
    dy, x = (a.reshape(a.shape[0], -1, a.shape[-1]).astype(dtype) for a in (dy, x))
    if chosen(implementation) == "native":
        shape = (pattern.n_synapses,)
        return native.call(
            "lagged", shape, pattern.rows, pattern.pre, delays.astype(jnp.int32), dy, x, like=dy
        )
    first = x.shape[0] - dy.shape[0] - delays

    def add(total: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        t, d = now
        then = jnp.moveaxis(x, 1, 0)[:, t + first, pattern.pre]
        return total + jnp.einsum("be,be->e", d[:, pattern.post], then, precision=FULL), None

    steps = jnp.arange(dy.shape[0])
    return jax.lax.scan(add, jnp.zeros(pattern.n_synapses, dtype), (steps, dy))[0]
