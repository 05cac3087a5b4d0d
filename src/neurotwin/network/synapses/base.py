"""What a synapse model is: the state that arriving activity leaves at the receiving neuron, and the drive that it gives.

Linear synapses of one projection share their state at the receiving neuron, so that cost grows with neurons, not synapses.
Weights (pA, or nS for a conductance) multiply what arrives *before* it reaches the synapse: a spike through a weight of 2
makes the state jump by 2. Source of a conductance's unit: a peak of ``weight`` nS for one spike, for each model of this folder.
"""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax

from neurotwin._base.registry import Registry
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive


class Synapse(eqx.Module):
    """A projection's synapse model; each field is a parameter, a number or ``[N_post]``."""

    reads: ClassVar[str] = "output"
    """What of the sending neuron is transmitted: "output", or the name of a state ("v" for a gap junction)."""
    needs_total_weight: ClassVar[bool] = False
    """Whether :meth:`step` uses ``total``, the summed weights of each receiving neuron."""

    def initial(self) -> dict[str, Parameter]:
        """State with nothing arrived: name → number."""
        raise NotImplementedError

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
        """One step, in this order: what arrived jumps in, the drive over the step is read, the state decays to its end.

        Parameters
        ----------
        state
            At the beginning of the step, each [..., N_post].
        arrived
            Σ_j w_ij s_j(t - d_ij), [..., N_post].
        v
            The receiving neuron's membrane potential at the beginning of the step (for models that depend on it).
        dt_ms
            Step.
        membrane_ms
            Of a receiving neuron with a linear membrane: a current is then returned as the constant one that moves that membrane
            exactly as far over the step as the decaying current does.
        total
            Σ_j w_ij, [N_post]; only if ``needs_total_weight``.
        """
        raise NotImplementedError


SYNAPSES: Registry[type[Synapse]] = Registry("synapse model")


def mean_over_step(dt_ms: float, tau_ms: Parameter, membrane_ms: Parameter | None) -> jax.Array:
    """Factor by which a current ``I e^{-t/τ}`` is worth less than a constant ``I`` over a step, for a membrane with time
    constant τ_m.

    (1/τ_m) ∫₀^dt e^{-(dt-s)/τ_m} e^{-s/τ} ds / (1 - e^{-dt/τ_m}); 1 where no membrane is given. Source: the exact propagator of
    Rotter & Diesmann 1999, Biol. Cybern. 81:381.
    """
    import jax.numpy as jnp

    if membrane_ms is None:
        return jnp.asarray(1.0)
    a = 1.0 / jnp.asarray(membrane_ms)
    difference = (a - 1.0 / jnp.asarray(tau_ms)) * dt_ms
    small = jnp.abs(difference) < 1e-6
    safe = jnp.where(small, 1.0, difference)
    growth = jnp.where(small, 1.0 + difference / 2, jnp.expm1(safe) / safe)
    return a * dt_ms * jnp.exp(-a * dt_ms) * growth / -jnp.expm1(-a * dt_ms)
