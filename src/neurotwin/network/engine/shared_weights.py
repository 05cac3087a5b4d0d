"""Weights that many synapses share: by type pair, or as a kernel slid over a grid. See :mod:`neurotwin.network.engine.weights`."""

from __future__ import annotations

import equinox as eqx
import jax

from neurotwin._base.errors import InputError
from neurotwin.network.device import FULL
from neurotwin.network.engine.weights import Sparse, Weights


class ByType(Weights):
    """Sparse weights shared by type pair: ``w_e = scale_e · typed[type_post, type_pre]`` (flyvis-like networks).

    Attributes
    ----------
    wiring
        Pattern, delays and, as its values, each synapse's scale (a count of contacts, a sign …).
    typed
        One weight a pair of types, float [types of post, types of pre].
    post_type, pre_type
        Type of each neuron, int [post], [pre].
    """

    wiring: Sparse
    typed: jax.Array
    post_type: jax.Array
    pre_type: jax.Array

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre)."""
        return self.wiring.shape

    def ring_length(self, dt_ms: float) -> int:
        """As the wiring's."""
        return self.wiring.ring_length(dt_ms)

    def at(self, dt_ms: float) -> Weights:
        """Sparse weights with a value a synapse."""
        return self._resolved().at(dt_ms)

    def apply(self, sent: jax.Array) -> jax.Array:
        """The sparse product."""
        return self._resolved().apply(sent)

    def _resolved(self) -> Sparse:
        pattern = self.wiring.pattern
        shared = self.typed[self.post_type[pattern.post], self.pre_type[pattern.pre]]
        scale = jax.lax.stop_gradient(self.wiring.values)
        return eqx.tree_at(lambda s: s.values, self.wiring, scale * shared)


class Convolution(Weights):
    """A kernel slid over neurons that lie on a grid; neurons are numbered channel by channel, row by row.

    Attributes
    ----------
    kernel
        float [channels of post, channels of pre, height, width], odd height and width.
    grid
        (height, width) of the sending neurons' grid.
    stride
        Steps of the kernel; the receiving grid is ⌈height / stride⌉ × ⌈width / stride⌉ (zero padding).
    """

    kernel: jax.Array
    grid: tuple[int, int] = eqx.field(static=True)
    stride: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.kernel.ndim != 4 or self.kernel.shape[2] % 2 == 0 or self.kernel.shape[3] % 2 == 0:
            raise InputError(
                "not a convolution kernel",
                got=f"shape {self.kernel.shape}",
                expected="[channels of post, channels of pre, odd height, odd width]",
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre)."""
        height, width = (-(-size // self.stride) for size in self.grid)
        return self.kernel.shape[0] * height * width, self.kernel.shape[1] * self.grid[0] * self.grid[1]

    def apply(self, sent: jax.Array) -> jax.Array:
        """Cross-correlation with zero padding."""
        lead = sent.shape[:-1]
        image = sent.reshape(-1, self.kernel.shape[1], *self.grid)
        edges = [(size // 2, size // 2) for size in self.kernel.shape[2:]]
        strides = (self.stride, self.stride)
        out = jax.lax.conv_general_dilated(image, self.kernel, strides, edges, precision=FULL)
        return out.reshape(*lead, -1)
