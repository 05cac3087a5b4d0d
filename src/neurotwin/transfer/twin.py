"""A fitted twin as the middle of a classifier, and back again: what a task made of it is a twin that can be examined."""

from __future__ import annotations

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.network import Twin
from neurotwin.network.activations import ACTIVATIONS
from neurotwin.network.kernels import Pattern, pattern
from neurotwin.tasks import Spec
from neurotwin.tasks.layers import Standardise

SETTLE_FRAMES, IMAGE_FRAMES = 4, 8
"""Frames without an image, in which a prompt may be shown, and frames in which the image is held."""
INTERFACES = ("into", "out")
"""What the twin does not have of its own: the way in and the way out."""


class SynapseValues(eqx.Module):
    """One number for each pair of neurons that a wiring joins.

    Attributes
    ----------
    values
        Float32 [E], in the order of ``wiring``.
    """

    values: jax.Array
    wiring: Pattern

    def matrix(self) -> jax.Array:
        """float32 [post, pre], 0 where there is no synapse."""
        empty = jnp.zeros((self.wiring.n_post, self.wiring.n_pre), self.values.dtype)
        return empty.at[self.wiring.post, self.wiring.pre].set(self.values)


class TwinClassifier(eqx.Module):
    """Image → current into the sensory neurons → the twin's own dynamics, nothing clamped → read-out of the motor neurons.

    One frame is that of ``neurotwin.network.dynamics`` for neurons that all run free, with the weights that all animals share::

        m ← m + (1 - exp(-dt/τ (1 + Σ_j G_ij))) ((W f(g m) + G m + b + I) / (1 + Σ_j G_ij) - m)

    Four frames without an image, then eight with it; the read-out sees f(g m) of the last one. One member of the ensemble is used.

    Attributes
    ----------
    weight
        W at the directed synapses, in units of drive.
    conductance
        log G at the gap junctions, each pair once (post > pre).
    log_rate, log_gain, bias
        log(dt/τ), log g and b of every neuron, float32 [N].
    into, out
        Dense layers: standardised pixels → current of each sensory neuron; activity of the motor neurons → score of each class.
    inputs, outputs
        Numbers of the sensory and of the motor neurons.
    """

    weight: SynapseValues
    conductance: SynapseValues
    log_rate: jax.Array
    log_gain: jax.Array
    bias: jax.Array
    scale: Standardise
    into: eqx.nn.Linear
    out: eqx.nn.Linear
    inputs: jax.Array
    outputs: jax.Array
    activation: str = eqx.field(static=True)

    def __init__(
        self,
        twin: Twin,
        inputs: np.ndarray,
        outputs: np.ndarray,
        spec: Spec,
        key: jax.Array,
        *,
        member: int = 0,
    ) -> None:
        """``inputs`` and ``outputs`` are numbers of neurons; ``spec``: shape, classes, mean, sd.

        Raises
        ------
        InputError
            No neuron to reach or to read.
        """
        for name, chosen in (("reaches", inputs), ("is read from", outputs)):
            if not len(chosen):
                raise InputError(
                    f"there is no neuron that the image {name}",
                    expected="sensory and motor neurons in the connectome's column type",
                )
        p, n = twin.parameters, len(twin.neurons)
        scale = np.asarray(twin.wiring.directed)
        post, pre = np.nonzero(scale)
        weight = np.asarray(p.directed[member]) * scale
        self.weight = SynapseValues(jnp.asarray(weight[post, pre]), pattern(post, pre, n, n))
        post, pre = _gap_pairs(twin)
        logs = np.asarray(p.log_conductance[member])
        both = (logs[post, pre] + logs[pre, post]) / 2
        self.conductance = SynapseValues(jnp.asarray(both), pattern(post, pre, n, n))
        cells = p.cells
        self.log_rate, self.log_gain, self.bias = (
            leaf[member] for leaf in (cells.log_rate, cells.log_gain, cells.bias)
        )
        keys = jax.random.split(key, 2)
        self.scale = Standardise(spec["mean"], spec["sd"])
        self.into = eqx.nn.Linear(math.prod(spec["shape"]), len(inputs), key=keys[0])
        self.out = eqx.nn.Linear(len(outputs), spec["classes"], key=keys[1])
        self.inputs, self.outputs = jnp.asarray(inputs, jnp.int32), jnp.asarray(outputs, jnp.int32)
        self.activation = twin.activation

    @property
    def n_inputs(self) -> int:
        """Neurons that the image reaches."""
        return len(self.inputs)

    def __call__(
        self, x: jax.Array, key: jax.Array | None = None, prefix: jax.Array | None = None
    ) -> jax.Array:
        """``[example, row, column, channel]`` → scores ``[example, class]``.

        ``prefix``, ``[step, sensory neuron]``, is current in the last of the frames before the image.
        """
        x = self.scale(x)
        drive = jax.vmap(self.into)(x.reshape(len(x), -1))
        before = jnp.zeros((SETTLE_FRAMES, self.n_inputs))
        if prefix is not None:
            if len(prefix) > SETTLE_FRAMES:
                raise InputError(
                    "the prompt is longer than the time before the image",
                    got=f"{len(prefix)} frames",
                    expected=f"{SETTLE_FRAMES} or fewer",
                )
            before = before.at[-len(prefix) :].set(prefix)
        m = self.run(jnp.zeros((1, len(self.bias))), before[:, None])[-1]
        m = jnp.broadcast_to(m, (len(x), m.shape[-1]))
        m = self.run(m, jnp.broadcast_to(drive, (IMAGE_FRAMES, *drive.shape)))[-1]
        return jax.vmap(self.out)(self._sent(m)[:, self.outputs])

    def run(self, m: jax.Array, current: jax.Array) -> jax.Array:
        """The dynamics from the state ``m`` [B, N] under ``current`` [frame, B, sensory neuron] → [frame, B, N]."""
        directed, half = self.weight.matrix(), jnp.exp(self.conductance.values)
        empty = jnp.zeros_like(directed)
        pairs = self.conductance.wiring
        electrical = empty.at[pairs.post, pairs.pre].set(half).at[pairs.pre, pairs.post].set(half)
        pull = 1.0 + electrical.sum(1)
        leak = 1.0 - jnp.exp(-jnp.exp(self.log_rate) * pull)

        def frame(m: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            total = self._sent(m) @ directed.T + m @ electrical.T + self.bias
            total = total.at[:, self.inputs].add(now)
            new = m + leak * (total / pull - m)
            return new, new

        return jax.lax.scan(frame, m, current)[1]

    def _sent(self, m: jax.Array) -> jax.Array:
        return ACTIVATIONS[self.activation](jnp.exp(self.log_gain) * m)


def put_back(network: Any, start: TwinClassifier, twin: Twin, member: int = 0) -> Twin:
    """The twin with the parameters that an adapted classifier has in its place.

    Parameters
    ----------
    network
        The classifier after training, merged where the method merges.
    start
        The classifier as it was made from ``twin``: what did not move stays bit for bit as it is there.
    twin
        The fitted one. Its observer, the animals' deviations and the private parts are left alone: the task does not touch them.

    Returns
    -------
    Twin
        An ensemble of one.
    """
    one: Any = jax.tree.map(lambda leaf: leaf[member : member + 1], twin.parameters)
    scale = np.asarray(twin.wiring.directed)
    directed = np.array(one.directed[0])
    post, pre = np.asarray(start.weight.wiring.post), np.asarray(start.weight.wiring.pre)
    moved = np.asarray(network.weight.values) - np.asarray(start.weight.values)
    directed[post, pre] += moved / scale[post, pre]
    logs = np.array(one.log_conductance[0])
    post, pre = _gap_pairs(twin)
    moved = np.asarray(network.conductance.values) - np.asarray(start.conductance.values)
    logs[post, pre] += moved
    logs[pre, post] += moved
    where = lambda p: (p.directed, p.log_conductance, p.cells.log_rate, p.cells.log_gain, p.cells.bias)  # noqa: E731
    found = (jnp.asarray(directed), jnp.asarray(logs), network.log_rate, network.log_gain, network.bias)
    parameters = eqx.tree_at(where, one, tuple(leaf[None] for leaf in found))
    return Twin(parameters, twin.wiring, twin.blueprint, twin.subjects, twin.activation)


def _gap_pairs(twin: Twin) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of every gap junction, the larger number first, sorted by it."""
    post, pre = np.nonzero(np.tril(np.asarray(twin.wiring.electrical) > 0, -1))
    return post, pre
