"""Synapse models, one a file."""

from neurotwin.network.synapses.alpha import Alpha
from neurotwin.network.synapses.ampa import AMPA
from neurotwin.network.synapses.base import SYNAPSES, Synapse
from neurotwin.network.synapses.conductance import Conductance, DoubleExponentialConductance
from neurotwin.network.synapses.double_exponential import DoubleExponential
from neurotwin.network.synapses.exponential import Exponential
from neurotwin.network.synapses.gaba_a import GABAA
from neurotwin.network.synapses.gap_junction import GapJunction
from neurotwin.network.synapses.instantaneous import Instantaneous
from neurotwin.network.synapses.nmda import NMDA
from neurotwin.network.synapses.release import Release
from neurotwin.network.synapses.tsodyks_markram import TsodyksMarkram

__all__ = [
    "AMPA",
    "GABAA",
    "NMDA",
    "SYNAPSES",
    "Alpha",
    "Conductance",
    "DoubleExponential",
    "DoubleExponentialConductance",
    "Exponential",
    "GapJunction",
    "Instantaneous",
    "Release",
    "Synapse",
    "TsodyksMarkram",
]
