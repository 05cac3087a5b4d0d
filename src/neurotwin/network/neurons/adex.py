"""Adaptive exponential integrate-and-fire neuron."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.checks import below, finite, not_negative, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking

LARGEST_EXPONENT = 20.0


@NEURONS.register("adex")
class AdEx(Spiking):
    """C dv/dt = -g_L (v - E_L) + g_L Δ e^{(v - v_T)/Δ} - w + I(v); τ_w dw/dt = a (v - E_L) - w; at v >= v_peak: v = v_r, w += b.

    Source and defaults: Brette & Gerstner 2005, J. Neurophysiol. 94:3637, whose cutoff is 20 mV too.

    Two bounds keep a step that overshoots from overflowing. The slopes of v and w are taken at no more than v_peak, as in
    NEST: beyond it only the reset follows. The exponent is no more than 20 (v = v_T + 20 Δ): from there v rises 1e8 mV in a ms
    with the defaults and passes the cutoff in a nanosecond, so that no spike moves, and float32 holds for any Δ.

    Heun by default: order 2 up to the upstroke, which limits the step to 0.1 ms or less; with the defaults at 1 nA each interval
    is then 0.13 ms too long (Euler: 0.32 ms). Exponential Euler would take the growing exponential for a linear equation.
    """

    capacitance_pF: Parameter = 281.0
    leak_nS: Parameter = 30.0
    v_rest_mV: Parameter = -70.6
    v_threshold_mV: Parameter = -50.4
    slope_mV: Parameter = 2.0
    tau_w_ms: Parameter = 144.0
    a_nS: Parameter = 4.0
    b_pA: Parameter = 80.5
    v_reset_mV: Parameter = -70.6
    v_peak_mV: Parameter = 20.0
    refractory_ms: Parameter = 0.0
    method: str = eqx.field(static=True, default="heun", kw_only=True)

    def __check_init__(self) -> None:
        positive(
            "AdEx",
            capacitance_pF=self.capacitance_pF,
            leak_nS=self.leak_nS,
            slope_mV=self.slope_mV,
            tau_w_ms=self.tau_w_ms,
        )
        not_negative("AdEx", refractory_ms=self.refractory_ms)
        finite(
            "AdEx",
            v_rest_mV=self.v_rest_mV,
            v_threshold_mV=self.v_threshold_mV,
            v_reset_mV=self.v_reset_mV,
            v_peak_mV=self.v_peak_mV,
            a_nS=self.a_nS,
            b_pA=self.b_pA,
        )
        below("AdEx", v_reset_mV=self.v_reset_mV, v_peak_mV=self.v_peak_mV)
        below("AdEx", v_threshold_mV=self.v_threshold_mV, v_peak_mV=self.v_peak_mV)

    def initial(self) -> dict[str, Parameter]:
        """Rest."""
        return {"v": self.v_rest_mV, "w": 0.0, "refractory": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v, w = jnp.minimum(state["v"], self.v_peak_mV), state["w"]
        exponent = jnp.minimum((v - self.v_threshold_mV) / self.slope_mV, LARGEST_EXPONENT)
        upstroke = self.slope_mV * jnp.exp(exponent)
        return {
            "v": (self.leak_nS * (self.v_rest_mV - v + upstroke) - w + drive.at(v)) / self.capacitance_pF,
            "w": (self.a_nS * (v - self.v_rest_mV) - w) / self.tau_w_ms,
        }

    def excess(self, state: State) -> jax.Array:
        """Above the peak, in units of its distance from reset."""
        return (state["v"] - self.v_peak_mV) / (self.v_peak_mV - self.v_reset_mV)

    def reset(self, state: State) -> State:
        """The potential falls, the adaptation current grows."""
        return {"v": self.v_reset_mV + 0 * state["v"], "w": state["w"] + self.b_pA}

    def refractory(self) -> Parameter:
        """Absolute refractory time, ms."""
        return self.refractory_ms
