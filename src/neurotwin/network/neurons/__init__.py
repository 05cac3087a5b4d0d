"""Neuron models, one a file."""

from neurotwin.network.neurons.adaptive_lif import AdaptiveLIF
from neurotwin.network.neurons.adex import AdEx
from neurotwin.network.neurons.base import NEURONS, Drive, Neuron, Spiking
from neurotwin.network.neurons.elm import ELM
from neurotwin.network.neurons.glif import GLIF
from neurotwin.network.neurons.glif_config import read_glif
from neurotwin.network.neurons.graded import Graded
from neurotwin.network.neurons.hodgkin_huxley import HodgkinHuxley
from neurotwin.network.neurons.izhikevich import Izhikevich
from neurotwin.network.neurons.leaky_rate import LeakyRate
from neurotwin.network.neurons.lif import LIF
from neurotwin.network.neurons.unit import Unit

__all__ = [
    "ELM",
    "GLIF",
    "LIF",
    "NEURONS",
    "AdEx",
    "AdaptiveLIF",
    "Drive",
    "Graded",
    "HodgkinHuxley",
    "Izhikevich",
    "LeakyRate",
    "Neuron",
    "Spiking",
    "Unit",
    "read_glif",
]
