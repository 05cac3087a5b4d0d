"""Large spiking networks without gradients, in C++ generated from the models' own equations."""

from neurotwin.network.events.native import available
from neurotwin.network.events.run import Events, simulate_events

__all__ = ["Events", "available", "simulate_events"]
