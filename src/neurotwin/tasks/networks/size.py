"""How wide a network must be to have as many parameters as another one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp


def fitted_size(parameters: int, build: Callable[[int], Any], step: int = 1) -> int:
    """The multiple of ``step`` with which ``build(size)`` has about as many trained numbers as wanted; nothing is computed for it.

    Parameters
    ----------
    parameters
        How many are wanted.
    build
        Size → network. Matrices are ``size`` wide or long, or both, so that the count is a quadratic in the size, which three
        counts tell.
    step
        What the size must be a multiple of.
    """

    def count(size: int) -> int:
        leaves = jax.tree.leaves(eqx.filter_eval_shape(build, size))
        shapes = [leaf for leaf in leaves if isinstance(leaf, jax.ShapeDtypeStruct)]
        return sum(leaf.size for leaf in shapes if jnp.issubdtype(leaf.dtype, jnp.inexact))

    one, two, three = (count(step * n) for n in (1, 2, 3))
    square = (three - 2 * two + one) / 2
    linear = two - one - 3 * square
    rest = one - square - linear - parameters
    root = (-linear + math.sqrt(max(0.0, linear**2 - 4 * square * rest))) / (2 * square)
    near = (max(1, math.floor(root)), max(1, math.ceil(root)))
    return step * min(near, key=lambda n: abs(square * n * n + linear * n + rest))
