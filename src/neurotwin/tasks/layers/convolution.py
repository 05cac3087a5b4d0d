"""Convolution and pooling of images ``[example, row, column, channel]``, fast on a processor.

With jaxlib 0.10 XLA's own convolution was the fastest way tried there, forward and to its inputs (shifted slices side by side and
one matrix product were slower). What was slow are the derivatives of the weights (two to four times as long as the convolution
itself) and of pooling, written here therefore. ``python -m benchmarks cnn`` compares with torch.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError


class Convolution(eqx.Module):
    """y[r, c] = Σ_{i, j} W[i, j] x[r + i, c + j] + b, a cross-correlation with step 1, as deep learning has it.

    Equinox' own takes one image ``[channel, row, column]``; this one a batch with its channels last.

    Attributes
    ----------
    weight
        ``[size, size, channels in, channels out]``, float32.
    bias
        ``[channels out]``.
    padding
        "valid": none, an image loses ``size - 1`` rows and columns. "same": zeros around it, it keeps its size.
    """

    weight: jax.Array
    bias: jax.Array
    padding: Literal["valid", "same"] = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 3,
        padding: Literal["valid", "same"] = "valid",
        *,
        gain: float = 1.0,
        key: jax.Array,
    ) -> None:
        """Weights uniform within ±gain √(6 / fan in) (He et al. 2015), biases 0."""
        if size % 2 != 1:
            raise InputError("a kernel's side is even", got=size, expected="an odd number", fix="take 3")
        if padding not in ("valid", "same"):
            raise InputError("unknown padding", got=repr(padding), expected="valid or same")
        bound = gain * (6 / (size * size * inputs)) ** 0.5
        self.weight = jax.random.uniform(key, (size, size, inputs, outputs), minval=-bound, maxval=bound)
        self.bias = jnp.zeros(outputs)
        self.padding = padding

    def __call__(self, x: jax.Array) -> jax.Array:
        """``[example, row, column, channels in]`` → ``[example, row', column', channels out]``."""
        return self.without_bias(x) + self.bias

    def without_bias(self, x: jax.Array) -> jax.Array:
        """The same for b = 0: what is pooled next has its bias added afterwards, with the same result for less work."""
        if self.padding == "same":
            edge = self.weight.shape[0] // 2
            x = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        return _convolve(x, self.weight)


FEW_CHANNELS = 8
"""Up to so many, the shifted slices of a derivative are laid side by side, which makes one product of many thin ones."""


def _plain(x: jax.Array, weight: jax.Array) -> jax.Array:
    axes = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, weight, (1, 1), "VALID", dimension_numbers=axes)


@jax.custom_vjp
def _convolve(x: jax.Array, weight: jax.Array) -> jax.Array:
    """y[r, c] = Σ_{i, j} W[i, j] x[r + i, c + j]; reverse mode only."""
    return _plain(x, weight)


def _convolve_forward(x: jax.Array, weight: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _plain(x, weight), (x, weight)


def _convolve_backward(kept: tuple[jax.Array, jax.Array], slope: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, weight = kept
    (to_x,) = jax.vjp(lambda x: _plain(x, weight), x)[1](slope)
    return to_x, _to_weight(x, slope, weight.shape)


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


_convolve.defvjp(_convolve_forward, _convolve_backward)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def max_pool(x: jax.Array, size: int = 2) -> jax.Array:
    """The largest of each ``size × size`` square; rows and columns that fill no square are left out.

    ``[example, row, column, channel]`` → ``[example, row // size, column // size, channel]``. Where several places share the
    largest value, each of them gets the whole derivative; behind a rectifier or with weights drawn at random that hardly happens.
    """
    return _squares(x, size).max((2, 4))


def _squares(x: jax.Array, size: int) -> jax.Array:
    """``[example, row, within, column, within, channel]``."""
    rows, columns = x.shape[1] // size, x.shape[2] // size
    x = x[:, : rows * size, : columns * size]
    return x.reshape(x.shape[0], rows, size, columns, size, x.shape[3])


def _forward(x: jax.Array, size: int) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    y = _squares(x, size).max((2, 4))
    return y, (x, y)


def _backward(size: int, kept: tuple[jax.Array, jax.Array], slope: jax.Array) -> tuple[jax.Array]:
    x, y = kept
    largest = _squares(x, size) == y[:, :, None, :, None]
    back = jnp.where(largest, slope[:, :, None, :, None], 0)
    rows, columns = y.shape[1] * size, y.shape[2] * size
    back = back.reshape(x.shape[0], rows, columns, x.shape[3])
    return (jnp.pad(back, ((0, 0), (0, x.shape[1] - rows), (0, x.shape[2] - columns), (0, 0))),)


max_pool.defvjp(_forward, _backward)
