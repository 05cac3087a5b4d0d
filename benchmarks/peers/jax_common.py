"""What the plain JAX peers share: Adam, and a weighted sum over edges."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

jax.config.update("jax_default_matmul_precision", "highest")  # as ours, and as torch: no TF32 on a GPU


def adam_start(parameters: Any) -> Any:
    """Moments and the number of steps."""
    return (
        jax.tree.map(jnp.zeros_like, parameters),
        jax.tree.map(jnp.zeros_like, parameters),
        jnp.zeros((), jnp.int32),
    )


def adam(parameters: Any, gradient: Any, state: Any, rate: float) -> tuple[Any, Any]:
    """Kingma & Ba 2015, as in optax and torch."""
    first, second, count = state
    count = count + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    c1, c2 = 1 - 0.9**count, 1 - 0.999**count
    new = jax.tree.map(
        lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), parameters, first, second
    )
    return new, (first, second, count)


def gather_sum(post: jax.Array, pre: jax.Array, values: jax.Array, x: jax.Array, n: int) -> jax.Array:
    """Σ_e values_e x[..., pre_e] into post, by a sorted segment sum; x [B, n] or [n]."""
    sums = lambda row: jax.ops.segment_sum(values * row[pre], post, n, indices_are_sorted=True)  # noqa: E731
    return sums(x) if x.ndim == 1 else jax.vmap(sums)(x)
