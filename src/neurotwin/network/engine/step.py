"""One step of a network: deliver, synapses, neurons, plasticity. The order is in :func:`network_step`."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.device import FULL
from neurotwin.network.engine.loop import Product
from neurotwin.network.engine.network import Network, Projection
from neurotwin.network.engine.weights import Sparse, Weights
from neurotwin.network.kernels import sparse_product
from neurotwin.network.neurons.base import Drive
from neurotwin.network.plasticity.base import learn

Carry = dict[str, Any]


def initial_carry(network: Network, lead: tuple[int, ...], dtype: Any, dt_ms: float) -> Carry:
    """State at rest.

    Returns
    -------
    dict
        "neurons" (population → states [..., N]), "sent" (population → what it sent last), "synapses", "plastic" (projection →
        states), "released" (projection → states and, as "out", what was released last), "rings" (what was sent before,
        projection → [D, ..., N]), "newest" (projection → slot).
    """
    shape = {p.name: (*lead, p.size) for p in network.populations}

    def filled(values: dict[str, Any], to: tuple[int, ...]) -> dict[str, jax.Array]:
        return {key: jnp.broadcast_to(jnp.asarray(value, dtype), to) for key, value in values.items()}

    neurons = {p.name: filled(_initial(p), shape[p.name]) for p in network.populations}
    sent = {p.name: p.neuron.output(neurons[p.name]) for p in network.populations}
    carry: Carry = {
        "neurons": neurons,
        "sent": sent,
        "synapses": {},
        "released": {},
        "plastic": {},
        "rings": {},
        "newest": {},
    }
    for projection in network.projections:
        label, pre, post = projection.label, shape[projection.pre], shape[projection.post]
        carry["synapses"][label] = filled(projection.synapse.initial(), post)
        if projection.release is not None:
            started = filled(projection.release.initial(), pre)
            carry["released"][label] = {**started, "out": _read(projection, carry)}
        depth = projection.ring_length(dt_ms)
        if depth:
            carry["rings"][label] = jnp.broadcast_to(_transmitted(projection, carry), (depth, *pre))
            carry["newest"][label] = jnp.asarray(depth - 1, jnp.int32)
        if projection.rule is not None:
            values = projection.weights.values  # type: ignore[attr-defined]
            carry["plastic"][label] = {
                "weights": jnp.broadcast_to(values, (*lead, *values.shape)),
                "synapse": filled(projection.rule.initial_synapse(), (*lead, *values.shape)),
                "pre": filled(projection.rule.initial_pre(), pre),
                "post": filled(projection.rule.initial_post(), post),
            }
    return carry


def _initial(population: Any) -> dict[str, Any]:
    return population.neuron.initial()


def _read(projection: Projection, carry: Carry) -> jax.Array:
    """What the synapses transmit: what the population sent, or one of its states."""
    reads = type(projection.synapse).reads
    return carry["sent"][projection.pre] if reads == "output" else carry["neurons"][projection.pre][reads]


def _transmitted(projection: Projection, carry: Carry) -> jax.Array:
    """As :func:`_read`, after short-term plasticity."""
    return (
        _read(projection, carry) if projection.release is None else carry["released"][projection.label]["out"]
    )


def past(carry: Carry, label: str) -> jax.Array | None:
    """What went into the ring of a projection before the newest, oldest first; None without one."""
    if label not in carry["rings"]:
        return None
    ring = carry["rings"][label]
    return jnp.roll(ring, -1 - carry["newest"][label], axis=0)[:-1]


def operators_of(network: Network, dt_ms: float) -> dict[str, Weights]:
    """The weights that the loop multiplies with; plastic ones are in the carry instead."""
    return {p.label: p.weights.at(dt_ms) for p in network.projections if p.rule is None}


def without_weights(network: Network) -> Network:
    """The network's other parameters; plastic projections keep theirs, for their pattern."""
    fixed = [i for i, p in enumerate(network.projections) if p.rule is None]
    if not fixed:
        return network
    return eqx.tree_at(
        lambda n: [n.projections[i].weights for i in fixed],
        network,
        [None] * len(fixed),
        is_leaf=lambda x: x is None,
    )


