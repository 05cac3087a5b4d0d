"""What a learning rule is: traces of the neurons, a change of each synapse. Weights change while the network runs.

Everything in :meth:`Rule.step` is elementwise over synapses: what belongs to a neuron comes spread to its synapses. A rule is
one file.
"""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.registry import Registry
from neurotwin.network.checks import below
from neurotwin.network.integrate import Parameter, State

Spread = Callable[[jax.Array], jax.Array]


class Rule(eqx.Module):
    """A learning rule; each field a number. Weights stay between ``w_min`` and ``w_max``, which keeps signs too (``w_min=0``)."""

    w_min: Parameter = eqx.field(default=-jnp.inf, kw_only=True)
    w_max: Parameter = eqx.field(default=jnp.inf, kw_only=True)

    def __check_init__(self) -> None:
        below(type(self).__name__, w_min=self.w_min, w_max=self.w_max)

    def initial_pre(self) -> dict[str, Parameter]:
        """Traces of a sending neuron at rest: name → number."""
        return {}

    def initial_post(self) -> dict[str, Parameter]:
        """Traces of a receiving neuron at rest."""
        return {}

    def initial_synapse(self) -> dict[str, Parameter]:
        """Traces of a synapse at rest."""
        return {}

    def trace(
        self, pre: State, post: State, s_pre: jax.Array, s_post: jax.Array, dt_ms: float
    ) -> tuple[State, State]:
        """Traces after the step: they decay over it, then take in what arrived and what was sent at its end."""
        return pre, post

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
        """Weights and traces of the synapses after the step.

        Parameters
        ----------
        w, synapse
            Weights and traces of the synapses at the beginning of the step.
        pre, post
            Traces of the neurons, decayed to the end of the step but without what was sent then.
        s_pre, s_post
            What arrived at the synapses in this step, and what their receiving neurons sent at its end: 1 for a spike, or a rate.
        dt_ms
            Step.
        reward
            For rules that are modulated by it.
        """
        raise NotImplementedError

    def decay(self, pre: State, post: State, dt_ms: float) -> tuple[State, State]:
        """Traces decayed over a step, before anything is added; rules without traces keep none."""
        return pre, post


RULES: Registry[type[Rule]] = Registry("learning rule")


def learn(
    rule: Rule,
    w: jax.Array,
    synapse: State,
    pre: State,
    post: State,
    s_pre: jax.Array,
    s_post: jax.Array,
    dt_ms: float,
    reward: Parameter,
    spread_pre: Spread,
    spread_post: Spread,
) -> tuple[jax.Array, State, State, State]:
    """One step of learning, in the one order that all rules have: traces decay, synapses change, traces take in the activity.

    Parameters
    ----------
    w, synapse
        [..., post, pre] or [..., E].
    pre, post, s_pre, s_post
        Of the neurons, [..., N_pre] and [..., N_post].
    spread_pre, spread_post
        From neurons to synapses.

    Returns
    -------
    w, synapse, pre, post
        After the step.
    """
    pre, post = rule.decay(pre, post, dt_ms)
    w, synapse = rule.step(
        w,
        synapse,
        {name: spread_pre(value) for name, value in pre.items()},
        {name: spread_post(value) for name, value in post.items()},
        spread_pre(s_pre),
        spread_post(s_post),
        dt_ms,
        reward,
    )
    pre, post = rule.trace(pre, post, s_pre, s_post, dt_ms)
    return jnp.clip(w, rule.w_min, rule.w_max), synapse, pre, post


def decayed(traces: State, dt_ms: float, **time_constants_ms: Parameter) -> State:
    """Each trace after a step of exponential decay."""
    return {
        name: traces[name] * jnp.exp(-dt_ms / jnp.asarray(tau)) for name, tau in time_constants_ms.items()
    }
