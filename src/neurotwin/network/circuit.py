"""The smallest circuit with feedback: two neurons that drive each other, in closed form and as a twin.

With f the activation, x the input of each neuron, and w₁₂ the weight from neuron 2 to neuron 1::

    y₁ = f(x₁ + w₁₂ f(x₂))
    y₂ = f(x₂ + w₂₁ f(x₁))

It is one step of the twin's dynamics (``neurotwin.network.dynamics``) in the limit of a vanishing time
constant, where a neuron forgets all but its present drive. Both neurons are clamped to x for one frame, so
that they send f(x); the current x flows into them; what the network then expects of them is m = x + W f(x),
and y = f(m).
"""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from numpy.typing import ArrayLike

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology, Connectome
from neurotwin.blueprint import Blueprint, design
from neurotwin.network.activations import ACTIVATIONS
from neurotwin.network.dynamics import Drive, rollout
from neurotwin.network.parameters import Parameters, assemble, initial_parameters
from neurotwin.network.twin import Twin
from neurotwin.network.wiring import wiring_of

NEURONS = ("N1", "N2")
STEP_MS = 1.0
TIME_CONSTANT_MS = 1e-3
"""A thousandth of a step: exp(-1000) is 0 in float32, so that the leak is exactly 1."""

PRIVATE_OFF = -40.0
"""Logit of decay and gain of the private component: both are 0 to float precision."""


def closed_form(x: ArrayLike, w12: float, w21: float) -> np.ndarray:
    """Responses by the formula, with f = tanh.

    Parameters
    ----------
    x
        Input of each neuron, float [..., 2], no unit.
    w12, w21
        Weight from neuron 2 to neuron 1, and from 1 to 2.

    Returns
    -------
    ndarray
        float64 [..., 2].

    Examples
    --------
    >>> closed_form([0.3, 0.7], w12=0.5, w21=0.3).round(6).tolist()
    [0.538602, 0.65693]
    """
    inputs = _pairs("x", x)
    w = np.array([[0.0, w12], [w21, 0.0]])  # [post, pre]
    return np.tanh(inputs + np.tanh(inputs) @ w.T)


def two_neuron_twin(w12: float, w21: float) -> Twin:
    """A twin whose response is the closed form: a chemical synapse of unknown sign in each direction."""
    blueprint = _blueprint()
    wiring = wiring_of(blueprint)
    # Edges are sorted by post, then pre: N2 → N1 comes first.
    weights = {"chemical": np.array([w12, w21], np.float64)}
    parameters = initial_parameters(blueprint, wiring, weights, n_animals=1)
    off = jnp.full(len(NEURONS), PRIVATE_OFF, jnp.float32)
    private = lambda p: (p.cells.private_decay, p.cells.private_gain)  # noqa: E731
    parameters = eqx.tree_at(private, parameters, (off, off))
    ensemble_of_one = jax.tree.map(lambda leaf: leaf[None], parameters)
    return Twin(ensemble_of_one, wiring, blueprint, subjects=("circuit",))


def respond(twin: Twin, x: ArrayLike) -> np.ndarray:
    """Responses of a two-neuron twin, float32 [sample, 2], to inputs ``x``, float [sample, 2] or [2]."""
    drive = _drive(np.atleast_2d(_pairs("x", x)))
    expected = twin.run(*(np.asarray(part[0]) for part in drive[:3]), current=np.asarray(drive.recorded[0]))
    return np.asarray(ACTIVATIONS[twin.activation](jnp.asarray(expected[:, 0])))


def recover_weights(
    x: ArrayLike,
    y: ArrayLike,
    *,
    start: tuple[float, float] = (-0.4, 0.9),
    steps: int = 400,
    learning_rate: float = 0.05,
) -> tuple[float, float]:
    """Find w₁₂ and w₂₁ from samples, by gradient descent (Adam) through the twin's own dynamics.

    Parameters
    ----------
    x, y
        Inputs and responses, float [sample, 2].
    start
        Weights to start from.
    steps, learning_rate
        Of Adam.

    Returns
    -------
    w12, w21
        The weights after the last step.

    Raises
    ------
    InputError
        If ``x`` and ``y`` are not pairs of finite numbers, as many of the one as of the other.
    """
    inputs, responses = np.atleast_2d(_pairs("x", x)), np.atleast_2d(_pairs("y", y))
    if inputs.shape != responses.shape:
        raise InputError("x and y differ in length", got=f"{len(inputs)} and {len(responses)} samples")
    twin = two_neuron_twin(*start)
    drive, target = _drive(inputs), jnp.asarray(responses, jnp.float32)
    member: Parameters = jax.tree.map(lambda leaf: leaf[0], twin.parameters)
    f = ACTIVATIONS[twin.activation]

    def loss(directed: jax.Array) -> jax.Array:
        parameters = eqx.tree_at(lambda p: p.directed, member, directed)
        expected = rollout(parameters.cells, assemble(parameters, twin.wiring), drive, twin.activation)
        return jnp.mean((f(expected[0, :, 0]) - target) ** 2)

    adam = optax.adam(learning_rate)

    def step(
        carry: tuple[jax.Array, optax.OptState], _: None
    ) -> tuple[tuple[jax.Array, optax.OptState], None]:
        directed, moments = carry
        updates, moments = adam.update(jax.grad(loss)(directed), moments)
        return (jnp.asarray(optax.apply_updates(directed, updates)), moments), None

    directed = jax.lax.scan(step, (member.directed, adam.init(member.directed)), length=steps)[0][0]
    return float(directed[0, 1]), float(directed[1, 0])


def _blueprint() -> Blueprint:
    """Two neurons without memory, a synapse of one contact from each to the other."""
    synapses = pd.DataFrame({"pre": NEURONS, "post": NEURONS[::-1], "kind": "chemical", "weight": 1.0})
    connectome = Connectome(pd.DataFrame({"name": NEURONS}), synapses)
    blueprint = design(Biology("two neurons", connectome), dt_ms=STEP_MS, motif_nulls=None)
    without_memory = tuple(replace(one, time_constant_ms=TIME_CONSTANT_MS) for one in blueprint.populations)
    return replace(blueprint, populations=without_memory)


def _drive(inputs: np.ndarray) -> Drive:
    """Clamp both neurons to ``inputs`` for the one frame there is, and inject them as current."""
    frames = jnp.asarray(inputs, jnp.float32)[None, :, None]
    samples = (1, len(inputs))
    return Drive(
        recorded=frames,
        clamped=jnp.ones((*samples, len(NEURONS)), bool),
        release=jnp.ones(samples, jnp.int32),
        current=frames,
    )


def _pairs(name: str, values: ArrayLike) -> np.ndarray:
    pairs = np.asarray(values, np.float64)
    if pairs.ndim == 0 or pairs.shape[-1] != len(NEURONS) or not np.isfinite(pairs).all():
        raise InputError(
            f"{name} is not one finite number for each of two neurons",
            got=f"shape {pairs.shape}",
            expected="[..., 2]",
        )
    return pairs
