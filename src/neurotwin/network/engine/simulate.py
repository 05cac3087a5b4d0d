"""Run a network; differentiate through the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from neurotwin._base.errors import DivergenceError, InputError, unknown_name
from neurotwin.network.engine.loop import run_loop
from neurotwin.network.engine.network import Network
from neurotwin.network.engine.one_function import fits
from neurotwin.network.engine.step import (
    Carry,
    initial_carry,
    network_step,
    operators_of,
    past,
    without_weights,
)


class Simulation(eqx.Module):
    """What a run gives.

    Attributes
    ----------
    recorded
        Population → what was asked for → float [T, ..., N]; "output" is what the neurons sent (1 for a spike).
    final
        State after the last step: hand it to the next run as ``initial`` to go on.
    dt_ms
        Step. Row n of what is recorded belongs to the time ``(n + 1) dt_ms`` after the start.
    """

    recorded: dict[str, dict[str, jax.Array]]
    final: Carry
    dt_ms: float = eqx.field(static=True)

    def output(self, population: str) -> jax.Array:
        """What a population sent, float [T, ..., N]."""
        return self.of(population, "output")

    def of(self, population: str, state: str) -> jax.Array:
        """A recorded state of a population, float [T, ..., N]."""
        if population not in self.recorded:
            raise unknown_name("population", population, sorted(self.recorded))
        if state not in self.recorded[population]:
            raise unknown_name("recorded state", state, sorted(self.recorded[population]))
        return self.recorded[population][state]

    def weights(self, projection: str) -> jax.Array:
        """The weights of a plastic projection after the run."""
        if projection not in self.final["plastic"]:
            raise unknown_name("plastic projection", projection, sorted(self.final["plastic"]))
        return self.final["plastic"][projection]["weights"]


def simulate(
    network: Network,
    inputs: Mapping[str, ArrayLike] | None = None,
    *,
    dt_ms: float,
    n_steps: int | None = None,
    record: Mapping[str, Sequence[str]] | None = None,
    initial: Carry | None = None,
    reward: ArrayLike | None = None,
    chunk: int | None = None,
    dtype: Any = jnp.float32,
) -> Simulation:
    """Simulate; one compiled loop, differentiable in reverse mode with respect to network, inputs and initial state.

    Batches are a leading axis of the inputs, which shares the weights; seeds and parameter sets are ``jax.vmap`` of this function.

    Parameters
    ----------
    network
        Populations and projections.
    inputs
        Current into each neuron of a population (pA; no unit for rate units; what a ``Source`` sends): [N] held constant, or
        [T, N], or [T, batch, N].
    dt_ms
        Step.
    n_steps
        Number of steps, where no input gives it.
    record
        Population → names of states, "output" among them; every population's output by default.
    initial
        ``final`` of an earlier run; rest by default.
    reward
        For rules that are modulated by it: [T] or one number, 0 by default.
    chunk
        Steps whose intermediate values are kept at once for a gradient: chosen by the memory they take by default (about √T
        in a long run); T to compute nothing twice.
    dtype
        float32 or float64 (which JAX has to be told to use: ``jax.config.update("jax_enable_x64", True)``).

    Raises
    ------
    InputError
        If shapes or lengths disagree, a name is unknown, a number is not finite, or a delay is shorter than a step.
    DivergenceError
        If the simulation leaves the finite numbers: names population, neuron, time and state. Not inside ``jit``, ``grad`` or
        ``vmap``, where no number can be looked at.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from neurotwin.network.engine import Dense, Network, Population, Projection, simulate
    >>> from neurotwin.network.neurons import LIF
    >>> network = Network([Population("cell", LIF(refractory_ms=2.0), 1)])
    >>> run = simulate(network, {"cell": [500.0]}, dt_ms=0.1, n_steps=1000)
    >>> int(run.output("cell").sum())  # 100 ms at 500 pA: 1 / (2 ms + 10 ms · ln 4)
    6
    """
    dtype = jnp.dtype(dtype)
    _check_settings(dt_ms, dtype, chunk)
    constant, timed, lead, length = _inputs(network, inputs or {}, n_steps, dtype)
    for projection in network.projections:
        projection.weights.at(dt_ms)
        if projection.delay_ms is not None and projection.delay_ms < dt_ms * (1 - 1e-6):
            raise InputError(
                "a delay is shorter than the step",
                got=f"{projection.delay_ms:g} ms in {projection.label} with a step of {dt_ms:g} ms",
                expected="at least one step",
                fix="use a smaller dt_ms, a longer delay, or none",
            )
    network = jax.tree.map(lambda x: x.astype(dtype) if eqx.is_inexact_array(x) else x, network)
    asked = _asked(network, record)
    start = initial_carry(network, lead, dtype, dt_ms) if initial is None else initial
    if jax.tree.structure(start) != jax.tree.structure(initial_carry(network, lead, dtype, dt_ms)):
        raise InputError(
            "the initial state is not one of this network", fix="use `final` of a run of the same network"
        )
    given = (
        jnp.zeros(length, dtype)
        if reward is None
        else jnp.broadcast_to(jnp.asarray(reward, dtype), (length,))
    )
    final, recorded = _run(network, start, constant, timed, given, dt_ms, asked, chunk)
    if _known(final) and not _finite(final):
        _explain(network, start, constant, timed, given, dt_ms)
    return Simulation({name: dict(values) for name, values in recorded.items()}, final, dt_ms)


@eqx.filter_jit
def _run(
    network: Network,
    start: Carry,
    constant: dict[str, jax.Array],
    timed: dict[str, jax.Array],
    reward: jax.Array,
    dt_ms: float,
    asked: tuple[tuple[str, tuple[str, ...]], ...],
    chunk: int | None,
) -> tuple[Carry, dict[str, dict[str, jax.Array]]]:
    totals = {p.label: p.weights.total() for p in network.projections if type(p.synapse).needs_total_weight}
    parameters = (without_weights(network), totals, constant)

    def step(parameters: Any, product: Any, carry: Carry, now: Any) -> tuple[Carry, Any]:
        bare, totals, constant = parameters
        currents, reward = now
        given = {"current": {**constant, **currents}, "reward": reward}
        after = network_step(bare, totals, product, carry, given, dt_ms)
        return after, {name: {key: _recorded(after, name, key) for key in keys} for name, keys in asked}

    now = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), (timed, reward))
    return run_loop(
        step,
        parameters,
        operators_of(network, dt_ms),
        start,
        (timed, reward),
        chunk=chunk,
        past=past,
        one_function=not network.projections and fits(partial(step, parameters, None), start, now),
    )


def _recorded(carry: Carry, population: str, key: str) -> jax.Array:
    return carry["sent"][population] if key == "output" else carry["neurons"][population][key]


def _check_settings(dt_ms: float, dtype: Any, chunk: int | None) -> None:
    if not (np.isfinite(dt_ms) and dt_ms > 0):
        raise InputError("the step is not a positive time", got=f"dt_ms = {dt_ms}", expected="ms, > 0")
    if dtype not in (jnp.float32, jnp.float64):
        raise InputError("not a type to simulate in", got=str(dtype), expected="float32 or float64")
    if dtype == jnp.float64 and not jax.config.read("jax_enable_x64"):
        raise InputError(
            "JAX is set to 32 bits",
            got="dtype=float64",
            fix='jax.config.update("jax_enable_x64", True) before the first array',
        )
    if chunk is not None and chunk < 1:
        raise InputError("a chunk has at least one step", got=chunk)


def _inputs(
    network: Network, inputs: Mapping[str, ArrayLike], n_steps: int | None, dtype: Any
) -> tuple[dict[str, jax.Array], dict[str, jax.Array], tuple[int, ...], int]:
    """Constant and timed currents, leading axes of the state, number of steps."""
    constant: dict[str, jax.Array] = {}
    timed: dict[str, jax.Array] = {}
    for name, value in inputs.items():
        size = network.population(name).size
        current = jnp.asarray(value, dtype)
        if current.ndim not in (1, 2, 3) or current.shape[-1] != size:
            raise InputError(
                f"the input of {name!r} does not fit",
                got=f"shape {current.shape}",
                expected=f"({size},), (time, {size}) or (time, batch, {size})",
            )
        if _known(value) and not np.isfinite(np.asarray(value)).all():
            at = np.argwhere(~np.isfinite(np.asarray(value)))[0]
            raise InputError(
                f"the input of {name!r} is not finite",
                got=f"{np.asarray(value)[tuple(at)]} at index {tuple(int(i) for i in at)}",
            )
        (constant if current.ndim == 1 else timed)[name] = current
    lengths = {name: len(value) for name, value in timed.items()}
    if n_steps is not None:
        lengths["n_steps"] = n_steps
    if len(set(lengths.values())) != 1:
        raise InputError(
            "the number of steps is unknown" if not lengths else "lengths disagree",
            got=lengths or "neither inputs over time nor n_steps",
            expected="one number of steps",
        )
    batches = {name: value.shape[1:-1] for name, value in timed.items() if value.ndim == 3}
    if len(set(batches.values())) > 1:
        raise InputError("batches disagree", got=batches, expected="one size of batch")
    lead = next(iter(batches.values()), ())
    timed = {name: value if value.ndim == 3 or not lead else value[:, None] for name, value in timed.items()}
    return constant, timed, lead, next(iter(lengths.values()))


def _asked(
    network: Network, record: Mapping[str, Sequence[str]] | None
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if record is None:
        return tuple((p.name, ("output",)) for p in network.populations)
    for name, keys in record.items():
        options = ["output", *network.population(name).neuron.initial()]
        for key in keys:
            if key not in options:
                raise unknown_name(f"state of {name!r}", key, options)
    return tuple((name, tuple(keys)) for name, keys in record.items())


def _known(tree: Any) -> bool:
    return not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree))


@eqx.filter_jit
def _finite(tree: Any) -> jax.Array:
    checks = [jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree) if eqx.is_inexact_array(leaf)]
    return jnp.stack(checks).all()


def _explain(
    network: Network, carry: Carry, constant: Any, timed: Any, reward: jax.Array, dt_ms: float
) -> None:
    """Repeat the run a step at a time up to the first number that is not finite, and name it."""
    for n in range(len(reward)):
        currents, paid = jax.tree.map(lambda x, n=n: x[n : n + 1], (timed, reward))
        carry, _ = _run(network, carry, constant, currents, paid, dt_ms, (), 1)
        for kind in ("neurons", "synapses", "plastic"):
            for owner, states in carry[kind].items():
                for state, value in states.items():
                    bad = [np.argwhere(~np.isfinite(np.asarray(leaf))) for leaf in jax.tree.leaves(value)]
                    if any(len(where) for where in bad):
                        at = next(where for where in bad if len(where))[0]
                        raise DivergenceError(
                            "the simulation left the finite numbers",
                            got=f"state {state!r} of {owner!r}, neuron {int(at[-1])}, at {(n + 1) * dt_ms:g} ms",
                            fix="use a smaller dt_ms, a method of higher order, or smaller inputs and weights",
                        )
