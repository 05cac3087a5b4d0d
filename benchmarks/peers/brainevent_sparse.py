"""brainevent: its CSR matrix times a vector, and JAX's gradient of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainevent
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems import sparse_matrix
from benchmarks.timing import per_call


def prepare(gradient: bool, calls: int, **size: Any) -> Callable[[], dict[str, Any]]:
    """The mean time of ``calls`` products."""
    p = sparse_matrix(**size)
    n = p["n"]
    indptr = jnp.asarray(
        np.concatenate([[0], np.cumsum(np.bincount(p["post"], minlength=n))]).astype(np.int32)
    )
    pre, values, x, dy = (jnp.asarray(p[k]) for k in ("pre", "weight", "x", "dy"))

    def product(values: jax.Array, pre: jax.Array, indptr: jax.Array, x: jax.Array) -> jax.Array:
        return brainevent.CSR((values, pre, indptr), shape=(n, n)) @ x

    forward = jax.jit(product)

    @jax.jit
    def backward(values: jax.Array, pre: jax.Array, indptr: jax.Array, x: jax.Array, dy: jax.Array) -> Any:
        return jax.vjp(lambda v, x: product(v, pre, indptr, x), values, x)[1](dy)

    def run() -> dict[str, Any]:
        if gradient:
            (to_values, to_x), seconds = per_call(lambda: backward(values, pre, indptr, x, dy), calls)
            return {"norm": jnp.linalg.norm(to_values), "sum": jnp.linalg.norm(to_x), "seconds": seconds}
        y, seconds = per_call(lambda: forward(values, pre, indptr, x), calls)
        return {"norm": jnp.linalg.norm(y), "sum": jnp.abs(y).sum(), "seconds": seconds}

    return run
