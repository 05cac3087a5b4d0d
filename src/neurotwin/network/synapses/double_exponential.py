"""A synaptic current with a time constant for its rise and one for its decay."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import below, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import Drive
from neurotwin.network.synapses.base import SYNAPSES, Synapse, mean_over_step


def peak_factor(rise_ms: Parameter, decay_ms: Parameter) -> jax.Array:
    """What e^{-t/τ_d} - e^{-t/τ_r} is multiplied with to peak at 1."""
    rise, decay = jnp.asarray(rise_ms), jnp.asarray(decay_ms)
    peak = rise * decay / (decay - rise) * jnp.log(decay / rise)
    return 1.0 / (jnp.exp(-peak / decay) - jnp.exp(-peak / rise))


@SYNAPSES.register("double_exponential")
class DoubleExponential(Synapse):
    """I(t) = w k (e^{-t/τ_d} - e^{-t/τ_r}) after a spike; k makes it peak at w (pA).

    Exact for any step. Source: NEURON's ``Exp2Syn`` (the same normalisation, there of a conductance).
    """

    rise_ms: Parameter = 0.5
    decay_ms: Parameter = 5.0

    def __check_init__(self) -> None:
        positive("double exponential synapse", rise_ms=self.rise_ms, decay_ms=self.decay_ms)
        below("double exponential synapse", rise_ms=self.rise_ms, decay_ms=self.decay_ms)

    def initial(self) -> dict[str, Parameter]:
        """Nothing arrived."""
        return {"slow": 0.0, "fast": 0.0}

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
        """Two decaying currents, one subtracted from the other."""
        jump = peak_factor(self.rise_ms, self.decay_ms) * arrived
        slow, fast = state["slow"] + jump, state["fast"] + jump
        current = slow * mean_over_step(dt_ms, self.decay_ms, membrane_ms)
        current = current - fast * mean_over_step(dt_ms, self.rise_ms, membrane_ms)
        return {
            "slow": slow * jnp.exp(-dt_ms / jnp.asarray(self.decay_ms)),
            "fast": fast * jnp.exp(-dt_ms / jnp.asarray(self.rise_ms)),
        }, Drive(current)
