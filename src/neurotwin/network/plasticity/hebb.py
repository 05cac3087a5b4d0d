"""Hebb's rule."""

from __future__ import annotations

import jax

from neurotwin.network.checks import finite, not_negative
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.plasticity.base import RULES, Rule


@RULES.register("hebb")
class Hebb(Rule):
    """dw/dt = η (y x - λ w), x what arrives, y what is sent; unstable without a bound or the decay λ.

    Source: Hebb 1949; Gerstner & Kistler 2002, Spiking Neuron Models, eq. 10.2.
    """

    rate: Parameter = 1e-3
    """η, per ms."""
    weight_decay: Parameter = 0.0
    """λ, no unit."""

    def __check_init__(self) -> None:
        finite("Hebb", rate=self.rate)
        not_negative("Hebb", weight_decay=self.weight_decay)

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
        return w + dt_ms * self.rate * (s_post * s_pre - self.weight_decay * w), synapse
