"""Izhikevich's simple model of a spiking neuron."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.checks import below, finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking


@NEURONS.register("izhikevich")
class Izhikevich(Spiking):
    """dv/dt = 0.04 v² + 5 v + 140 - u + I(v) / C; du/dt = a (b v - u); at v >= 30: v = c, u += d.

    The paper's numbers have no units, but times in ms and potentials in mV: 0.04 is per mV ms, 5 per ms, 140, u, d and I in
    mV/ms, a and b per ms. A current in pA therefore needs a capacitance, 1 pF by default: then 10 pA is the paper's I = 10.

    Source: Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569. Defaults are its regular spiking cell; fast spiking is a = 0.1, d =
    2; chattering c = -50, d = 2; intrinsically bursting c = -55, d = 4. The slopes are taken at no more than the peak, beyond which
    only the reset follows, so that a large step cannot overflow.
    Heun by default (0.25 ms or less), where the paper takes an Euler step of 1 ms in which v moves by two halves: its upstroke
    depends on that step, ours converges. ``method="euler"`` is what Brian2 does.
    """

    a_per_ms: Parameter = 0.02
    b_per_ms: Parameter = 0.2
    c_mV: Parameter = -65.0
    d_mV_per_ms: Parameter = 8.0
    capacitance_pF: Parameter = 1.0
    v_peak_mV: Parameter = 30.0
    v_initial_mV: Parameter = -65.0
    method: str = eqx.field(static=True, default="heun", kw_only=True)

    def __check_init__(self) -> None:
        positive("Izhikevich", a_per_ms=self.a_per_ms, capacitance_pF=self.capacitance_pF)
        finite(
            "Izhikevich",
            b_per_ms=self.b_per_ms,
            c_mV=self.c_mV,
            d_mV_per_ms=self.d_mV_per_ms,
            v_peak_mV=self.v_peak_mV,
            v_initial_mV=self.v_initial_mV,
        )
        below("Izhikevich", c_mV=self.c_mV, v_peak_mV=self.v_peak_mV)

    def initial(self) -> dict[str, Parameter]:
        """As in the paper, v = -65 mV and u in balance with it: some of its cells have no rest."""
        return {"v": self.v_initial_mV, "u": self.b_per_ms * self.v_initial_mV, "refractory": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v = jnp.minimum(state["v"], self.v_peak_mV)
        return {
            "v": 0.04 * v * v + 5.0 * v + 140.0 - state["u"] + drive.at(v) / self.capacitance_pF,
            "u": self.a_per_ms * (self.b_per_ms * v - state["u"]),
        }

    def excess(self, state: State) -> jax.Array:
        """Above the peak, in units of 30 mV."""
        return (state["v"] - self.v_peak_mV) / 30.0

    def reset(self, state: State) -> State:
        """v falls, u grows."""
        return {"v": self.c_mV + 0 * state["v"], "u": state["u"] + self.d_mV_per_ms}
