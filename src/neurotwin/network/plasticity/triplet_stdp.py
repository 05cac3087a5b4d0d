"""Spike-timing-dependent plasticity of triplets of spikes."""

from __future__ import annotations

import jax

from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.plasticity.base import RULES, Rule, decayed


@RULES.register("triplet_stdp")
class TripletSTDP(Rule):
    """At a postsynaptic spike w += r₁ (A₂₊ + A₃₊ o₂), at a presynaptic one w -= o₁ (A₂₋ + A₃₋ r₂); traces of all spikes.

    r₁, r₂ (presynaptic, τ₊, τ_x) and o₁, o₂ (postsynaptic, τ₋, τ_y) are read before their own neuron's spike is added.
    Source: Pfister & Gerstner 2006, J. Neurosci. 26:9673, eq. 2-4; defaults of their visual cortex fit, all-to-all, minimal model.
    """

    a2_plus: Parameter = 0.0
    a3_plus: Parameter = 6.5e-3
    a2_minus: Parameter = 7.1e-3
    a3_minus: Parameter = 0.0
    tau_plus_ms: Parameter = 16.8
    tau_minus_ms: Parameter = 33.7
    tau_x_ms: Parameter = 101.0
    tau_y_ms: Parameter = 114.0

    def __check_init__(self) -> None:
        finite(
            "triplet STDP",
            a2_plus=self.a2_plus,
            a3_plus=self.a3_plus,
            a2_minus=self.a2_minus,
            a3_minus=self.a3_minus,
        )
        positive(
            "triplet STDP",
            tau_plus_ms=self.tau_plus_ms,
            tau_minus_ms=self.tau_minus_ms,
            tau_x_ms=self.tau_x_ms,
            tau_y_ms=self.tau_y_ms,
        )

    def initial_pre(self) -> dict[str, Parameter]:
        """r₁, r₂."""
        return {"r1": 0.0, "r2": 0.0}

    def initial_post(self) -> dict[str, Parameter]:
        """o₁, o₂."""
        return {"o1": 0.0, "o2": 0.0}

    def decay(self, pre: State, post: State, dt_ms: float) -> tuple[State, State]:
        """All forget."""
        return (
            decayed(pre, dt_ms, r1=self.tau_plus_ms, r2=self.tau_x_ms),
            decayed(post, dt_ms, o1=self.tau_minus_ms, o2=self.tau_y_ms),
        )

    def trace(
        self, pre: State, post: State, s_pre: jax.Array, s_post: jax.Array, dt_ms: float
    ) -> tuple[State, State]:
        """A spike adds 1."""
        return (
            {name: value + s_pre for name, value in pre.items()},
            {name: value + s_post for name, value in post.items()},
        )

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
        """Potentiate at postsynaptic, depress at presynaptic spikes."""
        up = s_post * pre["r1"] * (self.a2_plus + self.a3_plus * post["o2"])
        down = s_pre * post["o1"] * (self.a2_minus + self.a3_minus * pre["r2"])
        return w + up - down, synapse
