"""Sparse products in pure JAX on ELL tables: no compiler needed, and the path on a GPU.

Rows are cut into pieces of one width (:class:`neurotwin.network.kernels.pattern.Ell`), so that long rows next to short ones cost
neither padding nor a kernel for each length. A product is a gather and a sum, twice or three times, without atomics: the same bits
in every run.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.device import FULL, on_cpu
from neurotwin.network.kernels.pattern import Ell, Pattern

MATRIX = 2**24
"""On a GPU the gradient to the values is read out of a whole matrix up to this size: one product of matrices."""
TOGETHER = 64
"""Beyond it, up to so many terms of the sum are added in one kernel."""


def product(pattern: Pattern, values: jax.Array, x: jax.Array) -> jax.Array:
    """Σ over the synapses of each receiving neuron; values [..., E], x [..., n_pre] → [..., n_post]."""
    return _multiply(_table(pattern.ell), values, x)


def transposed(pattern: Pattern, values: jax.Array, y: jax.Array) -> jax.Array:
    """Σ over the synapses of each sending neuron; values [..., E], y [..., n_post] → [..., n_pre]."""
    if on_cpu():  # in turn, and in order: fewer reads, and no atomics either
        terms = values * _at(y, pattern.post)
        zero = jnp.zeros((*terms.shape[:-1], pattern.n_pre), terms.dtype)
        return zero.at[..., pattern.pre].add(terms, mode="promise_in_bounds")
    return _multiply(_table(pattern.ell_by_pre), values, y)


def sampled(pattern: Pattern, dy: jax.Array, x: jax.Array) -> jax.Array:
    """Σ_k dy[k, post_e] x[k, pre_e], without an array [k, E]."""
    dtype = jnp.result_type(dy, x)
    terms = dy.astype(dtype), x.astype(dtype)
    gpu = not on_cpu()
    if gpu and pattern.n_post * pattern.n_pre <= MATRIX:
        return sampled_of_matrix(pattern, *terms)
    if gpu:
        terms = tuple(_blocks(a, TOGETHER) for a in terms)

    def add(total: jax.Array, now: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
        d, s = now
        term = _at(d, pattern.post) * _at(s, pattern.pre)
        return total + (term.sum(0) if gpu else term), None

    return jax.lax.scan(add, jnp.zeros(pattern.n_synapses, dtype), terms)[0]


def sampled_of_matrix(pattern: Pattern, dy: jax.Array, x: jax.Array) -> jax.Array:
    """The same, read out of the whole matrix dyᵀ x."""
    return jnp.matmul(dy.T, x, precision=FULL)[pattern.post, pattern.pre]


def _blocks(a: jax.Array, most: int) -> jax.Array:
    """[K, n] as [blocks, K in a block, n], blocks of one size up to ``most``; rows of zeros at the end."""
    blocks = max(-(-len(a) // most), 1)
    size = -(-len(a) // blocks)
    return jnp.pad(a, ((0, blocks * size - len(a)), (0, 0))).reshape(blocks, size, a.shape[1])


def _table(ell: Ell | None) -> Ell:
    if ell is None:
        raise InputError("this pattern was made without its ELL tables", fix="pattern(…, ell=True)")
    return ell


def _multiply(ell: Ell, values: jax.Array, x: jax.Array) -> jax.Array:
    dtype = jnp.result_type(values, x)
    terms = _at(values.astype(dtype), jnp.maximum(ell.entry, 0)) * _at(x.astype(dtype), ell.column)
    sums = jnp.where(ell.entry >= 0, terms, 0).sum(-1)
    for level in ell.sums:
        sums = jnp.where(level >= 0, _at(sums, jnp.maximum(level, 0)), 0).sum(-1)
    if not sums.shape[-1]:
        return jnp.zeros((*sums.shape[:-1], len(ell.place)), dtype)
    return jnp.where(ell.place >= 0, _at(sums, jnp.maximum(ell.place, 0)), 0)


def _at(array: jax.Array, index: jax.Array) -> jax.Array:
    # The tables were made in bounds; what the default does about indices that are not costs more than the product.
    return array.at[..., index].get(mode="promise_in_bounds")
