"""Training step of a recurrent layer of spiking neurons, all to all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import OURS, Case, Side, register
from benchmarks.problems import DT_MS, LEARNING_RATE, spiking_layer

TAU_MS = 10.0
TORCH = "benchmarks.peers.torch_lif"

register(
    Case(
        "dense_lif",
        "training step, recurrent LIF with surrogate gradient, all to all: N 1,000, T 200, B 16",
        __name__,
        full={"n": 1000, "t": 200, "b": 16},
        quick={"n": 60, "t": 20, "b": 4},
        peers=(
            Side("torch eager", TORCH),
            Side("torch.compile, 20-step chunks", TORCH, {"compiled": True, "chunk": 20}),
            Side("JAX scan, hoisted by hand", "benchmarks.peers.jax_lif", {}, OURS),
        ),
        # A rounding error that moves one spike changes the trains that follow; the mean over runs and neurons hardly.
        checks={"loss": 2e-2, "rate": 1e-2},
        at_least=1.0,
        aim=1.3,
    )
)


def prepare(**size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax

    from neurotwin.network.engine import Dense, Network, Population, Projection, simulate
    from neurotwin.network.neurons.lif import LIF

    problem = spiking_layer(**size)
    # 1 pA moves the membrane by 1 mV: the units of the problem.
    cell = LIF(
        tau_m_ms=TAU_MS,
        capacitance_pF=TAU_MS,
        v_rest_mV=0.0,
        v_threshold_mV=1.0,
        v_reset_mV=0.0,
        refractory_ms=0.0,
    )
    weight = jnp.asarray(problem["weight"])
    net = Network([Population("cells", cell, problem["n"])], [Projection("cells", "cells", Dense(weight))])
    x, target = jnp.asarray(problem["x"]), jnp.asarray(problem["target"])
    adam = optax.adam(LEARNING_RATE)
    moments = adam.init(weight)

    def loss(weight: jax.Array, net: Any, x: jax.Array, target: jax.Array) -> Any:
        net = eqx.tree_at(lambda q: q.projections[0].weights.values, net, weight)
        spikes = simulate(net, {"cells": x}, dt_ms=DT_MS).output("cells")
        return jnp.mean((spikes.mean(0) - target) ** 2), spikes.mean()

    @eqx.filter_jit
    def step(weight: jax.Array, moments: Any, net: Any, x: jax.Array, target: jax.Array) -> Any:
        value, slope = jax.value_and_grad(loss, has_aux=True)(weight, net, x, target)
        updates, moments = adam.update(slope, moments)
        return value, optax.apply_updates(weight, updates), moments

    def run() -> dict[str, Any]:
        nonlocal weight, moments
        value, weight, moments = jax.block_until_ready(step(weight, moments, net, x, target))
        return {"loss": float(value[0]), "rate": float(value[1])}

    return run
