"""Hodgkin and Huxley's model of the squid's giant axon."""

from __future__ import annotations

import math
from typing import ClassVar

import jax
import jax.numpy as jnp

from neurotwin.network.checks import finite, not_negative, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking
from neurotwin.network.surrogate import SURROGATES


@NEURONS.register("hodgkin_huxley")
class HodgkinHuxley(Spiking):
    """C dv/dt = g_Na m³ h (E_Na - v) + g_K n⁴ (E_K - v) + g_L (E_L - v) + I(v); each gate dx/dt = α_x(v) (1 - x) - β_x(v) x.

    Source: Hodgkin & Huxley 1952, J. Physiol. 117:500, at 6.3 °C, with today's sign of v and rest at -65 mV (E_L = -54.387 mV
    puts it there within 4 µV; they have 10.613 mV above rest). Parameters are absolute, as those of every point neuron here: the
    defaults are the paper's 1 µF/cm², 120, 36 and 0.3 mS/cm² on 20,000 µm² (1 µA/cm² is 200 pA).
    α_m and α_n are 0/0 at -40 and -55 mV; near them, their series is taken.

    A spike is an upward crossing of ``v_threshold_mV`` within a step; nothing is reset and nothing is refractory but the gates.
    Its surrogate derivative counts in the steps that begin below threshold.

    Exponential Euler by default: each gate is exact while v stands still, and v while the gates do, so that it is stable at 0.2
    ms, where Euler, Heun and RK4 leave the finite numbers at 0.1 ms. It is of order 1 in their coupling: at 10 µA/cm² it fires
    1.2 % too slowly at 0.025 ms (67.5 Hz) and 0.5 % at 0.01 ms; Heun and RK4 give the limit, 68.3 Hz, at 0.05 ms or less.
    """

    capacitance_pF: Parameter = 200.0
    sodium_nS: Parameter = 24_000.0
    potassium_nS: Parameter = 7_200.0
    leak_nS: Parameter = 60.0
    sodium_mV: Parameter = 50.0
    potassium_mV: Parameter = -77.0
    leak_mV: Parameter = -54.387
    v_threshold_mV: Parameter = 0.0
    v_initial_mV: Parameter = -65.0

    discrete: ClassVar[tuple[str, ...]] = ()

    def __check_init__(self) -> None:
        positive("Hodgkin-Huxley", capacitance_pF=self.capacitance_pF)
        not_negative(
            "Hodgkin-Huxley", sodium_nS=self.sodium_nS, potassium_nS=self.potassium_nS, leak_nS=self.leak_nS
        )
        finite(
            "Hodgkin-Huxley",
            sodium_mV=self.sodium_mV,
            potassium_mV=self.potassium_mV,
            leak_mV=self.leak_mV,
            v_threshold_mV=self.v_threshold_mV,
            v_initial_mV=self.v_initial_mV,
        )

    def initial(self) -> dict[str, Parameter]:
        """Gates in balance with the initial potential."""
        v = jnp.asarray(self.v_initial_mV)
        gates = {name: alpha / (alpha + beta) for name, (alpha, beta) in _rates(v).items()}
        return {"v": self.v_initial_mV, **gates}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v, m, h, n = (state[name] for name in ("v", "m", "h", "n"))
        sodium = self.sodium_nS * m * m * m * h * (self.sodium_mV - v)
        potassium = self.potassium_nS * (n * n) * (n * n) * (self.potassium_mV - v)
        leak = self.leak_nS * (self.leak_mV - v)
        gates = {
            name: alpha * (1.0 - state[name]) - beta * state[name]
            for name, (alpha, beta) in _rates(v).items()
        }
        return {"v": (sodium + potassium + leak + drive.at(v)) / self.capacitance_pF, **gates}

    def excess(self, state: State) -> jax.Array:
        """Above threshold, in units of 20 mV."""
        return (state["v"] - self.v_threshold_mV) / 20.0

    def emit(self, before: State, after: State, dt_ms: float) -> tuple[State, jax.Array]:
        """A spike where the threshold was crossed on the way up."""
        spike = SURROGATES[self.surrogate](self.excess(after) / self.surrogate_width)
        return after, jnp.where(before["v"] < self.v_threshold_mV, spike, 0.0)


def _rates(v: jax.Array) -> dict[str, tuple[jax.Array, jax.Array]]:
    """α and β of each gate, per ms.

    All exponentials but one are powers of e^{-(v + 65) / 80}, which costs less than an exponential each and moves them by a few
    roundings.
    """
    by_80 = jnp.exp(-(v + 65.0) / 80.0)
    by_20 = (by_80 * by_80) * (by_80 * by_80)
    by_10 = by_20 * by_20

    def since(middle_mV: float) -> jax.Array:
        """e^{-(v - middle) / 10}."""
        return math.exp((middle_mV + 65.0) / 10.0) * by_10

    return {
        "m": (_linoid((v + 40.0) / 10.0, since(-40.0)), 4.0 * jnp.exp(-(v + 65.0) / 18.0)),
        "h": (0.07 * by_20, 1.0 / (1.0 + since(-35.0))),
        "n": (0.1 * _linoid((v + 55.0) / 10.0, since(-55.0)), 0.125 * by_80),
    }


def _linoid(x: jax.Array, exponential: jax.Array) -> jax.Array:
    """x / (1 - e^{-x}), given e^{-x}; near 0 its series, where no rounding grows. Safe to differentiate."""
    near = jnp.abs(x) < 0.3
    y = jnp.where(near, x, 0.0)
    s = y * y
    series = s * (1 / 12 + s * (-1 / 720 + s * (1 / 30240 + s * (-1 / 1209600 + s / 47900160))))
    return jnp.where(near, 1.0 + y / 2 + series, x / jnp.where(near, 1.0, 1.0 - exponential))
