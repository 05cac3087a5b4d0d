"""Leaky integrate-and-fire neuron that adapts with every spike."""

from __future__ import annotations

import jax

from neurotwin.network.checks import below, finite, not_negative, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking


@NEURONS.register("adaptive_lif")
class AdaptiveLIF(Spiking):
    """C dv/dt = -g_L (v - E_L) - γ a + I(v); τ_a da/dt = -a; fires at v >= v_th + β a, then v = v_reset and a += 1.

    β (mV a spike) raises the threshold, γ (pA a spike, 0 by default) adapts by a current; the trace a has no unit.

    Source: Bellec et al. 2020, Nat. Commun. 11:3625 (the threshold, in continuous time; defaults of the membrane are LIF's).
    Departures: they subtract the threshold from v at a spike, here v falls to v_reset; their β is in units of v_th; their trace
    jumps after its decay, here before, which is e^{-dt/τ_a} of one jump less and the same as the step vanishes.
    Exponential Euler by default: exact at any step for constant currents with γ = 0; with γ, the adaptation current is held at
    its value at the beginning of each step (order 1).
    """

    tau_m_ms: Parameter = 10.0
    capacitance_pF: Parameter = 250.0
    v_rest_mV: Parameter = -70.0
    v_threshold_mV: Parameter = -55.0
    v_reset_mV: Parameter = -70.0
    refractory_ms: Parameter = 2.0
    tau_adaptation_ms: Parameter = 200.0
    adaptation_mV: Parameter = 2.0
    adaptation_pA: Parameter = 0.0

    def __check_init__(self) -> None:
        positive(
            "adaptive LIF",
            tau_m_ms=self.tau_m_ms,
            capacitance_pF=self.capacitance_pF,
            tau_adaptation_ms=self.tau_adaptation_ms,
        )
        not_negative("adaptive LIF", refractory_ms=self.refractory_ms)
        finite(
            "adaptive LIF",
            v_rest_mV=self.v_rest_mV,
            v_threshold_mV=self.v_threshold_mV,
            v_reset_mV=self.v_reset_mV,
            adaptation_mV=self.adaptation_mV,
            adaptation_pA=self.adaptation_pA,
        )
        below("adaptive LIF", v_reset_mV=self.v_reset_mV, v_threshold_mV=self.v_threshold_mV)

    def initial(self) -> dict[str, Parameter]:
        """Rest, not adapted."""
        return {"v": self.v_rest_mV, "a": 0.0, "refractory": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v, a = state["v"], state["a"]
        current = drive.at(v) - self.adaptation_pA * a
        return {
            "v": (self.v_rest_mV - v) / self.tau_m_ms + current / self.capacitance_pF,
            "a": -a / self.tau_adaptation_ms,
        }

    def excess(self, state: State) -> jax.Array:
        """Above the raised threshold, in units of the distance of the unraised one from reset."""
        threshold = self.v_threshold_mV + self.adaptation_mV * state["a"]
        return (state["v"] - threshold) / (self.v_threshold_mV - self.v_reset_mV)

    def reset(self, state: State) -> State:
        """The potential falls, the neuron adapts."""
        return {"v": self.v_reset_mV + 0 * state["v"], "a": state["a"] + 1.0}

    def refractory(self) -> Parameter:
        """Absolute refractory time, ms."""
        return self.refractory_ms

    def membrane_ms(self) -> Parameter | None:
        """Linear membrane: exact in its synaptic currents, by superposition with the adaptation's."""
        return self.tau_m_ms
