"""A recurrent network on a biological wiring: the image enters at sensory neurons, the answer is read from the motor side."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.biology import NULLS, Connectome, load
from neurotwin.biology.larva import larva_connectome
from neurotwin.network.kernels import Pattern, pattern, sparse_product
from neurotwin.tasks.layers import Standardise
from neurotwin.tasks.task import Spec

STEPS, LEAK = 8, 0.5
NULL_SEED = 0


class ConnectomeNetwork(eqx.Module):
    """m ← (1 - λ) m + λ (W tanh(m) + b + x), λ = 1/2, eight steps with the image held at the sensory neurons.

    W has one weight for each pair of neurons that the connectome joins by chemical synapses and no other. Weights begin as
    the square root of the contact count with the connectome's sign (a random one where that is unknown), scaled so that
    the squares of those onto a neuron sum to 1; then they are free. Input and read-out are dense.

    Attributes
    ----------
    weight
        One for each synapse, float32 [E], in the order of ``wiring``.
    """

    scale: Standardise
    into: eqx.nn.Linear
    weight: jax.Array
    bias: jax.Array
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    wiring: Pattern
    inputs: jax.Array
    outputs: jax.Array

    def __init__(self, connectome: Connectome, spec: Spec, key: jax.Array) -> None:
        """``spec``: shape, classes, mean, sd, dropout."""
        pre, post, count, sign = connectome.edges("chemical")
        types = np.asarray(connectome.neurons["type"])
        n = connectome.n_neurons
        keys = jax.random.split(key, 3)
        drawn = 2.0 * np.asarray(jax.random.bernoulli(keys[0], 0.5, (len(pre),))) - 1.0
        strength = np.sqrt(count) * np.where(sign == 0, drawn, sign)
        norm = np.sqrt(np.bincount(post, strength**2, n))[post]
        self.wiring = pattern(post, pre, n, n)
        self.weight = jnp.asarray(strength / norm, jnp.float32)
        self.bias = jnp.zeros(n)
        self.inputs = jnp.asarray(np.flatnonzero(types == "sensory"), jnp.int32)
        self.outputs = jnp.asarray(np.flatnonzero(types == "motor"), jnp.int32)
        self.scale = Standardise(spec["mean"], spec["sd"])
        self.into = eqx.nn.Linear(math.prod(spec["shape"]), len(self.inputs), key=keys[1])
        self.out = eqx.nn.Linear(len(self.outputs), spec["classes"], key=keys[2])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    @property
    def n_inputs(self) -> int:
        """Neurons that the image reaches."""
        return len(self.inputs)

    def __call__(
        self, x: jax.Array, key: jax.Array | None = None, prefix: jax.Array | None = None
    ) -> jax.Array:
        """``[example, row, column, channel]`` → scores ``[example, class]``.

        ``prefix``, ``[step, sensory neuron]``, is current that comes before the image; where it is 0 nothing moves until then.
        """
        x = self.scale(x)
        drive = jax.vmap(self.into)(x.reshape(len(x), -1))
        m = jnp.zeros((len(x), len(self.bias)))
        for current in () if prefix is None else prefix:
            m = self._step(m, jnp.zeros_like(m).at[:, self.inputs].set(current))
        held = jnp.zeros_like(m).at[:, self.inputs].set(drive) + self.bias
        for _ in range(STEPS):
            m = self._step(m, held)
        read = self.dropout(jnp.tanh(m[:, self.outputs]), key=key, inference=key is None)
        return jax.vmap(self.out)(read)

    def _step(self, m: jax.Array, drive: jax.Array) -> jax.Array:
        return (1 - LEAK) * m + LEAK * (sparse_product(self.wiring, self.weight, jnp.tanh(m)) + drive)


@cache
def _connectome(animal: str, null: str) -> Connectome:
    real = larva_connectome() if animal == "larva" else load("worm").connectome
    return NULLS[null](real, NULL_SEED) if null else real


def builder(
    animal: str, null: str = "", kind: type[ConnectomeNetwork] = ConnectomeNetwork
) -> Callable[[Spec, jax.Array], ConnectomeNetwork]:
    """Of a network on the wiring of "worm" or "larva", or on a null of it (a name in ``NULLS``)."""
    return lambda spec, key: kind(_connectome(animal, null), spec, key)
