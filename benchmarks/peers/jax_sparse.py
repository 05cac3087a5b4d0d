"""Plain JAX: gather and a sorted segment sum; indices are arguments, not constants."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers.jax_common import gather_sum
from benchmarks.problems import sparse_matrix
from benchmarks.timing import per_call


def prepare(gradient: bool, calls: int, **size: Any) -> Callable[[], dict[str, Any]]:
    """The mean time of ``calls`` products."""
    p = sparse_matrix(**size)
    post, pre, values, x, dy = (jnp.asarray(p[k]) for k in ("post", "pre", "weight", "x", "dy"))
    product = partial(gather_sum, n=p["n"])
    forward = jax.jit(product)

    @jax.jit
    def backward(post: jax.Array, pre: jax.Array, values: jax.Array, x: jax.Array, dy: jax.Array) -> Any:
        return jax.vjp(lambda v, x: product(post, pre, v, x), values, x)[1](dy)

    def run() -> dict[str, Any]:
        if gradient:
            (to_values, to_x), seconds = per_call(lambda: backward(post, pre, values, x, dy), calls)
            return {"norm": jnp.linalg.norm(to_values), "sum": jnp.linalg.norm(to_x), "seconds": seconds}
        y, seconds = per_call(lambda: forward(post, pre, values, x), calls)
        return {"norm": jnp.linalg.norm(y), "sum": jnp.abs(y).sum(), "seconds": seconds}

    return run
