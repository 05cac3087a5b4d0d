"""Oja's rule: Hebb with a forgetting that keeps the weights' norm at 1."""

from __future__ import annotations

import jax

from neurotwin.network.checks import finite
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.plasticity.base import RULES, Rule


@RULES.register("oja")
class Oja(Rule):
    """dw/dt = η y (x - y w): a linear neuron's weights become the first principal component of its inputs.

    Source: Oja 1982, J. Math. Biol. 15:267.
    """

    rate: Parameter = 1e-3
    """η, per ms."""

    def __check_init__(self) -> None:
        finite("Oja", rate=self.rate)

    def step(
        self,
        w: jax.Array,
        synapse: State,
        pre: State,
        post: State,
        s_pre: jax.Array,
        s_post: jax.Array,
        dt_ms: float,
        reward: Parameter,
    ) -> tuple[jax.Array, State]:
        """Euler's step."""
        return w + dt_ms * self.rate * s_post * (s_pre - s_post * w), synapse
