"""The engine: networks of any neuron and synapse models, run and differentiated in one compiled loop."""

from neurotwin.network.engine.loop import automatic_chunk, plain_loop, run_loop
from neurotwin.network.engine.network import Network, Population, Projection, Source
from neurotwin.network.engine.shared_weights import ByType, Convolution
from neurotwin.network.engine.simulate import Simulation, simulate
from neurotwin.network.engine.weights import Dense, Sparse, Weights, keep_signs, sparse

__all__ = [
    "ByType",
    "Convolution",
    "Dense",
    "Network",
    "Population",
    "Projection",
    "Simulation",
    "Source",
    "Sparse",
    "Weights",
    "automatic_chunk",
    "keep_signs",
    "plain_loop",
    "run_loop",
    "simulate",
    "sparse",
]
