"""Spike-timing-dependent plasticity that waits for a reward."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.plasticity.base import RULES
from neurotwin.network.plasticity.stdp import STDP


@RULES.register("reward_stdp")
class RewardSTDP(STDP):
    """What :class:`STDP` would add goes into an eligibility c; dc/dt = -c / τ_c, and dw/dt = c · reward.

    Source: Izhikevich 2007, Cereb. Cortex 17:2443. The reward is that of the step.
    """

    tau_eligibility_ms: Parameter = 1000.0

    def __check_init__(self) -> None:
        positive("reward-modulated STDP", tau_eligibility_ms=self.tau_eligibility_ms)

    def initial_synapse(self) -> dict[str, Parameter]:
        """c."""
        return {"eligibility": 0.0}

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
        """Eligibility decays, takes in the step's pairs, and is paid out."""
        eligible = synapse["eligibility"] * jnp.exp(-dt_ms / jnp.asarray(self.tau_eligibility_ms))
        eligible = eligible + self.change(pre, post, s_pre, s_post)
        return w + dt_ms * reward * eligible, {"eligibility": eligible}
