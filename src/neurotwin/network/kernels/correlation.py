"""Cross-correlations of images with small kernels, and their derivatives: C++ where it was built, XLA elsewhere.

On two cores XLA (jaxlib 0.10) runs some of these convolutions in one thread, and the derivative of their weights takes it two to
four times as long as the convolution itself; in XLA's path that derivative is therefore written here as matrix products. The C++
kernel is faster in all three. ``python -m benchmarks cnn`` compares with torch.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.network.kernels import native
from neurotwin.network.kernels.product import chosen

FEW_CHANNELS = 8
"""Up to so many, the shifted slices of a derivative are laid side by side, which makes one product of many thin ones."""


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def correlate(x: jax.Array, weight: jax.Array, edge: int = 0) -> jax.Array:
    """y[r, c] = Σ_{i, j} W[i, j] x[r + i, c + j], with ``edge`` zeros on each side of an image; reverse mode only.

    Parameters
    ----------
    x
        ``[example, row, column, channels in]``.
    weight
        ``[size, size, channels in, channels out]``.
    edge
        Zeros around an image, at most ``size - 1``.

    Returns
    -------
    jax.Array
        ``[example, row + 2 edge - size + 1, column + 2 edge - size + 1, channels out]``.
    """
    rows, columns = (side + 2 * edge - len(weight) + 1 for side in x.shape[1:3])
    if min(rows, columns) < 1 or not _in_cpp(x, weight):
        return jax.lax.conv_general_dilated(
            x, weight, (1, 1), ((edge, edge),) * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
    shape = (len(x), rows, columns, weight.shape[3])
    return native.call("correlate", shape, x, weight, like=x, edge=np.int64(edge))


def _in_cpp(*arrays: jax.Array) -> bool:
    return all(array.dtype == jnp.float32 for array in arrays) and chosen() == "native"


def _forward(x: jax.Array, weight: jax.Array, edge: int) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return correlate(x, weight, edge), (x, weight)


def _backward(edge: int, kept: tuple[jax.Array, jax.Array], slope: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, weight = kept
    turned = jnp.flip(weight, (0, 1)).swapaxes(2, 3)
    to_x = jnp.asarray(correlate(slope, turned, len(weight) - 1 - edge))
    if slope.size and _in_cpp(x, slope):
        return to_x, native.call("to_weights", weight.shape, x, slope, like=x, edge=np.int64(edge))
    framed = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0))) if edge else x
    return to_x, _to_weight(framed, slope, weight.shape)


def _to_weight(x: jax.Array, slope: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """dL/dW[i, j] = Σ over examples, rows and columns of x[r + i, c + j] (dL/dy[r, c])ᵀ."""
    rows, columns = slope.shape[1:3]
    by_place = slope.reshape(-1, shape[3])
    shifts = [(i, j) for i in range(shape[0]) for j in range(shape[1])]
    if shape[2] <= FEW_CHANNELS:
        first = jnp.moveaxis(x, -1, 0)
        side_by_side = jnp.stack([first[:, :, i : i + rows, j : j + columns] for i, j in shifts])
        return (side_by_side.reshape(len(shifts) * shape[2], -1) @ by_place).reshape(shape)
    shifted = (x[:, i : i + rows, j : j + columns].reshape(-1, shape[2]) for i, j in shifts)
    return jnp.stack([part.T @ by_place for part in shifted]).reshape(shape)


correlate.defvjp(_forward, _backward)
