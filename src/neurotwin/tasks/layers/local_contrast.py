"""Pictures in even light: each place measured against its surroundings, with nothing to train."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np


class LocalContrast(eqx.Module):
    """Each channel less its local mean, over the local contrast of all channels together (Jarrett et al. 2009).

    Attributes
    ----------
    widths
        Standard deviations of the Gaussian that weighs the surroundings, rows and columns.
    noise
        Contrast that counts as nothing, in the units of the picture: even surfaces stay even.
    """

    widths: tuple[float, float] = eqx.field(static=True)
    noise: float = eqx.field(static=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        """``[example, row, column, channel]``, any numeric type → float32 of that shape, about -3 to 3."""
        x = x.astype("float32")
        rows, columns = (
            jnp.asarray(_weights(size, width)) for size, width in zip(x.shape[1:3], self.widths, strict=True)
        )

        def around(x: jax.Array) -> jax.Array:
            return jnp.einsum("ir,nrcd,jc->nijd", rows, x, columns)

        x = x - around(x)
        return x / jnp.sqrt(around(x.mean(-1, keepdims=True) ** 2) + self.noise**2)


def _weights(size: int, width: float) -> np.ndarray:
    """What each place of ``size`` counts for each, ``[to, from]``, with the picture mirrored at its edges."""
    from scipy.ndimage import gaussian_filter1d

    return gaussian_filter1d(np.eye(size, dtype=np.float32), width, axis=0)
