"""How wide a network must be to have as many parameters as another one."""

from __future__ import annotations

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
        Size → network; more parameters the greater the size.
    step
        What the size must be a multiple of.
    """

    def count(size: int) -> int:
        leaves = jax.tree.leaves(eqx.filter_eval_shape(build, size))
        shapes = [leaf for leaf in leaves if isinstance(leaf, jax.ShapeDtypeStruct)]
        return sum(leaf.size for leaf in shapes if jnp.issubdtype(leaf.dtype, jnp.inexact))

    low, high = 1, 2
    while count(high * step) < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle * step) < parameters else (low, middle)
    return min((low * step, high * step), key=lambda size: abs(count(size) - parameters))
