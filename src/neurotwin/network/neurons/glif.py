"""The five generalised leaky integrate-and-fire models of the Allen Institute."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.checks import finite, not_negative, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking


@NEURONS.register("glif")
class GLIF(Spiking):
    """C dv/dt = I(v) + I₁ + I₂ - G (v - E); fires at v - E >= θ_∞ + θ_s + θ_v.

    Level 1 is LIF. Levels 2, 4, 5 reset v - E to f (v - E) + δ, and θ_s, which decays with b_s, jumps at each spike. Levels 3,
    4, 5 have after-spike currents, dI_j/dt = -I_j / τ_j, that jump. In level 5 the threshold follows the potential: dθ_v/dt =
    a_v (v - E) - b_v θ_v. v and θ_v stand still during the refractory time. Source: Teeter et al. 2018, Nat. Commun. 9:709,
    eq. 1-5.
    """

    level: int = eqx.field(static=True, default=5)
    capacitance_pF: Parameter = 100.0
    leak_nS: Parameter = 5.0
    v_rest_mV: Parameter = -75.0
    threshold_mV: Parameter = 25.0
    """θ_∞, above rest."""
    refractory_ms: Parameter = 3.0
    reset_factor: Parameter = 0.6
    reset_shift_mV: Parameter = 0.0
    threshold_jump_mV: Parameter = 2.0
    threshold_decay_per_ms: Parameter = 0.03
    current_jump_pA: tuple[Parameter, Parameter] = (-10.0, -50.0)
    current_factor: tuple[Parameter, Parameter] = (1.0, 1.0)
    tau_current_ms: tuple[Parameter, Parameter] = (100.0, 10.0)
    threshold_coupling_per_ms: Parameter = 0.004
    threshold_voltage_decay_per_ms: Parameter = 0.03

    held: ClassVar[tuple[str, ...]] = ("v", "threshold_v")

    def __check_init__(self) -> None:
        if self.level not in (1, 2, 3, 4, 5):
            raise InputError("no such GLIF model", got=f"level = {self.level}", expected="1, 2, 3, 4 or 5")
        positive(
            "GLIF", capacitance_pF=self.capacitance_pF, leak_nS=self.leak_nS, threshold_mV=self.threshold_mV
        )
        positive("GLIF", tau_current_ms_1=self.tau_current_ms[0], tau_current_ms_2=self.tau_current_ms[1])
        not_negative("GLIF", refractory_ms=self.refractory_ms)
        finite(
            "GLIF",
            v_rest_mV=self.v_rest_mV,
            reset_factor=self.reset_factor,
            reset_shift_mV=self.reset_shift_mV,
        )

    @property
    def _resets(self) -> bool:
        return self.level in (2, 4, 5)

    @property
    def _currents(self) -> bool:
        return self.level >= 3

    def initial(self) -> dict[str, Parameter]:
        """Rest."""
        return {
            "v": self.v_rest_mV,
            "threshold_s": 0.0,
            "threshold_v": 0.0,
            "current_1": 0.0,
            "current_2": 0.0,
            "refractory": 0.0,
        }

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v, above = state["v"], state["v"] - self.v_rest_mV
        currents = drive.at(v) + state["current_1"] + state["current_2"]
        follows = (
            self.threshold_coupling_per_ms * above
            - self.threshold_voltage_decay_per_ms * state["threshold_v"]
        )
        return {
            "v": (currents - self.leak_nS * above) / self.capacitance_pF,
            "threshold_s": -self.threshold_decay_per_ms * state["threshold_s"],
            "threshold_v": follows if self.level == 5 else jnp.zeros_like(v),
            "current_1": -state["current_1"] / self.tau_current_ms[0],
            "current_2": -state["current_2"] / self.tau_current_ms[1],
        }

    def excess(self, state: State) -> jax.Array:
        """Above threshold, in units of θ_∞."""
        threshold = self.threshold_mV + state["threshold_s"] + state["threshold_v"]
        return (state["v"] - self.v_rest_mV - threshold) / self.threshold_mV

    def reset(self, state: State) -> State:
        """By level."""
        above = state["v"] - self.v_rest_mV
        new = {"v": self.v_rest_mV + 0 * above}
        if self._resets:
            new["v"] = self.v_rest_mV + self.reset_factor * above + self.reset_shift_mV
            new["threshold_s"] = state["threshold_s"] + self.threshold_jump_mV
        if self._currents:
            for j, name in enumerate(("current_1", "current_2")):
                new[name] = self.current_factor[j] * state[name] + self.current_jump_pA[j]
        return new

    def refractory(self) -> Parameter:
        """Absolute refractory time, ms."""
        return self.refractory_ms
