"""NMDA receptors: slow excitation that needs a depolarised neuron."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from neurotwin.network.checks import not_negative
from neurotwin.network.integrate import Parameter
from neurotwin.network.synapses.base import SYNAPSES
from neurotwin.network.synapses.conductance import DoubleExponentialConductance


@SYNAPSES.register("nmda")
class NMDA(DoubleExponentialConductance):
    """g B(v) (E - v) with the magnesium block B(v) = 1 / (1 + [Mg²⁺]/3.57 mM · e^{-0.062 v}); weights in nS.

    Source of the block: Jahr & Stevens 1990, J. Neurosci. 10:3178; time constants of Wang 2002, Neuron 36:955 (rise 2 ms,
    decay 100 ms). The block is taken at the beginning of the step.
    """

    rise_ms: Parameter = 2.0
    decay_ms: Parameter = 100.0
    reversal_mV: Parameter = 0.0
    magnesium_mM: Parameter = 1.0

    def __check_init__(self) -> None:
        not_negative("NMDA", magnesium_mM=self.magnesium_mM)

    def opening(self, v: jax.Array) -> jax.Array:
        """Share of channels that magnesium does not block."""
        return 1.0 / (1.0 + self.magnesium_mM / 3.57 * jnp.exp(-0.062 * v))
