"""The network: blueprint → differentiable dynamics that simulate like the animal."""

from neurotwin.network.activations import ACTIVATIONS
from neurotwin.network.clamp import Clamp
from neurotwin.network.dynamics import NEVER, Drive, rollout, rollout_unhoisted
from neurotwin.network.parameters import Cells, Matrices, Parameters, assemble, initial_parameters, project
from neurotwin.network.twin import Twin
from neurotwin.network.wiring import Wiring, WiringPrior, mirror_index, wiring_of

__all__ = [
    "ACTIVATIONS",
    "NEVER",
    "Cells",
    "Clamp",
    "Drive",
    "Matrices",
    "Parameters",
    "Twin",
    "Wiring",
    "WiringPrior",
    "assemble",
    "initial_parameters",
    "mirror_index",
    "project",
    "rollout",
    "rollout_unhoisted",
    "wiring_of",
]
