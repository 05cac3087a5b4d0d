"""Jaxley: one compartment with its channel HH, mapped over the cells; the gradient with or without checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jaxley as jx
import numpy as np
from jaxley.channels import HH

from benchmarks.problems import hodgkin_huxley, upward_crossings

AREA_UM2, LENGTH_UM = 20_000.0, 100.0


def prepare(
    duration_ms: float, gradient: bool = False, checkpoint: bool = False, **size: Any
) -> Callable[[], dict[str, Any]]:
    """One simulation (with its gradient) a call."""
    jax.config.update("jax_enable_x64", False)
    p = hodgkin_huxley(**size)
    steps = round(duration_ms / p["dt_ms"])
    cell = jx.Compartment()
    cell.insert(HH())
    cell.set("radius", AREA_UM2 / (2 * math.pi * LENGTH_UM))
    cell.set("length", LENGTH_UM)
    cell.set("HH_eLeak", p["leak_mV"])
    cell.set("v", -65.0)
    cell.init_states()
    cell.record("v", verbose=False)
    names = ("HH_gNa", "HH_gK", "HH_gLeak")
    for name in names:
        cell.make_trainable(name, verbose=False)
    start_values = [jnp.full((p["n"], 1), value) for value in (0.12, 0.036, 0.0003)]
    currents = jnp.asarray(p["current_pA"]) * 1e-3
    levels = [math.ceil(math.sqrt(steps))] * 2 if checkpoint else None

    def voltages(values: Any, current: jax.Array) -> jax.Array:
        def one(values: Any, current: jax.Array) -> jax.Array:
            stimulus = cell.data_stimulate(jnp.full(steps, current))
            parameters = [{name: value} for name, value in zip(names, values, strict=True)]
            v = jx.integrate(
                cell, params=parameters, data_stimuli=stimulus, delta_t=p["dt_ms"], checkpoint_lengths=levels
            )
            return v[0, 1 : steps + 1]

        return jax.vmap(one)(values, current)

    def loss(values: Any, current: jax.Array) -> jax.Array:
        return jnp.mean(((voltages(values, current) + 65.0) / 100.0) ** 2)

    forward, backward = jax.jit(voltages), jax.jit(jax.value_and_grad(loss))

    def run() -> dict[str, Any]:
        start = time.perf_counter()
        if gradient:
            value, slope = jax.block_until_ready(backward(start_values, currents))
            seconds = time.perf_counter() - start
            return {"loss": value, "to_potassium": jnp.sum(slope[1] * start_values[1]), "seconds": seconds}
        v = jax.block_until_ready(forward(start_values, currents))
        seconds = time.perf_counter() - start
        return {"spikes": upward_crossings(np.asarray(v).T), "mean_v": v.mean(), "seconds": seconds}

    return run
