"""Inputs brought to mean 0 and standard deviation 1, with constants that are not trained."""

from __future__ import annotations

import equinox as eqx
import jax


class Standardise(eqx.Module):
    """(x - mean) / sd; both are of the training part and belong to the network, so that it takes raw inputs."""

    mean: float = eqx.field(static=True)
    sd: float = eqx.field(static=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Any shape, any numeric type → float32 of that shape."""
        return (x.astype("float32") - self.mean) / self.sd
