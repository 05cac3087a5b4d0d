"""Short-term plasticity: what a terminal releases for a spike depends on the spikes before."""

from __future__ import annotations

import equinox as eqx
import jax

from neurotwin.network.integrate import Parameter, State


class Release(eqx.Module):
    """A model of the sending side; each field a number or ``[N_pre]``. It acts on what is sent, before the delay and the
    weight.
    """

    def initial(self) -> dict[str, Parameter]:
        """State of a terminal at rest: name → number."""
        raise NotImplementedError

    def step(self, state: State, sent: jax.Array, dt_ms: float) -> tuple[State, jax.Array]:
        """State after a step that ends with ``sent`` [..., N_pre], and what is released for it."""
        raise NotImplementedError
