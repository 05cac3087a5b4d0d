"""The mission's convolutional network: 3×3 convolutions, pooling, dense layers, softmax."""

from __future__ import annotations

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.tasks.layers import Convolution, Scaling, max_pool, scaling
from neurotwin.tasks.task import Spec

WIDTHS = (32, 64, 128)
"""Channels of both convolutions, and units of the dense layer."""
SMALL = 16
"""Images with a side below this are padded, since little would be left of them."""


class ConvolutionalNetwork(eqx.Module):
    """Convolution 3×3, pool, rectify; the same again; a dense layer, rectified, with dropout; the read-out.

    Pooling comes before bias and rectifier, which grow with their argument: the largest value, rectified, is the largest
    rectified value, at a quarter of the cost.
    """

    scale: Scaling
    first: Convolution
    second: Convolution
    dense: eqx.nn.Linear
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: shape (rows, columns, channels), classes, mean, sd, dropout; widths where they are not ``WIDTHS``."""
        one, two, units = spec.get("widths", WIDTHS)
        keys = jax.random.split(key, 4)
        padding, flat = layout(spec["shape"])
        self.scale = scaling(spec)
        self.first = Convolution(spec["shape"][2], one, padding=padding, key=keys[0])
        self.second = Convolution(one, two, padding=padding, key=keys[1])
        self.dense = eqx.nn.Linear(flat * two, units, key=keys[2])
        self.out = eqx.nn.Linear(units, spec["classes"], key=keys[3])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, row, column, channel]`` → scores ``[example, class]``."""
        x = jax.nn.relu(pooled(self.first, self.scale(x)))
        x = jax.nn.relu(pooled(self.second, x))
        x = jax.nn.relu(jax.vmap(self.dense)(x.reshape(len(x), -1)))
        return jax.vmap(self.out)(self.dropout(x, key=key, inference=key is None))


def pooled(layer: Any, x: jax.Array) -> jax.Array:
    """The layer's largest value in each square of 2 × 2."""
    if isinstance(layer, Convolution):
        return jnp.asarray(max_pool(layer.without_bias(x))) + layer.bias
    return jnp.asarray(max_pool(layer(x)))  # what stands in a convolution's place, an adapter behind it


def layout(shape: tuple[int, int, int]) -> tuple[Literal["valid", "same"], int]:
    """Padding, and how many places are left after two convolutions and two poolings."""
    small = min(shape[:2]) < SMALL
    lost = 0 if small else 2
    rows, columns = (((side - lost) // 2 - lost) // 2 for side in shape[:2])
    return "same" if small else "valid", rows * columns
