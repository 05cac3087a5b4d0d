"""Depression and facilitation after Tsodyks and Markram."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.checks import positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.synapses.release import Release


class TsodyksMarkram(Release):
    """A spike releases the share u of the resources x.

    Between spikes dx/dt = (1 - x) / τ_rec and du/dt = -u / τ_facil, both exactly. At a spike, in this order: u += U (1 - u), u
    x is released, x -= u x. The first spike therefore releases U. Source: Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10:821,
    eq. 2.2-2.4 with a vanishing inactivation time (NEST's ``tsodyks2_synapse`` is the same up to the order of u and x).
    """

    u: Parameter = 0.5
    tau_recovery_ms: Parameter = 800.0
    tau_facilitation_ms: Parameter = 20.0

    def __check_init__(self) -> None:
        positive(
            "Tsodyks-Markram",
            u=self.u,
            tau_recovery_ms=self.tau_recovery_ms,
            tau_facilitation_ms=self.tau_facilitation_ms,
        )
        if isinstance(self.u, float | int) and self.u > 1:
            raise InputError(
                "Tsodyks-Markram: a spike cannot use more than there is",
                got=f"u = {self.u}",
                expected="0 < u <= 1",
            )

    def initial(self) -> dict[str, Parameter]:
        """All resources there, no facilitation."""
        return {"resources": 1.0, "use": 0.0}

    def step(self, state: State, sent: jax.Array, dt_ms: float) -> tuple[State, jax.Array]:
        """``sent`` is 1 at a spike, else 0."""
        x = 1.0 - (1.0 - state["resources"]) * jnp.exp(-dt_ms / jnp.asarray(self.tau_recovery_ms))
        use = state["use"] * jnp.exp(-dt_ms / jnp.asarray(self.tau_facilitation_ms))
        use = use + self.u * (1.0 - use) * sent
        released = use * x * sent
        return {"resources": x - released, "use": use}, released
