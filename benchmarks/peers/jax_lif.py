"""Plain JAX: training step of a recurrent LIF layer, a scan with the weights' gradient hoisted by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers.jax_common import adam, adam_start
from benchmarks.problems import DT_MS, LEARNING_RATE, spiking_layer

LEAK = 1 - math.exp(-DT_MS / 10.0)


@jax.custom_jvp
def _spike(x: jax.Array) -> jax.Array:
    return (x >= 0).astype(x.dtype)


@_spike.defjvp
def _(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _spike(x), dx / (1 + jnp.abs(x)) ** 2


def prepare(**size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call."""
    problem = spiking_layer(**size)
    weight, x, target = (jnp.asarray(problem[k]) for k in ("weight", "x", "target"))
    state = adam_start(weight)

    def loss(hooks: jax.Array, weight: jax.Array, x: jax.Array, target: jax.Array) -> Any:
        def one(carry: Any, now: Any) -> Any:
            v, s = carry
            x, hook = now
            v = v + LEAK * (s @ weight.T + hook + x - v)
            new = _spike(v - 1)
            return (jnp.where(jax.lax.stop_gradient(new) > 0, 0.0, v), new), (new, s)

        zero = jnp.zeros_like(x[0])
        _, (spikes, sent) = jax.lax.scan(one, (zero, zero), (x, hooks))
        return jnp.mean((spikes.mean(0) - target) ** 2), (spikes.mean(), sent)

    @jax.jit
    def step(weight: jax.Array, state: Any, x: jax.Array, target: jax.Array) -> Any:
        (value, (rate, sent)), to_hooks = jax.value_and_grad(loss, has_aux=True)(
            jnp.zeros_like(x), weight, x, target
        )
        n = x.shape[-1]
        slope = to_hooks.reshape(-1, n).T @ sent.reshape(-1, n)
        return (value, rate), *adam(weight, slope, state, LEARNING_RATE)

    def run() -> dict[str, Any]:
        nonlocal weight, state
        (value, rate), weight, state = jax.block_until_ready(step(weight, state, x, target))
        return {"loss": float(value), "rate": float(rate)}

    return run
