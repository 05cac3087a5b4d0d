"""The expressive leaky memory neuron: a compact twin of one detailed cell."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.network.checks import finite, positive
from neurotwin.network.device import linear
from neurotwin.network.integrate import Parameter


class ELM(eqx.Module):
    """One neuron with many synapses and a few slow memories.

    s ← s e^{-dt/τ_s} + |w_s| x, summed to branches; Δ = tanh(MLP([s, m e^{-dt/τ_m}])); m ← m e^{-dt/τ_m} + (1 - e^{-λ dt/τ_m}) Δ;
    y = W_y m + b. The MLP has one hidden layer of ReLU. Since |Δ| < 1, |m| stays below λ (for λ >= 1) without any bound of its own.

    Source: Spieler et al. 2024, ICLR, "The Expressive Leaky Memory neuron", with λ = 5; branches are those of its Branch-ELM,
    each of neighbouring synapses. Departures: |w_s| where the authors' code takes relu(w_s), so that no synapse is lost to
    training; tanh without their factors (1.7159 tanh(2x/3)); τ_m is learned as its logarithm, not as a bounded sigmoid.

    It is not a :class:`Neuron` of a population: those share one current a neuron, here every synapse of every neuron is told
    apart, and the MLP is no elementwise operation. It runs by itself (:meth:`run`), in steps of any length. Many such
    neurons are stacked ELMs, each leaf and the inputs with a leading axis [N], under ``eqx.filter_vmap``.

    Attributes
    ----------
    synaptic
        Weights, float [S]; signs belong to the input.
    tau_s_ms
        Time constants of the synaptic traces, float [S].
    log_tau_m
        log of the memories' time constants in ms, float [M].
    hidden, hidden_bias, update, update_bias
        The MLP: [H, B + M] with B branches (B = S without), [H], [M, H], [M].
    readout, readout_bias
        [outputs, M], [outputs].

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from neurotwin.network.neurons import ELM
    >>> cell = ELM.make(n_synapses=8, n_memories=3, n_branches=4, n_outputs=2)
    >>> cell.run(jnp.ones((50, 16, 8)), dt_ms=1.0).shape  # [time, batch, outputs] for [time, batch, synapses]
    (50, 16, 2)
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

    def __check_init__(self) -> None:
        positive("ELM", tau_s_ms=self.tau_s_ms, rate=self.rate)
        finite("ELM", log_tau_m=self.log_tau_m)

    @staticmethod
    def make(
        n_synapses: int,
        n_memories: int = 20,
        n_hidden: int | None = None,
        n_outputs: int = 1,
        *,
        n_branches: int | None = None,
        tau_s_ms: Parameter = 5.0,
        memory_ms: tuple[float, float] = (1.0, 150.0),
        seed: int = 0,
    ) -> ELM:
        """A neuron with random weights, float32.

        Parameters
        ----------
        n_synapses, n_memories, n_hidden, n_outputs
            S, M, H (2 M by default) and how many readouts (in the paper two: spike and somatic potential).
        n_branches
            Neighbouring synapses whose traces are summed before the MLP; S is a multiple of it. None: each on its own.
        tau_s_ms
            A number or [S].
        memory_ms
            Shortest and longest time constant of the memories, spread evenly on a log scale between.
        seed
            Of the weights, uniform within 1/√inputs.

        Raises
        ------
        InputError
            If a count is below 1, S is no multiple of the branches, or a time constant is not positive.
        """
        for name, value in (("n_synapses", n_synapses), ("n_memories", n_memories), ("n_outputs", n_outputs)):
            if value < 1:
                raise InputError("an ELM neuron needs at least one of each", got=f"{name} = {value}")
        branches = n_synapses if n_branches is None else n_branches
        if branches < 1 or n_synapses % branches:
            raise InputError(
                "synapses cannot be shared out evenly to branches",
                got=f"{n_synapses} synapses, {branches} branches",
                fix="give a number of branches that divides that of synapses",
            )
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
            hidden=uniform(width, branches + n_memories),
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
        branches = self.hidden.shape[-1] - m.shape[-1]
        gathered = s.reshape(*s.shape[:-1], branches, -1).sum(-1)
        hidden = jax.nn.relu(linear(jnp.concatenate([gathered, kept], -1), self.hidden) + self.hidden_bias)
        change = jnp.tanh(linear(hidden, self.update) + self.update_bias)
        m = kept - jnp.expm1(-self.rate * dt_ms / tau_m) * change
        return (s, m), linear(m, self.readout) + self.readout_bias

    def run(self, inputs: jax.Array, dt_ms: float) -> jax.Array:
        """Outputs [T, ..., outputs] to inputs [T, ..., S] (signed spikes), from rest.

        Raises
        ------
        InputError
            If the last axis is not that of the synapses, or the step is not positive.
        """
        positive("ELM", dt_ms=dt_ms)
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
