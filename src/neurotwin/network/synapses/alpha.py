"""A synaptic current that rises and falls with one time constant."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive
from neurotwin.network.synapses.base import SYNAPSES, Synapse, mean_over_step


@SYNAPSES.register("alpha")
class Alpha(Synapse):
    """I(t) = w e (t/τ) e^{-t/τ} after a spike: it peaks at w (pA) at t = τ.

    dI/dt = (r - I) / τ, dr/dt = -r / τ, r += e w. Exact for any step. Source: Rall 1967, J. Neurophysiol. 30:1138; the
    propagator is that of Rotter & Diesmann 1999, Biol. Cybern. 81:381.
    """

    tau_ms: Parameter = 2.0

    def __check_init__(self) -> None:
        positive("alpha synapse", tau_ms=self.tau_ms)

    def initial(self) -> dict[str, Parameter]:
        """No current, no rise."""
        return {"current": 0.0, "rise": 0.0}

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
        """Over the step I(s) = (I + r s/τ) e^{-s/τ}."""
        current, rise = state["current"], state["rise"] + jnp.e * arrived
        decay = jnp.exp(-dt_ms / jnp.asarray(self.tau_ms))
        effective = current
        if membrane_ms is not None:
            effective = current * mean_over_step(dt_ms, self.tau_ms, membrane_ms)
            effective = effective + rise * _mean_of_ramp(dt_ms, self.tau_ms, membrane_ms)
        after = (current + rise * dt_ms / self.tau_ms) * decay
        return {"current": after, "rise": rise * decay}, Drive(effective)


def _mean_of_ramp(dt_ms: float, tau_ms: Parameter, membrane_ms: Parameter) -> jax.Array:
    """What (s/τ) e^{-s/τ} is worth over a step as a constant current to a membrane with time constant τ_m.

    (1/τ_m) ∫₀^dt e^{-(dt-s)/τ_m} (s/τ) e^{-s/τ} ds / (1 - e^{-dt/τ_m}).
    """
    a = 1.0 / jnp.asarray(membrane_ms)
    x = (a - 1.0 / jnp.asarray(tau_ms)) * dt_ms
    small = jnp.abs(x) < 0.25
    safe = jnp.where(small, 1.0, x)
    # ∫₀¹ u e^{xu} du = Σ xⁿ / (n! (n + 2)); the closed form cancels near x = 0.
    series = jnp.zeros_like(x)
    for factor in (45360, 5760, 840, 144, 30, 8, 3, 2):
        series = series * x + 1 / factor
    integral = jnp.where(small, series, (jnp.exp(safe) * (safe - 1) + 1) / safe**2)
    return a * dt_ms * (dt_ms / jnp.asarray(tau_ms)) * jnp.exp(-a * dt_ms) * integral / -jnp.expm1(-a * dt_ms)
