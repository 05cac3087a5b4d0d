"""Sparse products in pure JAX on sliced ELL tables: no compiler needed, and the path on a GPU.

Rows of similar length share a bucket and are padded to its width, so that a product is a gather and a sum without atomics or
segments (Monakov, Lokhmotov & Avetisyan 2010, HiPEAC).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.kernels.pattern import Ell, Pattern


def product(pattern: Pattern, values: jax.Array, x: jax.Array) -> jax.Array:
    """Σ over the synapses of each receiving neuron; values [..., E], x [..., n_pre] → [..., n_post]."""
    return _multiply(_table(pattern.ell), values, x)


def transposed(pattern: Pattern, values: jax.Array, y: jax.Array) -> jax.Array:
    """Σ over the synapses of each sending neuron; values [..., E], y [..., n_post] → [..., n_pre]."""
    return _multiply(_table(pattern.ell_by_pre), values, y)


def sampled(pattern: Pattern, dy: jax.Array, x: jax.Array) -> jax.Array:
    """Σ_k dy[k, post_e] x[k, pre_e], k one after the other, so that no [k, E] array is made."""
    dtype = jnp.result_type(dy, x)

    def add(total: jax.Array, pair: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        d, s = pair
        return total + _at(d, pattern.post) * _at(s, pattern.pre), None

    return jax.lax.scan(add, jnp.zeros(pattern.n_synapses, dtype), (dy.astype(dtype), x.astype(dtype)))[0]


def _table(ell: Ell | None) -> Ell:
    if ell is None:
        raise InputError("this pattern was made without its ELL tables", fix="pattern(…, ell=True)")
    return ell


def _multiply(ell: Ell, values: jax.Array, x: jax.Array) -> jax.Array:
    dtype = jnp.result_type(values, x)
    lead = jnp.broadcast_shapes(values.shape[:-1], x.shape[:-1])
    x_ = jax.lax.pad(x.astype(dtype), jnp.zeros((), dtype), [(0, 0, 0)] * (x.ndim - 1) + [(0, 1, 0)])
    w_ = jax.lax.pad(
        values.astype(dtype), jnp.zeros((), dtype), [(0, 0, 0)] * (values.ndim - 1) + [(0, 1, 0)]
    )
    sums = []
    for part in ell.slices:
        product = _at(w_, part.entry) * _at(x_, part.column)
        sums.append(jnp.broadcast_to(product.sum(-1), (*lead, part.column.shape[0])))
    sums.append(jnp.zeros((*lead, 1), dtype))
    return _at(jnp.concatenate(sums, -1), ell.place)


def _at(array: jax.Array, index: jax.Array) -> jax.Array:
    # The tables were made in bounds; what the default does about indices that are not costs more than the product.
    return array.at[..., index].get(mode="promise_in_bounds")
