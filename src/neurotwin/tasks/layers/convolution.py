"""Convolution and pooling of images ``[example, row, column, channel]``, fast on a processor.

The convolution is :func:`neurotwin.network.kernels.correlate`; pooling has a derivative of its own, since XLA's was slow.
``python -m benchmarks cnn`` compares with torch.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.kernels import correlate


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
        return correlate(x, self.weight, len(self.weight) // 2 if self.padding == "same" else 0)


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
