"""What an adaptation costs: numbers that are trained, and the memory that training them takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np

from neurotwin.tasks import Settings
from neurotwin.tasks.loop import training_of
from neurotwin.training.optimisers import make_optimiser
from neurotwin.transfer.methods import Adapted


@dataclass(frozen=True)
class Cost:
    """Sizes of one adaptation, computed from the shapes of its arrays.

    Attributes
    ----------
    trained, total
        Numbers that are trained, and all that are no whole numbers.
    gradient_bytes, optimiser_bytes
        Of the gradient of what is trained, and of the optimiser's state (Adam: two numbers for each). What the backward pass
        needs in passing (activations; for LoRA the gradient of each whole weight) is not in it.
    """

    trained: int
    total: int
    gradient_bytes: int
    optimiser_bytes: int

    @property
    def training_bytes(self) -> int:
        """Both together."""
        return self.gradient_bytes + self.optimiser_bytes


def cost_of(adapted: Adapted, settings: Settings) -> Cost:
    """Of training ``adapted`` with the optimiser that ``settings`` name."""
    weights = eqx.filter(adapted.network, adapted.trained)
    state = jax.eval_shape(make_optimiser(training_of(settings, 1)).init, weights)
    every = jax.tree.leaves(eqx.filter(adapted.network, eqx.is_inexact_array))
    return Cost(
        sum(leaf.size for leaf in jax.tree.leaves(weights)),
        sum(leaf.size for leaf in every),
        _bytes(weights),
        _bytes(state),
    )


def _bytes(tree: Any) -> int:
    return sum(int(leaf.size) * np.dtype(leaf.dtype).itemsize for leaf in jax.tree.leaves(tree))
