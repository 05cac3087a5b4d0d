"""Layers that the tasks' networks need and Equinox lacks, or has too slow for a processor."""

from neurotwin.tasks.layers.convolution import Convolution, max_pool
from neurotwin.tasks.layers.local_contrast import LocalContrast
from neurotwin.tasks.layers.standardise import Scaling, Standardise, StandardiseEach, scaling

__all__ = ["Convolution", "LocalContrast", "Scaling", "Standardise", "StandardiseEach", "max_pool", "scaling"]
