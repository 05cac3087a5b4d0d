"""Our side of the rate networks: one training step through the engine, with Adam of optax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.problems import DT_MS, LEARNING_RATE, TAU_MS, Problem, rate_network


def network(problem: Problem, dense: bool = False) -> Any:
    """The network of a problem; gap junctions read the state of the rate units."""
    import jax.numpy as jnp
    import numpy as np

    from neurotwin.network.engine import Dense, Network, Population, Projection, sparse
    from neurotwin.network.neurons.leaky_rate import LeakyRate
    from neurotwin.network.synapses.gap_junction import GapJunction

    class Coupling(GapJunction):
        reads = "m"

    n = problem["n"]
    units = Population("units", LeakyRate(tau_ms=TAU_MS, bias=jnp.asarray(problem["bias"])), n)
    if dense:
        matrix = np.zeros((n, n), np.float32)
        matrix[problem["post"], problem["pre"]] = problem["weight"]
        chemical = Dense(jnp.asarray(matrix))
    else:
        chemical = sparse(problem["post"], problem["pre"], problem["weight"], (n, n))
    projections = [Projection("units", "units", chemical, name="chemical")]
    if len(problem["gap"]):
        to, of, both = (
            np.concatenate(part)
            for part in (
                (problem["gap_a"], problem["gap_b"]),
                (problem["gap_b"], problem["gap_a"]),
                (problem["gap"], problem["gap"]),
            )
        )
        projections.append(Projection("units", "units", sparse(to, of, both, (n, n)), Coupling(), name="gap"))
    return Network([units], projections)


def prepare(chunk: int | None = None, **size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    from neurotwin.network.engine import simulate

    problem = rate_network(**size)
    net = network(problem, dense=bool(size.get("dense")))
    coupled = len(problem["gap"]) > 0
    # Each pair is one parameter: both directions read it.
    to = np.concatenate([problem["gap_a"], problem["gap_b"]])
    of = np.concatenate([problem["gap_b"], problem["gap_a"]])
    pair = jnp.asarray(np.tile(np.arange(len(problem["gap"])), 2)[np.lexsort((of, to))], jnp.int32)
    parameters = {
        "weight": net.projections[0].weights.values,
        "gap": jnp.asarray(problem["gap"]),
        "bias": net.populations[0].neuron.bias,
    }
    x, target = jnp.asarray(problem["x"]), jnp.asarray(problem["target"])
    adam = optax.adam(LEARNING_RATE)
    moments = adam.init(parameters)

    def loss(parameters: Any, net: Any, x: jax.Array, target: jax.Array, pair: jax.Array) -> jax.Array:
        net = eqx.tree_at(
            lambda q: (q.projections[0].weights.values, q.populations[0].neuron.bias),
            net,
            (parameters["weight"], parameters["bias"]),
        )
        if coupled:
            net = eqx.tree_at(lambda q: q.projections[1].weights.values, net, parameters["gap"][pair])
        run = simulate(net, {"units": x}, dt_ms=DT_MS, record={"units": ["m"]}, chunk=chunk)
        return jnp.mean((run.of("units", "m") - target) ** 2)

    @eqx.filter_jit
    def step(
        parameters: Any, moments: Any, net: Any, x: jax.Array, target: jax.Array, pair: jax.Array
    ) -> Any:
        value, slope = jax.value_and_grad(loss)(parameters, net, x, target, pair)
        updates, moments = adam.update(slope, moments)
        return value, optax.apply_updates(parameters, updates), moments

    def run() -> dict[str, Any]:
        nonlocal parameters, moments
        value, parameters, moments = jax.block_until_ready(step(parameters, moments, net, x, target, pair))
        return {"loss": float(value)}

    return run
