"""1,000 Hodgkin-Huxley cells, each with a current of its own: forward, and the gradient to their conductances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import Case, Side, register
from benchmarks.problems import hodgkin_huxley, upward_crossings

JAXLEY = "benchmarks.peers.jaxley_hh"
FULL, QUICK = {"n": 1000, "duration_ms": 100.0}, {"n": 10, "duration_ms": 20.0}
# The integration schemes differ (Jaxley and NEURON: implicit in v), so that spikes may move by a step.
FORWARD = {"spikes": 0.02, "mean_v": 0.01}
# The gradient itself is not compared here: in float32, over 100 ms of spikes, Jaxley's sum of the slopes to potassium is -0.034
# plain and -0.172 checkpointed, at the same loss (ours: -0.120). That both are gradients of one model is shown in float64 at
# small steps (1 % at 0.00125 ms, tests/cross_simulator/test_jaxley.py).
GRADIENT = {"loss": 0.02}

register(
    Case(
        "hh",
        "1,000 Hodgkin-Huxley cells, 100 ms at 0.025 ms, voltages recorded",
        __name__,
        full=FULL,
        quick=QUICK,
        peers=(Side("Jaxley", JAXLEY), Side("NEURON", "benchmarks.peers.neuron_hh")),
        checks=FORWARD,
        at_least=1.0,
        aim=1.3,
    )
)
register(
    Case(
        "hh_gradient",
        "the same, with the gradient of the mean square voltage (of (v + 65 mV) / 100 mV) to three conductances of each cell",
        __name__,
        options={"gradient": True},
        full=FULL,
        quick=QUICK,
        peers=(
            Side("Jaxley", JAXLEY, {"gradient": True}),
            Side("Jaxley, checkpointed", JAXLEY, {"gradient": True, "checkpoint": True}),
        ),
        checks=GRADIENT,
        at_least=3.0,
        aim=5.0,
        repeats=5,
    )
)


def prepare(duration_ms: float, gradient: bool = False, **size: Any) -> Callable[[], dict[str, Any]]:
    """One simulation (with its gradient) a call."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import numpy as np

    from neurotwin.network.engine import Network, Population, simulate
    from neurotwin.network.neurons.hodgkin_huxley import HodgkinHuxley

    p = hodgkin_huxley(**size)
    steps = round(duration_ms / p["dt_ms"])
    full = lambda value: jnp.full(p["n"], value)  # noqa: E731
    cell = HodgkinHuxley(
        sodium_nS=full(24_000.0), potassium_nS=full(7_200.0), leak_nS=full(60.0), leak_mV=p["leak_mV"]
    )
    net = Network([Population("cells", cell, p["n"])])
    current = jnp.asarray(p["current_pA"])

    def voltages(net: Any, current: jax.Array) -> jax.Array:
        run = simulate(net, {"cells": current}, dt_ms=p["dt_ms"], n_steps=steps, record={"cells": ["v"]})
        return run.of("cells", "v")

    def of(net: Any) -> list[jax.Array]:
        neuron = net.populations[0].neuron
        return [neuron.sodium_nS, neuron.potassium_nS, neuron.leak_nS]

    def loss(conductances: Any, net: Any, current: jax.Array) -> jax.Array:
        return jnp.mean(((voltages(eqx.tree_at(of, net, list(conductances)), current) + 65.0) / 100.0) ** 2)

    forward = eqx.filter_jit(voltages)
    backward = eqx.filter_jit(jax.value_and_grad(loss))
    conductances = (cell.sodium_nS, cell.potassium_nS, cell.leak_nS)

    def run() -> dict[str, Any]:
        import time

        start = time.perf_counter()
        if gradient:
            value, slope = jax.block_until_ready(backward(conductances, net, current))
            seconds = time.perf_counter() - start
            # Per relative change of the conductance: the same in any unit.
            return {"loss": value, "to_potassium": jnp.sum(slope[1] * conductances[1]), "seconds": seconds}
        v = jax.block_until_ready(forward(net, current))
        seconds = time.perf_counter() - start
        return {"spikes": upward_crossings(np.asarray(v)), "mean_v": v.mean(), "seconds": seconds}

    return run
