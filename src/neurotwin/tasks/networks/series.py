"""Networks for windows ``[example, time, channel]`` of a time series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.kernels import sparse_product
from neurotwin.tasks.networks.connectome import LEAK, ConnectomeNetwork
from neurotwin.tasks.networks.tabular import InUnits, in_units
from neurotwin.tasks.task import Spec

UNITS = 64
CHANNELS, TAPS = 48, 3
"""Of the convolutional network: channels of each layer, rows that a filter sees."""


class Highway(eqx.Module):
    """A linear function of the target's own window, at first its last value, plus what a network makes of changes.

    The network sees each row less the last one (Zeng et al. 2023, AAAI 37: 11121), in units of what such changes are, and beside
    it the last row as tanh of its standardised levels; it answers in units of the target's changes. Levels beyond the training ones
    move a forecast by the linear part alone, as in LSTNet (Lai et al. 2018).
    """

    body: Any
    own: jax.Array
    channel: int = eqx.field(static=True)
    change: tuple[float, ...] = eqx.field(static=True)
    step: float = eqx.field(static=True)

    def __init__(self, build: Callable[[Spec, jax.Array], Any], spec: Spec, key: jax.Array) -> None:
        """``build`` gets twice the channels of ``spec``, where ``channel`` is the target's, ``change`` and ``step`` the units."""
        time, channels = spec["shape"]
        self.body = build({**spec, "shape": (time, 2 * channels)}, key)
        self.own = jnp.zeros(time).at[-1].set(1.0)
        self.channel, self.change, self.step = spec["channel"], tuple(spec["change"]), spec["step"]

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, time, channel]`` → ``[example, 1]``."""
        last = x[:, -1:]
        seen = [(x - last) / jnp.asarray(self.change), jnp.broadcast_to(jnp.tanh(last), x.shape)]
        told = self.body(jnp.concatenate(seen, axis=-1), key)
        return self.step * told + (x[:, :, self.channel] @ self.own)[:, None]


def answering(build: Callable[[Spec, jax.Array], Any]) -> Callable[[Spec, jax.Array], InUnits]:
    """The builder of a network as one of answers: with the highway and in units for a forecast, as it is for classes."""

    def built(spec: Spec, key: jax.Array) -> Any:
        return build(spec, key) if spec["channel"] is None else Highway(build, spec, key)

    return in_units(built)


class GatedRecurrentNetwork(eqx.Module):
    """A dense layer on each row, a gated recurrent unit (Cho et al. 2014) over time, the read-out of its last state."""

    into: eqx.nn.Linear
    cell: eqx.nn.GRUCell
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: shape (time, channels), classes (1 for a number), dropout."""
        keys = jax.random.split(key, 3)
        self.into = eqx.nn.Linear(spec["shape"][1], UNITS, key=keys[0])
        self.cell = eqx.nn.GRUCell(UNITS, UNITS, key=keys[1])
        self.out = eqx.nn.Linear(UNITS, spec["classes"], key=keys[2])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, time, channel]`` → ``[example, output]``."""
        keys = [None, None] if key is None else list(jax.random.split(key))
        drive = jax.nn.gelu(jax.vmap(jax.vmap(self.into))(x))
        drive = self.dropout(drive, key=keys[0], inference=key is None)

        def step(h: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
            return jax.vmap(self.cell)(row, h), None

        h, _ = jax.lax.scan(step, jnp.zeros((len(x), UNITS)), drive.swapaxes(0, 1))
        return jax.vmap(self.out)(self.dropout(h, key=keys[1], inference=key is None))


class ConvolutionalSeriesNetwork(eqx.Module):
    """Dilated causal convolutions with residues (Bai, Kolter & Koltun 2018); the last row and the mean over time are read out.

    Layers dilate by 1, 2, 4 … until the last row sees the whole window.
    """

    into: eqx.nn.Linear
    layers: tuple[eqx.nn.Linear, ...]
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: as for the recurrent network."""
        time, channels = spec["shape"]
        depth = 1
        while 1 + (TAPS - 1) * (2**depth - 1) < time:
            depth += 1
        keys = jax.random.split(key, depth + 2)
        self.into = eqx.nn.Linear(channels, CHANNELS, key=keys[0])
        self.layers = tuple(eqx.nn.Linear(TAPS * CHANNELS, CHANNELS, key=k) for k in keys[1:-1])
        self.out = eqx.nn.Linear(2 * CHANNELS, spec["classes"], key=keys[-1])
        self.dropout = eqx.nn.Dropout(spec.get("dropout", 0.0))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, time, channel]`` → ``[example, output]``."""
        keys = [None] * (len(self.layers) + 1)
        keys = keys if key is None else list(jax.random.split(key, len(keys)))
        h = jax.vmap(jax.vmap(self.into))(x)
        for i, (layer, own) in enumerate(zip(self.layers, keys[1:], strict=True)):
            seen = jax.nn.gelu(h)
            back = [2**i * tap for tap in range(TAPS)]
            shifted = [jnp.pad(seen, ((0, 0), (by, 0), (0, 0)))[:, : seen.shape[1]] for by in back]
            change = jax.vmap(jax.vmap(layer))(jnp.concatenate(shifted, axis=-1))
            h = h + self.dropout(change, key=own, inference=key is None)
        read = jnp.concatenate([h[:, -1], h.mean(1)], axis=-1)
        return jax.vmap(self.out)(self.dropout(jax.nn.gelu(read), key=keys[0], inference=key is None))


class ConnectomeSeriesNetwork(ConnectomeNetwork):
    """The connectome network with a row of the window at the sensory neurons at each step, one step a row."""

    def __init__(self, connectome: Any, spec: Spec, key: jax.Array) -> None:
        """``spec``: as for the recurrent network, with mean and sd."""
        super().__init__(connectome, {**spec, "shape": spec["shape"][1:]}, key)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, time, channel]`` → ``[example, output]``."""
        drive = jax.vmap(jax.vmap(self.into))(self.scale(x))

        def step(m: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
            held = jnp.zeros_like(m).at[:, self.inputs].set(row) + self.bias
            return (1 - LEAK) * m + LEAK * (
                sparse_product(self.wiring, self.weight, jnp.tanh(m)) + held
            ), None

        m, _ = jax.lax.scan(step, jnp.zeros((len(x), len(self.bias))), drive.swapaxes(0, 1))
        read = self.dropout(jnp.tanh(m[:, self.outputs]), key=key, inference=key is None)
        return jax.vmap(self.out)(read)
