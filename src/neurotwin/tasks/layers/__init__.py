"""Layers that the tasks' networks need and Equinox lacks, or has too slow for a processor."""

from neurotwin.tasks.layers.convolution import Convolution, max_pool
from neurotwin.tasks.layers.standardise import Standardise, StandardiseEach, scaling

__all__ = ["Convolution", "Standardise", "StandardiseEach", "max_pool", "scaling"]