def network_step(
    network: Network,
    totals: dict[str, jax.Array],
    product: Product,
    carry: Carry,
    inputs: dict[str, Any],
    dt_ms: float,
) -> Carry:
    """One step, from t to t + dt.

    1. What was sent a delay ago is multiplied by the weights and arrives.
    2. Each synapse takes it in, gives its drive over the step, and decays.
    3. Each neuron moves under the summed drives and its injected current, and sends.
    4. What was sent is released, enters the rings; plastic weights learn from what arrived and what their neuron sent.
    """
    drives: dict[str, Drive] = {}
    for population in network.populations:
        given = inputs["current"].get(population.name)
        drives[population.name] = Drive(
            jnp.zeros_like(carry["sent"][population.name]) if given is None else given
        )
    after: Carry = {
        **carry,
        "synapses": {},
        "released": {},
        "plastic": {},
        "rings": {},
        "newest": {},
        "neurons": {},
        "sent": {},
    }
    arriving: dict[str, jax.Array] = {}
    for projection in network.projections:
        label = projection.label
        arrived = _arrive(projection, product, carry, arriving)
        state = carry["neurons"][projection.post]
        post = network.population(projection.post).neuron
        v = state["v"] if "v" in state else jnp.zeros_like(arrived)
        after["synapses"][label], drive = projection.synapse.step(
            carry["synapses"][label],
            arrived,
            v,
            dt_ms,
            membrane_ms=post.membrane_ms(),
            total=totals.get(label, 0.0),
        )
        sum_ = drives[projection.post]
        drives[projection.post] = Drive(sum_.current + drive.current, sum_.conductance + drive.conductance)
    for population in network.populations:
        name = population.name
        after["neurons"][name], after["sent"][name] = population.neuron.update(
            carry["neurons"][name], drives[name], dt_ms
        )
    for projection in network.projections:
        _remember(projection, carry, after, dt_ms)
        if projection.rule is not None:
            _learn(projection, carry, after, arriving[projection.label], inputs["reward"], dt_ms)
    return after


def _arrive(
    projection: Projection, product: Product, carry: Carry, arriving: dict[str, jax.Array]
) -> jax.Array:
    """Σ_j w_ij s_j(t - d_ij); notes in ``arriving`` what plastic synapses received."""
    label = projection.label
    sending = _transmitted(projection, carry)
    ring = (carry["rings"][label], carry["newest"][label]) if label in carry["rings"] else None
    if ring is not None and projection.delay_ms is not None:
        sending, ring = ring[0][(ring[1] + 1) % len(ring[0])], None
    if projection.rule is None:
        return product(label, sending, ring)
    arriving[label] = sending
    values = carry["plastic"][label]["weights"]
    if isinstance(projection.weights, Sparse):
        return sparse_product(projection.weights.pattern, values, sending, projection.weights.implementation)
    return jnp.einsum("...ij,...j->...i", values, sending, precision=FULL)


def _remember(projection: Projection, carry: Carry, after: Carry, dt_ms: float) -> None:
    """Release, and put into the ring, what was sent at the end of the step."""
    label = projection.label
    if projection.release is not None:
        before = {key: value for key, value in carry["released"][label].items() if key != "out"}
        state, out = projection.release.step(before, _read(projection, after), dt_ms)
        after["released"][label] = {**state, "out": out}
    if label not in carry["rings"]:
        return
    ring, slot = carry["rings"][label], (carry["newest"][label] + 1) % len(carry["rings"][label])
    after["rings"][label] = jax.lax.dynamic_update_index_in_dim(
        ring, _transmitted(projection, after), slot, 0
    )
    after["newest"][label] = slot


def _learn(
    projection: Projection, carry: Carry, after: Carry, arrived: jax.Array, reward: jax.Array, dt_ms: float
) -> None:
    label, before = projection.label, carry["plastic"][projection.label]
    assert projection.rule is not None
    weights = projection.weights
    if isinstance(weights, Sparse):
        spread_pre = lambda x: x[..., weights.pattern.pre]  # noqa: E731
        spread_post = lambda x: x[..., weights.pattern.post]  # noqa: E731
    else:
        spread_pre = lambda x: x[..., None, :]  # noqa: E731
        spread_post = lambda x: x[..., :, None]  # noqa: E731
    w, synapse, pre, post = learn(
        projection.rule,
        before["weights"],
        before["synapse"],
        before["pre"],
        before["post"],
        arrived,
        after["sent"][projection.post],
        dt_ms,
        reward,
        spread_pre,
        spread_post,
    )
    after["plastic"][label] = {"weights": w, "synapse": synapse, "pre": pre, "post": post}
