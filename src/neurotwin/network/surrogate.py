"""Spikes whose derivative is a chosen function: forward a step, backward its surrogate, by name.

Source: Neftci, Mostafa & Zenke 2019, IEEE Signal Process. Mag. 36:51.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from neurotwin._base.registry import Registry

Spike = Callable[[jax.Array], jax.Array]

SURROGATES: Registry[Spike] = Registry("surrogate gradient")


def _spike(slope: Spike) -> Spike:
    """1 where x >= 0, else 0, with ``slope(x)`` for a derivative."""

    @jax.custom_jvp
    def spike(x: jax.Array) -> jax.Array:
        return (x >= 0).astype(x.dtype)

    @spike.defjvp
    def _(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
        (x,), (dx,) = primals, tangents
        return spike(x), slope(x) * dx

    return spike


SURROGATES.register("fast_sigmoid")(_spike(lambda x: 1 / (1 + jnp.abs(x)) ** 2))
SURROGATES.register("arctan")(_spike(lambda x: 1 / (1 + (jnp.pi * x / 2) ** 2) / 2))
SURROGATES.register("triangular")(_spike(lambda x: jnp.maximum(0.0, 1 - jnp.abs(x))))
SURROGATES.register("gaussian")(_spike(lambda x: jnp.exp(-(x**2) / 2) / jnp.sqrt(2 * jnp.pi)))
SURROGATES.register("straight_through")(_spike(lambda x: jnp.ones_like(x)))
