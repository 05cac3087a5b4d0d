"""What hangs on the device: whether it is a processor, and products of matrices that are the same on all.

float32 means float32 here: without ``FULL`` JAX multiplies on recent GPUs in TF32, which keeps ten bits of each factor; on a
processor it changes nothing.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

FULL = jax.lax.Precision.HIGHEST


def on_cpu() -> bool:
    """Whether JAX computes on a processor, unless it is told otherwise."""
    return jax.default_backend() == "cpu"


def linear(x: jax.Array, weight: jax.Array) -> jax.Array:
    """``x @ weightᵀ``: float [..., pre] with [post, pre] → [..., post]."""
    return jnp.matmul(x, weight.T, precision=FULL)
