"""The expressive leaky memory neuron: a compact twin of one detailed cell."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.network.checks import positive
from neurotwin.network.integrate import Parameter


class ELM(eqx.Module):
    """One neuron with many synapses and a few slow memories.

    s ← s e^{-dt/τ_s} + |w_s| x; Δ = tanh(MLP([s, m e^{-dt/τ_m}])); m ← m e^{-dt/τ_m} + (1 - e^{-λ dt/τ_m}) Δ; y = W_y m + b.

    Source: Spieler et al. 2024, ICLR, "The Expressive Leaky Memory neuron", eq. 1-4, with λ = 5; synapses are not summed to
    branches here. It is not one of a population that shares a current: each neuron has synapses of its own, so it runs by
    itself (:meth:`run`).

    Attributes
    ----------
    synaptic
        Weights, float [S]; signs belong to the input.
    tau_s_ms
        Time constants of the synaptic traces, float [S].
    log_tau_m
        log of the memories' time constants in ms, float [M].
    hidden, hidden_bias, update, update_bias
        The MLP: [H, S + M], [H], [M, H], [M].
    readout, readout_bias
        [outputs, M], [outputs].
    """

    synaptic: jax.Array
    tau_s_ms: jax.Array
    log_tau_m: jax.Array
    hidden: jax.Array
    hidden_bias: jax.Array
    update: jax.Array
    update_bias: jax.Array
    readout: jax.Array
    readout_bias: jax.Array
    rate: float = eqx.field(static=True, default=5.0)

    @staticmethod
    def make(
        n_synapses: int,
        n_memories: int = 20,
        n_hidden: int | None = None,
        n_outputs: int = 1,
        *,
        tau_s_ms: Parameter = 5.0,
        memory_ms: tuple[float, float] = (1.0, 150.0),
        seed: int = 0,
    ) -> ELM:
        """A neuron with random weights; memories' time constants are spread evenly on a log scale over ``memory_ms``."""
        for name, value in (("n_synapses", n_synapses), ("n_memories", n_memories), ("n_outputs", n_outputs)):
            if value < 1:
                raise InputError("an ELM neuron needs at least one of each", got=f"{name} = {value}")
        positive("ELM", tau_s_ms=tau_s_ms, shortest_memory_ms=memory_ms[0], longest_memory_ms=memory_ms[1])
        width = n_hidden or 2 * n_memories
        rng = np.random.default_rng(seed)

        def uniform(*shape: int) -> jax.Array:
            bound = 1 / np.sqrt(shape[-1])
            return jnp.asarray(rng.uniform(-bound, bound, shape), jnp.float32)

        return ELM(
            synaptic=jnp.full(n_synapses, 0.5, jnp.float32),
            tau_s_ms=jnp.broadcast_to(jnp.asarray(tau_s_ms, jnp.float32), (n_synapses,)),
            log_tau_m=jnp.linspace(np.log(memory_ms[0]), np.log(memory_ms[1]), n_memories, dtype=jnp.float32),
            hidden=uniform(width, n_synapses + n_memories),
            hidden_bias=jnp.zeros(width, jnp.float32),
            update=uniform(n_memories, width),
            update_bias=jnp.zeros(n_memories, jnp.float32),
            readout=uniform(n_outputs, n_memories),
            readout_bias=jnp.zeros(n_outputs, jnp.float32),
        )

    def step(
        self, state: tuple[jax.Array, jax.Array], x: jax.Array, dt_ms: float
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        """State (s [..., S], m [..., M]) after a step with input x [..., S], and the output [..., outputs]."""
        s, m = state
        tau_m = jnp.exp(self.log_tau_m)
        s = s * jnp.exp(-dt_ms / self.tau_s_ms) + jnp.abs(self.synaptic) * x
        kept = m * jnp.exp(-dt_ms / tau_m)
        hidden = jax.nn.relu(jnp.concatenate([s, kept], -1) @ self.hidden.T + self.hidden_bias)
        change = jnp.tanh(hidden @ self.update.T + self.update_bias)
        m = kept - jnp.expm1(-self.rate * dt_ms / tau_m) * change
        return (s, m), m @ self.readout.T + self.readout_bias

    def run(self, inputs: jax.Array, dt_ms: float) -> jax.Array:
        """Outputs [T, ..., outputs] to inputs [T, ..., S] (signed spikes), from rest."""
        if inputs.shape[-1] != self.synaptic.shape[0]:
            raise InputError(
                "the input does not fit the synapses",
                got=f"shape {inputs.shape}",
                expected=f"[..., {self.synaptic.shape[0]}]",
            )
        lead = inputs.shape[1:-1]
        start = (
            jnp.zeros(inputs.shape[1:], inputs.dtype),
            jnp.zeros((*lead, *self.log_tau_m.shape), inputs.dtype),
        )
        return jax.lax.scan(lambda state, x: self.step(state, x, dt_ms), start, inputs)[1]
