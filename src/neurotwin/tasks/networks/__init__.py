"""Networks that several tasks use, one kind a file."""

from neurotwin.tasks.networks.convolutional import ConvolutionalNetwork
from neurotwin.tasks.networks.dense import DenseNetwork, LinearNetwork
from neurotwin.tasks.networks.spiking import SpikingConvolutionalNetwork

__all__ = ["ConvolutionalNetwork", "DenseNetwork", "LinearNetwork", "SpikingConvolutionalNetwork"]
