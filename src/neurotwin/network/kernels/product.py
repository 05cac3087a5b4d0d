"""Products with sparse weights, their gradients, delays and events: one interface, interchangeable implementations.

``implementation`` is "native" (C++, on a processor), "ell" (pure JAX, anywhere) or "dense" (the oracle: a matrix is made); None
takes the first that works here, or what the environment variable ``NEUROTWIN_KERNELS`` names.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.network.device import FULL, linear
from neurotwin.network.kernels import ell, native
from neurotwin.network.kernels.pattern import Pattern

IMPLEMENTATIONS = ("native", "ell", "dense")


def chosen(implementation: str | None = None) -> str:
    """Name of the implementation that is used.

    Raises
    ------
    InputError
        If it is unknown, or cannot be used here: says why.
    """
    asked = implementation or os.environ.get("NEUROTWIN_KERNELS") or None
    if asked is None:
        return "native" if native.available() else "ell"
    if asked not in IMPLEMENTATIONS:
        raise unknown_name("implementation of the sparse product", asked, list(IMPLEMENTATIONS))
    if asked == "native" and not native.available():
        raise InputError(
            "the C++ kernels cannot be used",
            got=native.why_not(),
            fix="leave the implementation out, or take 'ell'",
        )
    return asked


def sparse_product(
    pattern: Pattern, values: jax.Array, x: jax.Array, implementation: str | None = None
) -> jax.Array:
    """Σ over the synapses of each receiving neuron: ``y[post] += values · x[pre]``.

    Parameters
    ----------
    pattern
        The synapses.
    values
        Weights, float [E], or [..., E] with leading axes that broadcast against those of ``x``.
    x
        What is sent, float [..., n_pre].
    implementation
        See the module.

    Returns
    -------
    Array
        float [..., n_post]. Differentiable in ``values`` and ``x``; the gradient to values [E] is summed over the leading axes
        without an array of all of them.
    """
    _check("values", values.shape[-1:], (pattern.n_synapses,))
    _check("x", x.shape[-1:], (pattern.n_pre,))
    dtype = jnp.result_type(values, x)
    values, x = values.astype(dtype), x.astype(dtype)
    name = chosen(implementation)
    if values.ndim == 1:
        y: Any = _shared(name, pattern, values, x.reshape(-1, pattern.n_pre))
        return y.reshape(*x.shape[:-1], pattern.n_post)
    lead = jnp.broadcast_shapes(values.shape[:-1], x.shape[:-1])
    one = partial(_shared, name, pattern)
    if values.shape[-2] != 1:  # every run has weights of its own
        flat_values = jnp.broadcast_to(values, (*lead, pattern.n_synapses)).reshape(-1, pattern.n_synapses)
        flat_x = jnp.broadcast_to(x, (*lead, pattern.n_pre)).reshape(-1, 1, pattern.n_pre)
    else:  # [..., 1, E] with [..., B, n_pre]: runs side by side share them
        outer = lead[:-1]
        flat_values = jnp.broadcast_to(values[..., 0, :], (*outer, pattern.n_synapses)).reshape(
            -1, pattern.n_synapses
        )
        flat_x = jnp.broadcast_to(x, (*lead, pattern.n_pre)).reshape(-1, lead[-1], pattern.n_pre)
    return jax.vmap(one)(flat_values, flat_x).reshape(*lead, pattern.n_post)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _shared(name: str, pattern: Pattern, values: jax.Array, x: jax.Array) -> jax.Array:
    """values [E], x [K, n_pre] → [K, n_post]"""
    if name == "native":
        none = jnp.zeros(0, jnp.int32)
        shape = (x.shape[0], pattern.n_post)
        return native.call("product", shape, pattern.rows, pattern.pre, none, values, x, like=x)
    return ell.product(pattern, values, x) if name == "ell" else linear(x, _matrix(pattern, values))


def _shared_forward(name: str, pattern: Pattern, values: jax.Array, x: jax.Array) -> Any:
    return _shared(name, pattern, values, x), (pattern, values, x)


def _shared_backward(name: str, saved: Any, dy: jax.Array) -> tuple[None, jax.Array, jax.Array]:
    pattern, values, x = saved
    return None, sampled_product(pattern, dy, x, name), _transposed(name, pattern, values, dy)


_shared.defvjp(_shared_forward, _shared_backward)


def _matrix(pattern: Pattern, values: jax.Array) -> jax.Array:
    empty = jnp.zeros((pattern.n_post, pattern.n_pre), values.dtype)
    return empty.at[pattern.post, pattern.pre].add(values)


def _transposed(name: str, pattern: Pattern, values: jax.Array, dy: jax.Array) -> jax.Array:
    """values [E], dy [K, n_post] → [K, n_pre]"""
    if name == "ell":
        return ell.transposed(pattern, values, dy)
    if name == "dense":
        return jnp.matmul(dy, _matrix(pattern, values), precision=FULL)
    if dy.shape[0] == 1 and pattern.n_synapses > 2**18:
        return native.call("scatter", (1, pattern.n_pre), pattern.rows, pattern.pre, values, dy, like=dy)
    tables = (pattern.columns, pattern.by_pre_post, pattern.by_pre)
    return native.call("product", (dy.shape[0], pattern.n_pre), *tables, values, dy, like=dy)


def sampled_product(
    pattern: Pattern, dy: jax.Array, x: jax.Array, implementation: str | None = None
) -> jax.Array:
    """``Σ_k dy[k, post_e] x[k, pre_e]`` for every synapse: the gradient to the values, float [E].

    ``dy`` [..., n_post] and ``x`` [..., n_pre] have the same leading axes, which are summed over.
    """
    _check("dy", dy.shape, (*x.shape[:-1], pattern.n_post))
    _check("x", x.shape[-1:], (pattern.n_pre,))
    dtype = jnp.result_type(dy, x)
    dy, x = (a.reshape(-1, a.shape[-1]).astype(dtype) for a in (dy, x))
    name = chosen(implementation)
    if name == "native":
        return native.call("sampled", (pattern.n_synapses,), pattern.rows, pattern.pre, dy, x, like=dy)
    return (ell.sampled if name == "ell" else ell.sampled_of_matrix)(pattern, dy, x)


def event_product(
    pattern: Pattern, values: jax.Array, spikes: jax.Array, implementation: str | None = None
) -> jax.Array:
    """As :func:`sparse_product` for ``spikes`` [..., n_pre] that are mostly 0: cost grows with the spikes. Not differentiable.

    Only the C++ kernel is cheaper for few spikes; the others give the same result at the cost of the whole product.
    """
    _check("values", values.shape, (pattern.n_synapses,))
    if chosen(implementation) != "native":
        return jax.lax.stop_gradient(sparse_product(pattern, values, spikes, implementation))
    _check("spikes", spikes.shape[-1:], (pattern.n_pre,))
    dtype = jnp.result_type(values, spikes)
    values, spikes = jax.lax.stop_gradient((values.astype(dtype), spikes.astype(dtype)))
    shape = (*spikes.shape[:-1], pattern.n_post)
    return native.call(
        "events", shape, pattern.columns, pattern.by_pre, pattern.by_pre_post, values, spikes, like=spikes
    )


def _check(what: str, got: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if tuple(got) != tuple(expected):
        raise InputError(f"{what} does not fit the synapses", got=f"shape {got}", expected=f"{expected}")
