"""A synapse without a time course: what arrives is the current of that step."""

from __future__ import annotations

import jax

from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive
from neurotwin.network.synapses.base import SYNAPSES, Synapse


@SYNAPSES.register("instantaneous")
class Instantaneous(Synapse):
    """I = Σ w s: what a network of rate units uses; weights in units of the drive."""

    def initial(self) -> dict[str, Parameter]:
        """No state."""
        return {}

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
        """Pass on."""
        return {}, Drive(arrived)
