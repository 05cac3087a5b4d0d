"""The five generalised leaky integrate-and-fire models of the Allen Institute."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax

from neurotwin._base.errors import InputError
from neurotwin.network.checks import finite, not_negative, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Spiking

LEVELS = (1, 2, 3, 4, 5)


@NEURONS.register("glif")
class GLIF(Spiking):
    """C dv/dt = I(v) + I₁ + I₂ - G (v - E); fires at v - E >= θ_∞ + θ_s + θ_v.

    ====== ============================================================================================ ==============
    level  at a spike, and in between                                                                    Allen's name
    ====== ============================================================================================ ==============
    1      v = E                                                                                         LIF
    2      v - E becomes f (v - E) + δ; θ_s += Δθ, dθ_s/dt = -b_s θ_s                                      LIF-R
    3      v = E; I_j becomes r_j I_j + ΔI_j, dI_j/dt = -I_j / τ_j                                         LIF-ASC
    4      2 and 3                                                                                       LIF-R-ASC
    5      4, and dθ_v/dt = a_v (v - E) - b_v θ_v                                                        LIF-R-ASC-A
    ====== ============================================================================================ ==============

    Only the states of the level exist; parameters of other levels are not read. Source: Teeter et al. 2018, Nat. Commun. 9:709.

    Departures: there the neuron leaps over the refractory time and resets at its end; here it resets at its beginning, v and θ_v
    stand still, θ_s and I_j decay. Both agree from the end on if the jumps are given as they are at the beginning, as
    ``read_glif`` does. The voltage that f multiplies is that at the end of the step of the spike, in both.
    Defaults are round numbers among those of the database's cells.
    Exponential Euler by default: each equation is linear, so that v is exact for constant currents and synaptic ones, θ_s and
    I_j always; of order 1 are v's response to I_j, and θ_v's to v.
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
    current_1_jump_pA: Parameter = -10.0
    current_2_jump_pA: Parameter = -50.0
    current_1_factor: Parameter = 1.0
    current_2_factor: Parameter = 1.0
    tau_current_1_ms: Parameter = 100.0
    tau_current_2_ms: Parameter = 10.0
    threshold_coupling_per_ms: Parameter = 0.004
    threshold_voltage_decay_per_ms: Parameter = 0.03

    held: ClassVar[tuple[str, ...]] = ("v", "threshold_v")
    forms: ClassVar[tuple[dict[str, Any], ...]] = tuple({"level": level} for level in LEVELS[:-1])

    def __check_init__(self) -> None:
        if self.level not in LEVELS:
            raise InputError("no such GLIF model", got=f"level = {self.level!r}", expected="1, 2, 3, 4 or 5")
        positive(
            "GLIF",
            capacitance_pF=self.capacitance_pF,
            leak_nS=self.leak_nS,
            threshold_mV=self.threshold_mV,
            tau_current_1_ms=self.tau_current_1_ms,
            tau_current_2_ms=self.tau_current_2_ms,
        )
        not_negative(
            "GLIF",
            refractory_ms=self.refractory_ms,
            threshold_decay_per_ms=self.threshold_decay_per_ms,
            threshold_voltage_decay_per_ms=self.threshold_voltage_decay_per_ms,
        )
        finite(
            "GLIF",
            v_rest_mV=self.v_rest_mV,
            reset_factor=self.reset_factor,
            reset_shift_mV=self.reset_shift_mV,
            threshold_jump_mV=self.threshold_jump_mV,
            current_1_jump_pA=self.current_1_jump_pA,
            current_2_jump_pA=self.current_2_jump_pA,
            current_1_factor=self.current_1_factor,
            current_2_factor=self.current_2_factor,
            threshold_coupling_per_ms=self.threshold_coupling_per_ms,
        )

    @property
    def _has_reset_rule(self) -> bool:
        return self.level in (2, 4, 5)

    @property
    def _has_currents(self) -> bool:
        return self.level in (3, 4, 5)

    @property
    def _has_adaptation(self) -> bool:
        return self.level == 5

    def initial(self) -> dict[str, Parameter]:
        """Rest; the states of the level."""
        reset = {"threshold_s": 0.0} if self._has_reset_rule else {}
        currents = {"current_1": 0.0, "current_2": 0.0} if self._has_currents else {}
        adaptation = {"threshold_v": 0.0} if self._has_adaptation else {}
        return {"v": self.v_rest_mV, **reset, **currents, **adaptation, "refractory": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        v, above = state["v"], state["v"] - self.v_rest_mV
        slopes, current = {}, drive.at(v)
        if self._has_reset_rule:
            slopes["threshold_s"] = -self.threshold_decay_per_ms * state["threshold_s"]
        if self._has_currents:
            first, second = state["current_1"], state["current_2"]
            current = current + first + second
            slopes["current_1"] = -first / self.tau_current_1_ms
            slopes["current_2"] = -second / self.tau_current_2_ms
        if self._has_adaptation:
            follows = self.threshold_coupling_per_ms * above
            slopes["threshold_v"] = follows - self.threshold_voltage_decay_per_ms * state["threshold_v"]
        return {"v": (current - self.leak_nS * above) / self.capacitance_pF, **slopes}

    def excess(self, state: State) -> jax.Array:
        """Above threshold, in units of θ_∞."""
        above = state["v"] - self.v_rest_mV - self.threshold_mV
        if self._has_reset_rule:
            above = above - state["threshold_s"]
        if self._has_adaptation:
            above = above - state["threshold_v"]
        return above / self.threshold_mV

    def reset(self, state: State) -> State:
        """By level."""
        above = state["v"] - self.v_rest_mV
        new = {"v": self.v_rest_mV + 0 * above}
        if self._has_reset_rule:
            new["v"] = self.v_rest_mV + self.reset_factor * above + self.reset_shift_mV
            new["threshold_s"] = state["threshold_s"] + self.threshold_jump_mV
        if self._has_currents:
            new["current_1"] = self.current_1_factor * state["current_1"] + self.current_1_jump_pA
            new["current_2"] = self.current_2_factor * state["current_2"] + self.current_2_jump_pA
        return new

    def refractory(self) -> Parameter:
        """Absolute refractory time, ms."""
        return self.refractory_ms

    def membrane_ms(self) -> Parameter | None:
        """Linear membrane: exact in its synaptic currents, by superposition with the after-spike ones."""
        return self.capacitance_pF / self.leak_nS
