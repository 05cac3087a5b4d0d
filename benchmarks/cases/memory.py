"""A long training run in little memory: steps are computed anew instead of kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import OURS, Case, Side, register
from benchmarks.problems import DT_MS, LEARNING_RATE, TAU_MS, random_edges

READ = 20
"""Neurons that the loss looks at: the whole activity of 10,000 steps would be 320 MB by itself."""

SIZE = {"n": 1000, "synapses": 20_000, "t": 10_000, "b": 8}
SMALL = {"n": 100, "synapses": 1000, "t": 100, "b": 2}

register(
    Case(
        "memory",
        "training step, 1,000 neurons, 20,000 synapses, T 10,000, B 8: chunked, against everything kept",
        __name__,
        full=SIZE,
        quick=SMALL,
        peers=(Side("neurotwin, everything kept (chunk = T)", __name__, {"keep_everything": True}, OURS),),
        checks={"loss": 1e-4},
        at_least=round(1 / 1.35, 2),
        repeats=3,
        note="Asked: under 1 GB (peak memory of the whole process), and at most 1.35 times as long as with everything kept.",
    )
)


def prepare(keep_everything: bool = False, **size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call: an input to ``READ`` neurons, a target for as many others."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    from neurotwin.network.engine import Dense, Network, Population, Projection, Source, simulate, sparse
    from neurotwin.network.neurons.leaky_rate import LeakyRate

    rng = np.random.default_rng(0)
    n, t, b = size["n"], size["t"], size["b"]
    post, pre = random_edges(rng, n, size["synapses"])
    weight = (rng.normal(size=len(post)) / np.sqrt(size["synapses"] / n)).astype(np.float32)
    into, out = np.zeros((n, READ), np.float32), np.zeros((READ, n), np.float32)
    into[np.arange(READ), np.arange(READ)] = 1.0
    out[np.arange(READ), n - READ + np.arange(READ)] = 1.0
    net = Network(
        [
            Population("input", Source(), READ),
            Population("units", LeakyRate(tau_ms=TAU_MS), n),
            Population("readout", Source(), READ),
        ],
        [
            Projection("input", "units", Dense(jnp.asarray(into))),
            Projection("units", "units", sparse(post, pre, weight, (n, n)), name="recurrent"),
            Projection("units", "readout", Dense(jnp.asarray(out))),
        ],
    )
    x = jnp.asarray(rng.standard_normal((t, b, READ), np.float32))
    target = jnp.asarray(0.3 * rng.standard_normal((t, b, READ), np.float32))
    at = next(i for i, p in enumerate(net.projections) if p.label == "recurrent")
    values: jax.Array = net.projections[at].weights.values  # type: ignore[attr-defined]
    adam = optax.adam(LEARNING_RATE)
    moments = adam.init(values)

    def loss(values: jax.Array, net: Any, x: jax.Array, target: jax.Array) -> jax.Array:
        net = eqx.tree_at(lambda q: q.projections[at].weights.values, net, values)
        kept = {"chunk": t} if keep_everything else {}
        run = simulate(net, {"input": x}, dt_ms=DT_MS, record={"readout": ["output"]}, **kept)
        return jnp.mean((run.output("readout") - target) ** 2)

    @eqx.filter_jit
    def step(values: jax.Array, moments: Any, net: Any, x: jax.Array, target: jax.Array) -> Any:
        value, slope = jax.value_and_grad(loss)(values, net, x, target)
        updates, moments = adam.update(slope, moments)
        return value, optax.apply_updates(values, updates), moments

    def run() -> dict[str, Any]:
        nonlocal values, moments
        value, values, moments = jax.block_until_ready(step(values, moments, net, x, target))
        return {"loss": float(value)}

    return run
