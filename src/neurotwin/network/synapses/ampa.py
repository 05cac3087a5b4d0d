"""AMPA receptors: fast excitation."""

from __future__ import annotations

from neurotwin.network.integrate import Parameter
from neurotwin.network.synapses.base import SYNAPSES
from neurotwin.network.synapses.conductance import Conductance


@SYNAPSES.register("ampa")
class AMPA(Conductance):
    """Excitatory conductance that decays within 2 ms and reverses at 0 mV; weights in nS.

    Source: the values of Wang 2002, Neuron 36:955.
    """

    tau_ms: Parameter = 2.0
    reversal_mV: Parameter = 0.0
