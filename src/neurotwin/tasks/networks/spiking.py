"""The convolutional network with leaky integrate-and-fire neurons in place of the rectifiers."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.neurons import LIF, Drive
from neurotwin.tasks.networks.convolutional import ConvolutionalNetwork, pooled
from neurotwin.tasks.task import Spec

STEPS = 4
"""Time steps of 1 ms for which an image is shown."""
TAU_MS = 2.0


class SpikingConvolutionalNetwork(ConvolutionalNetwork):
    """Convolution, pool, LIF; the same again; dense, LIF; the read-out's mean over time.

    The image is a current into the first convolution, the same at every step (direct encoding), so that this convolution is
    computed once. Between layers there are spikes, 0 or 1. A neuron's membrane has rest 0, threshold 1, reset 0 (mV) and a
    resistance of 1 GΩ (1 pA moves it by 1 mV in the end); gradients pass through spikes by an arctan surrogate
    (Neftci, Mostafa & Zenke 2019; Fang et al. 2021, ICCV).
    """

    neuron: LIF
    steps: int = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: as for the convolutional network; steps where they are not ``STEPS``."""
        super().__init__(spec, key)
        self.neuron = LIF(
            tau_m_ms=TAU_MS,
            capacitance_pF=TAU_MS,
            v_rest_mV=0.0,
            v_threshold_mV=1.0,
            v_reset_mV=0.0,
            refractory_ms=0.0,
            surrogate="arctan",
        )
        self.steps = int(spec.get("steps", STEPS))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, row, column, channel]`` → scores ``[example, class]``."""
        return self.run(x, key)[0]

    def run(self, x: jax.Array, key: jax.Array | None = None) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Scores, and the mean number of spikes a step of each population."""
        current = pooled(self.first, self.scale(x))
        states: list[Any] = [None, None, None]
        scores, counts = 0.0, [jnp.zeros(())] * 3
        for _ in range(self.steps):
            states[0], spikes = self._fire(states[0], current)
            counts[0] += spikes.mean() / self.steps
            states[1], spikes = self._fire(states[1], pooled(self.second, spikes))
            counts[1] += spikes.mean() / self.steps
            drive = jax.vmap(self.dense)(spikes.reshape(len(x), -1))
            states[2], spikes = self._fire(states[2], drive)
            counts[2] += spikes.mean() / self.steps
            # one key for all steps: a silenced neuron is silent for the whole image
            spikes = self.dropout(spikes, key=key, inference=key is None)
            scores += jax.vmap(self.out)(spikes) / self.steps
        return jnp.asarray(scores), dict(zip(("first", "second", "dense"), counts, strict=True))

    def _fire(self, state: Any, current: jax.Array) -> tuple[Any, jax.Array]:
        """One step of 1 ms of every neuron of a population."""
        if state is None:
            state = {
                name: jnp.full(current.shape, value, current.dtype)
                for name, value in self.neuron.initial().items()
            }
        return self.neuron.update(state, Drive(current), 1.0)
