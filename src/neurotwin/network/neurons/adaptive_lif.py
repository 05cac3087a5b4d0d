"""Leaky integrate-and-fire neuron whose threshold rises with every spike."""

from __future__ import annotations

import jax

from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive
from neurotwin.network.neurons.lif import LIF


@NEURONS.register("adaptive_lif")
class AdaptiveLIF(LIF):
    """LIF with threshold v_th + β a; τ_a da/dt = -a, a += 1 at a spike.

    Source: Bellec et al. 2020, Nat. Commun. 11:3625, eq. 5-6 (there β in units of the threshold; here in mV).
    """

    tau_adaptation_ms: Parameter = 200.0
    adaptation_mV: Parameter = 2.0

    def __check_init__(self) -> None:
        positive("adaptive LIF", tau_adaptation_ms=self.tau_adaptation_ms)
        finite("adaptive LIF", adaptation_mV=self.adaptation_mV)

    def initial(self) -> dict[str, Parameter]:
        """Rest, not adapted."""
        return {**super().initial(), "a": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        return {**super().derivative(state, drive), "a": -state["a"] / self.tau_adaptation_ms}

    def excess(self, state: State) -> jax.Array:
        """Above the raised threshold, in units of its distance from rest."""
        distance = self.v_threshold_mV - self.v_rest_mV
        return super().excess(state) - self.adaptation_mV * state["a"] / distance

    def reset(self, state: State) -> State:
        """The potential falls, the threshold rises."""
        return {**super().reset(state), "a": state["a"] + 1.0}
