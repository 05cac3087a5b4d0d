"""The rule of Bienenstock, Cooper and Munro: a threshold that slides with activity makes neurons selective."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.plasticity.base import RULES, Rule


@RULES.register("bcm")
class BCM(Rule):
    """dw/dt = η x y (y - θ), τ_θ dθ/dt = y² / y₀ - θ.

    Source: Bienenstock, Cooper & Munro 1982, J. Neurosci. 2:32, with the quadratic threshold of Intrator & Cooper 1992, Neural
    Netw. 5:3.
    """

    rate: Parameter = 1e-4
    """η, per ms."""
    threshold_ms: Parameter = 1000.0
    """τ_θ."""
    target: Parameter = 1.0
    """y₀, in units of activity."""

    def __check_init__(self) -> None:
        finite("BCM", rate=self.rate)
        positive("BCM", threshold_ms=self.threshold_ms, target=self.target)

    def initial_post(self) -> dict[str, Parameter]:
        """θ."""
        return {"threshold": 0.0}

    def trace(
        self, pre: State, post: State, s_pre: jax.Array, s_post: jax.Array, dt_ms: float
    ) -> tuple[State, State]:
        """θ follows the squared activity."""
        share = -jnp.expm1(-dt_ms / jnp.asarray(self.threshold_ms))
        theta = post["threshold"]
        return pre, {"threshold": theta + share * (s_post**2 / self.target - theta)}

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
        return w + dt_ms * self.rate * s_pre * s_post * (s_post - post["threshold"]), synapse
