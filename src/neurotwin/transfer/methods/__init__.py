"""Adaptation methods, one a file. A new one is a function ``prepare``, entered in ``METHODS``; the contract test runs over it."""

from neurotwin.transfer.methods import adapter as adapter
from neurotwin.transfer.methods import anchor as anchor
from neurotwin.transfer.methods import bitfit as bitfit
from neurotwin.transfer.methods import frozen as frozen
from neurotwin.transfer.methods import full as full
from neurotwin.transfer.methods import lora as lora
from neurotwin.transfer.methods import prompt as prompt
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, n_trained, with_readout

__all__ = ["METHODS", "Adapted", "Method", "n_trained", "with_readout"]
