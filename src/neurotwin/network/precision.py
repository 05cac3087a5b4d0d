"""float32 means float32: products of matrices are asked for with all their bits.

Without it JAX multiplies on recent GPUs in TF32, which keeps ten bits of each factor; on a processor it changes nothing.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

FULL = jax.lax.Precision.HIGHEST


def linear(x: jax.Array, weight: jax.Array) -> jax.Array:
    """``x @ weightᵀ``: float [..., pre] with [post, pre] → [..., post]."""
    return jnp.matmul(x, weight.T, precision=FULL)
