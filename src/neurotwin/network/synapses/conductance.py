"""Synaptic conductances with a reversal potential; AMPA and GABA-A receptors are two of them."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import below, finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive
from neurotwin.network.synapses.base import SYNAPSES, Synapse
from neurotwin.network.synapses.double_exponential import peak_factor


@SYNAPSES.register("conductance")
class Conductance(Synapse):
    """I = g (E - v), dg/dt = -g / τ, g += w at a spike: weights in nS.

    The conductance is held at its value at the beginning of the step while the neuron moves, as in Brian2; it decays exactly.
    """

    tau_ms: Parameter = 5.0
    reversal_mV: Parameter = 0.0

    def __check_init__(self) -> None:
        positive(type(self).__name__, tau_ms=self.tau_ms)
        finite(type(self).__name__, reversal_mV=self.reversal_mV)

    def initial(self) -> dict[str, Parameter]:
        """Closed."""
        return {"conductance": 0.0}

    def step(
        self,
        state: State,
        arrived: jax.Array,
        v: jax.Array,
        dt_ms: float,
        *,
        membrane_ms: Parameter | None = None,
        total: Parameter = 0.0,
    ) -> tuple[State, Drive]:
        """Jump, drive, decay."""
        g = state["conductance"] + arrived
        return {"conductance": g * jnp.exp(-dt_ms / jnp.asarray(self.tau_ms))}, Drive(g * self.reversal_mV, g)


@SYNAPSES.register("double_exponential_conductance")
class DoubleExponentialConductance(Synapse):
    """I = g (E - v), g(t) = w k (e^{-t/τ_d} - e^{-t/τ_r}) after a spike; k makes it peak at w (nS).

    Source: NEURON's ``Exp2Syn``.
    """

    rise_ms: Parameter = 0.5
    decay_ms: Parameter = 5.0
    reversal_mV: Parameter = 0.0

    def __check_init__(self) -> None:
        name = type(self).__name__
        positive(name, rise_ms=self.rise_ms, decay_ms=self.decay_ms)
        below(name, rise_ms=self.rise_ms, decay_ms=self.decay_ms)
        finite(name, reversal_mV=self.reversal_mV)

    def initial(self) -> dict[str, Parameter]:
        """Closed."""
        return {"slow": 0.0, "fast": 0.0}

    def opening(self, v: jax.Array) -> Parameter:
        """Share of the conductance that is open at this membrane potential."""
        return 1.0

    def step(
        self,
        state: State,
        arrived: jax.Array,
        v: jax.Array,
        dt_ms: float,
        *,
        membrane_ms: Parameter | None = None,
        total: Parameter = 0.0,
    ) -> tuple[State, Drive]:
        """Jump, drive, decay."""
        jump = peak_factor(self.rise_ms, self.decay_ms) * arrived
        slow, fast = state["slow"] + jump, state["fast"] + jump
        g = (slow - fast) * self.opening(v)
        return {
            "slow": slow * jnp.exp(-dt_ms / jnp.asarray(self.decay_ms)),
            "fast": fast * jnp.exp(-dt_ms / jnp.asarray(self.rise_ms)),
        }, Drive(g * self.reversal_mV, g)
