"""From one task to another: adaptation methods, what they cost, and what they leave of a twin."""

from neurotwin.transfer.methods import METHODS, Adapted, Method, n_trained, with_readout

__all__ = ["METHODS", "Adapted", "Method", "n_trained", "with_readout"]
