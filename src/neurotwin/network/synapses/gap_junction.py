"""Electrical coupling through gap junctions."""

from __future__ import annotations

from typing import ClassVar

import jax

from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive
from neurotwin.network.synapses.base import SYNAPSES, Synapse


@SYNAPSES.register("gap_junction")
class GapJunction(Synapse):
    """I_i = Σ_j g_ij (v_j - v_i): weights are conductances in nS, and what is sent is the neighbour's membrane potential.

    The part with ``v_i`` is a conductance of the receiving neuron, so that strong coupling stays stable under exponential Euler.
    Source: Bennett 1966, Ann. N. Y. Acad. Sci. 137:509 (ohmic, not rectifying).
    """

    reads: ClassVar[str] = "v"
    needs_total_weight: ClassVar[bool] = True

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
        """``arrived`` is Σ_j g_ij v_j, ``total`` is Σ_j g_ij."""
        return {}, Drive(arrived, total)
