"""Leaky integrate-and-fire neuron, driven by currents or conductances."""

from __future__ import annotations

import jax

from neurotwin.network.checks import below, finite, not_negative, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking


@NEURONS.register("lif")
class LIF(Spiking):
    """C dv/dt = -g_L (v - E_L) + I(v); fires at v >= v_th, then v = v_reset for the refractory time.

    g_L = C / τ_m. The same class is driven by currents and by conductances: ``I(v)`` is a :class:`Drive`.

    Source: Lapicque 1907; the form and defaults of NEST's ``iaf_psc_exp`` (τ_m 10 ms, C 250 pF). E_L may lie above v_th (a
    pacemaker, as in the CUBA network of Brette et al. 2007, J. Comput. Neurosci. 23:349).

    Exponential Euler by default, because the membrane is linear: exact at any step for currents that are constant over it, for
    exponential, alpha and double exponential synaptic currents, and for a conductance that is held over the step. Two things
    stay of order 1 in the step: a conductance that changes (it is held at its value at the beginning), and a synaptic current
    while a conductance is open, since :meth:`membrane_ms` knows the time constant of the closed membrane only.
    """

    tau_m_ms: Parameter = 10.0
    capacitance_pF: Parameter = 250.0
    v_rest_mV: Parameter = -70.0
    v_threshold_mV: Parameter = -55.0
    v_reset_mV: Parameter = -70.0
    refractory_ms: Parameter = 2.0

    def __check_init__(self) -> None:
        positive("LIF", tau_m_ms=self.tau_m_ms, capacitance_pF=self.capacitance_pF)
        not_negative("LIF", refractory_ms=self.refractory_ms)
        finite(
            "LIF",
            v_rest_mV=self.v_rest_mV,
            v_threshold_mV=self.v_threshold_mV,
            v_reset_mV=self.v_reset_mV,
        )
        below("LIF", v_reset_mV=self.v_reset_mV, v_threshold_mV=self.v_threshold_mV)

    def initial(self) -> dict[str, Parameter]:
        """At rest."""
        return {"v": self.v_rest_mV, "refractory": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v = state["v"]
        return {"v": (self.v_rest_mV - v) / self.tau_m_ms + drive.at(v) / self.capacitance_pF}

    def excess(self, state: State) -> jax.Array:
        """Above threshold, in units of its distance from reset: from rest it would turn its sign in a pacemaker."""
        return (state["v"] - self.v_threshold_mV) / (self.v_threshold_mV - self.v_reset_mV)

    def reset(self, state: State) -> State:
        """The potential falls."""
        return {"v": self.v_reset_mV + 0 * state["v"]}

    def refractory(self) -> Parameter:
        """Absolute refractory time, ms."""
        return self.refractory_ms

    def membrane_ms(self) -> Parameter | None:
        """Linear membrane: exact."""
        return self.tau_m_ms
