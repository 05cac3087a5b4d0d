"""Step 3, initialise: synaptic weight statistics, and the weights that training starts from."""

from neurotwin.init.distributions import FAMILIES, KS_CAVEAT, Fit, Fits, fit, fit_all
from neurotwin.init.initialise import InitialWeights, initialise
from neurotwin.init.samplers import INITIALISERS
from neurotwin.init.spectrum import mean_coupling, spectral_norm, spectral_radius

__all__ = [
    "FAMILIES",
    "INITIALISERS",
    "KS_CAVEAT",
    "Fit",
    "Fits",
    "InitialWeights",
    "fit",
    "fit_all",
    "initialise",
    "mean_coupling",
    "spectral_norm",
    "spectral_radius",
]
