"""A synaptic current that jumps and decays."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive
from neurotwin.network.synapses.base import SYNAPSES, Synapse, mean_over_step


@SYNAPSES.register("exponential")
class Exponential(Synapse):
    """dI/dt = -I / τ, I += w at a spike: weights in pA.

    Source: Rotter & Diesmann 1999, Biol. Cybern. 81:381; exact for any step.
    """

    tau_ms: Parameter = 5.0

    def __check_init__(self) -> None:
        positive("exponential synapse", tau_ms=self.tau_ms)

    def initial(self) -> dict[str, Parameter]:
        """At rest."""
        return {"current": 0.0}

    def step(
        self,
        state: State,
        arrived: jax.Array,
        v: jax.Array,
        dt_ms: float,
        *,
        membrane_ms: Parameter | None = None,
        total: Parameter = 0.0,
    ) -> tuple[State, Drive]:
        """Jump, drive, decay."""
        current = state["current"] + arrived
        drive = Drive(current * mean_over_step(dt_ms, self.tau_ms, membrane_ms))
        return {"current": current * jnp.exp(-dt_ms / jnp.asarray(self.tau_ms))}, drive
