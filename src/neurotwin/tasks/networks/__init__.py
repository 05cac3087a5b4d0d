"""Networks that several tasks use, one kind a file."""

from neurotwin.tasks.networks.convolutional import ConvolutionalNetwork
from neurotwin.tasks.networks.dense import DenseNetwork
from neurotwin.tasks.networks.recurrent import RecurrentNetwork
from neurotwin.tasks.networks.spiking import SpikingConvolutionalNetwork

__all__ = ["ConvolutionalNetwork", "DenseNetwork", "RecurrentNetwork", "SpikingConvolutionalNetwork"]
