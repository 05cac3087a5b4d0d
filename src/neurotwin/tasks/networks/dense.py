"""The ordinary network that others are held against: layers that are all dense."""

from __future__ import annotations

import math

import equinox as eqx
import jax

from neurotwin.tasks.layers import Scaling, scaling
from neurotwin.tasks.task import Spec


class DenseNetwork(eqx.Module):
    """Two hidden layers of one width, rectified, with dropout: the same-size network without any wiring of its own."""

    scale: Scaling
    first: eqx.nn.Linear
    second: eqx.nn.Linear
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: shape, classes, mean, sd, dropout; parameters, to which the width is fitted (100,000 without)."""
        inputs, classes = math.prod(spec["shape"]), spec["classes"]
        width = width_for(spec.get("parameters", 100_000), inputs, classes)
        keys = jax.random.split(key, 3)
        self.scale = scaling(spec)
        self.first = eqx.nn.Linear(inputs, width, key=keys[0])
        self.second = eqx.nn.Linear(width, width, key=keys[1])
        self.out = eqx.nn.Linear(width, classes, key=keys[2])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, ...]`` → scores ``[example, class]``."""
        x = self.scale(x)
        x = jax.nn.relu(jax.vmap(self.first)(x.reshape(len(x), -1)))
        x = jax.nn.relu(jax.vmap(self.second)(x))
        return jax.vmap(self.out)(self.dropout(x, key=key, inference=key is None))


def width_for(parameters: int, inputs: int, classes: int) -> int:
    """The width w with which w² + (inputs + classes + 2) w + classes comes nearest to ``parameters``; at least 1."""
    b = inputs + classes + 2
    root = (-b + math.sqrt(b * b + 4 * max(0, parameters - classes))) / 2
    return max(
        1, min((math.floor(root), math.ceil(root)), key=lambda w: abs(w * w + b * w + classes - parameters))
    )
