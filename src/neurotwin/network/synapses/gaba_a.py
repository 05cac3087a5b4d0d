"""GABA-A receptors: fast inhibition."""

from __future__ import annotations

from neurotwin.network.integrate import Parameter
from neurotwin.network.synapses.base import SYNAPSES
from neurotwin.network.synapses.conductance import Conductance


@SYNAPSES.register("gaba_a")
class GABAA(Conductance):
    """Inhibitory conductance that decays within 5 ms and reverses at -70 mV; weights in nS.

    Source: the values of Wang 2002, Neuron 36:955.
    """

    tau_ms: Parameter = 5.0
    reversal_mV: Parameter = -70.0
