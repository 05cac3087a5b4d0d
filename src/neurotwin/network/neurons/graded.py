"""The graded-potential neuron of C. elegans."""

from __future__ import annotations

import jax

from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Neuron


@NEURONS.register("graded")
class Graded(Neuron):
    """C dv/dt = -g_c (v - E_c) + I(v); ds/dt = a_r φ(v) (1 - s) - a_d s, φ = 1 / (1 + e^{-β (v - v_th)}); sends s.

    Synapses are conductances: a projection with a reversal potential for each sign (their 0 and -45 mV, 100 pS a contact), and
    gap junctions (100 pS a contact) for the electrical ones.

    Source: Kunert, Shlizerman & Kutz 2014, Phys. Rev. E 89:052805, with C = 1 pF, g_c = 10 pS, a_r = 1/s, a_d = 5/s, β =
    0.125/mV. Departures: v_th, which they compute as each neuron's potential at rest in the whole network, is a parameter, and
    E_c by default; it starts at its own rest (φ = 1/2, s = 1/11 by default), which is not that of a network.
    Exponential Euler by default: v (τ = 100 ms, far less with many open contacts) and s are each linear while the other stands
    still, so that it is stable for any conductance; order 1 in the coupling of s to v.
    """

    capacitance_pF: Parameter = 1.0
    leak_nS: Parameter = 0.01
    v_rest_mV: Parameter = -35.0
    rise_per_ms: Parameter = 1e-3
    decay_per_ms: Parameter = 5e-3
    slope_per_mV: Parameter = 0.125
    v_threshold_mV: Parameter = -35.0

    def __check_init__(self) -> None:
        positive(
            "graded neuron",
            capacitance_pF=self.capacitance_pF,
            leak_nS=self.leak_nS,
            rise_per_ms=self.rise_per_ms,
            decay_per_ms=self.decay_per_ms,
            slope_per_mV=self.slope_per_mV,
        )
        finite("graded neuron", v_rest_mV=self.v_rest_mV, v_threshold_mV=self.v_threshold_mV)

    def initial(self) -> dict[str, Parameter]:
        """Rest, with the synaptic activation that belongs to it."""
        opened = self.rise_per_ms * self._open(self.v_rest_mV)
        return {"v": self.v_rest_mV, "s": opened / (opened + self.decay_per_ms)}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v, s = state["v"], state["s"]
        return {
            "v": (self.leak_nS * (self.v_rest_mV - v) + drive.at(v)) / self.capacitance_pF,
            "s": self.rise_per_ms * self._open(v) * (1.0 - s) - self.decay_per_ms * s,
        }

    def output(self, state: State) -> jax.Array:
        """Synaptic activation, 0 … 1."""
        return state["s"]

    def _open(self, v: Parameter) -> jax.Array:
        return jax.nn.sigmoid(self.slope_per_mV * (v - self.v_threshold_mV))
