"""Izhikevich's simple model of a spiking neuron."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking


@NEURONS.register("izhikevich")
class Izhikevich(Spiking):
    """dv/dt = 0.04 v² + 5 v + 140 - u + I; du/dt = a (b v - u); at v >= 30: v = c, u += d. v in mV, I in mV/ms.

    Source: Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569; defaults are its regular spiking cell. Heun by default; the
    paper takes two Euler steps of 0.5 ms for v. The current, in pA elsewhere, has no capacitance to be divided by here. v is
    not followed beyond 60 mV: a large step may overshoot the peak by any amount.
    """

    a_per_ms: Parameter = 0.02
    b_per_ms: Parameter = 0.2
    c_mV: Parameter = -65.0
    d_mV_per_ms: Parameter = 8.0
    method: str = eqx.field(static=True, default="heun", kw_only=True)

    def __check_init__(self) -> None:
        positive("Izhikevich", a_per_ms=self.a_per_ms)
        finite("Izhikevich", b_per_ms=self.b_per_ms, c_mV=self.c_mV, d_mV_per_ms=self.d_mV_per_ms)

    def initial(self) -> dict[str, Parameter]:
        """Where the reset puts it, u in balance."""
        return {"v": self.c_mV, "u": self.b_per_ms * self.c_mV, "refractory": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v = jnp.minimum(state["v"], 60.0)
        return {
            "v": 0.04 * v * v + 5.0 * v + 140.0 - state["u"] + drive.at(v),
            "u": self.a_per_ms * (self.b_per_ms * v - state["u"]),
        }

    def excess(self, state: State) -> jax.Array:
        """Above the peak of 30 mV, in units of 30 mV."""
        return (state["v"] - 30.0) / 30.0

    def reset(self, state: State) -> State:
        """v falls, u grows."""
        return {"v": self.c_mV + 0 * state["v"], "u": state["u"] + self.d_mV_per_ms}
