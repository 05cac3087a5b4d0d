"""Convolution on a processor: shifted slices side by side and one matrix product, and pooling by reshaping.

XLA's convolution is slow on a CPU (``benchmarks``, case ``cnn``). Images are ``[example, row, column, channel]``, so that a slice is
contiguous along its channels.
"""

from __future__ import annotations

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError


class Convolution(eqx.Module):
    """y[r, c] = Σ_{i, j} W[i, j] x[r + i, c + j] + b, a cross-correlation with step 1, as deep learning has it.

    Attributes
    ----------
    weight
        ``[size · size · channels in, channels out]``: rows by (i, j, channel), float32.
    bias
        ``[channels out]``.
    size
        Side of the kernel, odd.
    padding
        "valid": none, an image loses ``size - 1`` rows and columns. "same": zeros around it, it keeps its size.
    """

    weight: jax.Array
    bias: jax.Array
    size: int = eqx.field(static=True)
    padding: Literal["valid", "same"] = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 3,
        padding: Literal["valid", "same"] = "valid",
        *,
        key: jax.Array,
    ) -> None:
        """Weights uniform within ±√(6 / fan in) (He et al. 2015), biases 0."""
        if size % 2 != 1:
            raise InputError("a kernel's side is even", got=size, expected="an odd number", fix="take 3")
        if padding not in ("valid", "same"):
            raise InputError("unknown padding", got=repr(padding), expected="valid or same")
        rows = size * size * inputs
        bound = (6 / rows) ** 0.5
        self.weight = jax.random.uniform(key, (rows, outputs), minval=-bound, maxval=bound)
        self.bias = jnp.zeros(outputs)
        self.size, self.padding = size, padding

    def __call__(self, x: jax.Array) -> jax.Array:
        """``[example, row, column, channels in]`` → ``[example, row', column', channels out]``."""
        if self.padding == "same":
            edge = self.size // 2
            x = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        rows, columns = x.shape[1] - self.size + 1, x.shape[2] - self.size + 1
        shifted = [x[:, i : i + rows, j : j + columns] for i in range(self.size) for j in range(self.size)]
        return jnp.concatenate(shifted, axis=-1) @ self.weight + self.bias


def max_pool(x: jax.Array, size: int = 2) -> jax.Array:
    """The largest of each ``size × size`` square; rows and columns that fill no square are left out.

    ``[example, row, column, channel]`` → ``[example, row // size, column // size, channel]``.
    """
    rows, columns = x.shape[1] // size, x.shape[2] // size
    x = x[:, : rows * size, : columns * size]
    return x.reshape(x.shape[0], rows, size, columns, size, x.shape[3]).max((2, 4))
