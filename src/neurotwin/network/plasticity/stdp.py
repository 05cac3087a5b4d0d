"""Spike-timing-dependent plasticity of pairs of spikes."""

from __future__ import annotations

import jax

from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.plasticity.base import RULES, Rule, decayed


@RULES.register("stdp")
class STDP(Rule):
    """A presynaptic spike Δ before a postsynaptic one adds A₊ e^{-Δ/τ₊}, one Δ after it takes A₋ e^{-Δ/τ₋}; all pairs count.

    Spikes of the same step change nothing. Source: Song, Miller & Abbott 2000, Nat. Neurosci. 3:919; as traces, Morrison,
    Diesmann & Gerstner 2008, Biol. Cybern. 98:459.
    """

    a_plus: Parameter = 0.01
    a_minus: Parameter = 0.0105
    tau_plus_ms: Parameter = 20.0
    tau_minus_ms: Parameter = 20.0

    def __check_init__(self) -> None:
        finite(type(self).__name__, a_plus=self.a_plus, a_minus=self.a_minus)
        positive(type(self).__name__, tau_plus_ms=self.tau_plus_ms, tau_minus_ms=self.tau_minus_ms)

    def initial_pre(self) -> dict[str, Parameter]:
        """How recently it was active."""
        return {"plus": 0.0}

    def initial_post(self) -> dict[str, Parameter]:
        """How recently it fired."""
        return {"minus": 0.0}

    def decay(self, pre: State, post: State, dt_ms: float) -> tuple[State, State]:
        """Both forget."""
        return decayed(pre, dt_ms, plus=self.tau_plus_ms), decayed(post, dt_ms, minus=self.tau_minus_ms)

    def trace(
        self, pre: State, post: State, s_pre: jax.Array, s_post: jax.Array, dt_ms: float
    ) -> tuple[State, State]:
        """A spike adds 1."""
        return {"plus": pre["plus"] + s_pre}, {"minus": post["minus"] + s_post}

    def change(self, pre: State, post: State, s_pre: jax.Array, s_post: jax.Array) -> jax.Array:
        """What the pairs that this step completes add."""
        return self.a_plus * pre["plus"] * s_post - self.a_minus * post["minus"] * s_pre

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
        """Add it."""
        return w + self.change(pre, post, s_pre, s_post), synapse
