"""Inputs brought to mean 0 and standard deviation 1, with nothing to train."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.tasks.layers.local_contrast import LocalContrast
from neurotwin.tasks.task import Spec


class Standardise(eqx.Module):
    """(x - mean) / sd; both are of the training part and belong to the network, so that it takes raw inputs."""

    mean: float = eqx.field(static=True)
    sd: float = eqx.field(static=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Any shape, any numeric type → float32 of that shape."""
        return (x.astype("float32") - self.mean) / self.sd


class StandardiseEach(eqx.Module):
    """Each image by itself to mean 0 and sd 1 over rows, columns and channels: lighting and contrast go, hue stays."""

    least_sd: float = eqx.field(static=True, default=1.0)

    def __call__(self, x: jax.Array) -> jax.Array:
        """``[example, row, column, channel]``, any numeric type → float32; an ``sd`` below ``least_sd`` is not blown up further."""
        x = x.astype("float32")
        centred = x - x.mean((1, 2, 3), keepdims=True)
        return centred / jnp.maximum(jnp.sqrt((centred**2).mean((1, 2, 3), keepdims=True)), self.least_sd)


Scaling = Standardise | StandardiseEach | LocalContrast


def scaling(spec: Spec) -> Scaling:
    """As ``spec`` says: by the training part's mean and sd; where ``each`` is set by those of each image; or, with ``contrast``
    (widths, noise), by what surrounds each place.
    """
    if "contrast" in spec:
        return LocalContrast(tuple(spec["contrast"]["widths"]), spec["contrast"]["noise"])
    if spec.get("each"):
        return StandardiseEach(least_sd=spec["sd"] / 50)
    return Standardise(spec["mean"], spec["sd"])
