"""Predictors of video: every patch of the image foretells its own next pixels from what it and its surroundings did before."""

from __future__ import annotations

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.networks.dense import width_for
from neurotwin.tasks.task import Spec

CELL = 6
"""Side of a patch, pixels."""
MARGIN = 6
"""Pixels on each side of a patch that are seen with it."""
UNITS = 64
HORIZON = 1
"""Frames from the last one that is seen to the one that is foretold."""
LAGS = (0, 2, 4, 6)
"""Frames back that the network without recurrence sees."""
PATCHES, DRAWN = 48, 96
"""Patches of each clip in a training step: so many of so many that were drawn at random, those where most happens."""
LEAST_SCALE_GREY = 1.0
"""Smallest scale of a pixel's error that may be foretold, grey levels: rounding alone makes half of it."""


class GatedMemory(eqx.Module):
    """A recurrent layer of gated units (Cho et al. 2014), one state for each patch."""

    cell: eqx.nn.GRUCell

    def __init__(self, inputs: int, units: int, key: jax.Array) -> None:
        self.cell = eqx.nn.GRUCell(inputs, units, key=key)

    def start(self, patches: int) -> jax.Array:
        """State before the first frame."""
        return jnp.zeros((patches, self.cell.hidden_size))

    def __call__(self, state: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """State and ``[patch, feature]`` → new state and ``[patch, unit]``."""
        state = jax.vmap(self.cell)(x, state)
        return state, state


class WindowMemory(eqx.Module):
    """No recurrence: a dense layer on the features of the last frames (at ``LAGS``)."""

    first: eqx.nn.Linear
    second: eqx.nn.Linear

    def __init__(self, inputs: int, units: int, key: jax.Array) -> None:
        one, two = jax.random.split(key)
        self.first = eqx.nn.Linear(len(LAGS) * inputs, units, key=one)
        self.second = eqx.nn.Linear(units, units, key=two)

    def start(self, patches: int) -> jax.Array:
        """The features of the last frames, ``[lag, patch, feature]``."""
        return jnp.zeros((max(LAGS) + 1, patches, self.first.in_features // len(LAGS)))

    def __call__(self, state: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """As :meth:`GatedMemory.__call__`."""
        state = jnp.concatenate([x[None], state[:-1]])
        h = jnp.concatenate([state[lag] for lag in LAGS], axis=-1)
        for layer in (self.first, self.second):
            h = jax.nn.relu(jax.vmap(layer)(h))
        return state, h


class PatchPredictor(eqx.Module):
    """Each patch of ``CELL × CELL`` pixels foretells itself, with one set of weights for all patches.

    A frame less the background is cut into patches with their margins; a dense layer, rectified, and the memory read a patch and
    its place in the image; the read-out gives each pixel's mean m and scale b of a Laplace distribution, ``HORIZON`` frames
    ahead. What is minimised is -log p = log 2b + |x - m| / b; the surprise of a patch is the mean of |x - m| / b, so that an error
    counts little where an error had to be expected.

    Attributes
    ----------
    background
        ``[row, column]``, whole grey levels; not trained.
    sd
        Grey levels that are one unit inside the network.
    """

    background: jax.Array
    encoder: eqx.nn.Linear
    memory: GatedMemory | WindowMemory
    out: eqx.nn.Linear
    sd: float = eqx.field(static=True)
    horizon: int = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array, recurrent: bool = True) -> None:
        """``spec``: background ``[row, column]``, sd; parameters, to which the width is fitted without recurrence."""
        keys = jax.random.split(key, 3)
        # whole numbers, so that nothing trains them
        self.background = jnp.asarray(np.asarray(spec["background"], np.int32))
        self.sd = spec["sd"]
        self.horizon = spec.get("horizon", HORIZON)
        inputs, outputs = (CELL + 2 * MARGIN) ** 2 + 2, 2 * CELL**2
        self.encoder = eqx.nn.Linear(inputs, UNITS, key=keys[0])
        units = UNITS
        if not recurrent and "parameters" in spec:
            units = width_for(spec["parameters"] - (inputs + 1) * UNITS, len(LAGS) * UNITS, outputs)
        self.memory = (GatedMemory if recurrent else WindowMemory)(UNITS, units, keys[1])
        self.out = eqx.nn.Linear(units, outputs, key=keys[2])

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return grid_of(self.background.shape)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Clips ``[clip, time, row, column]`` → ``[clip, time, 1 + patch]``: -log p, mean over pixels, and the map of surprise.

        With a key, of patches at random places, as training has it, and the map is theirs.
        """
        if key is not None:
            return jax.vmap(lambda clip, k: self._sampled(clip, k))(x, jax.random.split(key, len(x)))
        # one clip after the other: memory does not grow with their number
        return jax.lax.map(lambda clip: self._whole(clip), x)

    def start(self) -> Any:
        """State before a stream's first frame: memory, predictions under way ``[frame, patch, 2 · pixel]``, frames seen."""
        patches = math.prod(self.grid)
        waiting = jnp.zeros((self.horizon, patches, self.out.out_features))
        return self.memory.start(patches), waiting, jnp.int32(0)

    def step(self, state: Any, frame: jax.Array) -> tuple[Any, jax.Array]:
        """One frame ``[row, column]`` of a stream → new state, and what :meth:`__call__` says of that frame."""
        memory, waiting, count = state
        corners = _corners(self.grid)
        seen = self._cut(frame[None], corners)[0]
        losses, surprise = self._compare(waiting[-1], seen)
        memory, h = self.memory(memory, self._features(seen, corners))
        waiting = jnp.concatenate([jax.vmap(self.out)(h)[None], waiting[:-1]])
        told = jnp.where(count >= self.horizon, self._told(losses, surprise), 0.0)
        return (memory, waiting, count + 1), told

    def _whole(self, frames: jax.Array) -> jax.Array:
        corners = _corners(self.grid)
        losses, surprise = self._foretell(self._cut(frames, corners), corners)
        return self._told(losses, surprise)

    def _sampled(self, frames: jax.Array, key: jax.Array) -> jax.Array:
        rows, columns = frames.shape[1:]
        drawn = jax.random.randint(key, (DRAWN, 2), 0, jnp.array([rows - CELL + 1, columns - CELL + 1]))
        patches = self._cut(frames, drawn)
        chosen = jax.lax.top_k(patches.var((0, 2)), PATCHES)[1]
        losses, surprise = self._foretell(patches[:, chosen], drawn[chosen])
        return jnp.concatenate([losses.mean(-1, keepdims=True), surprise], axis=-1)

    def _foretell(self, seen: jax.Array, corners: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Patches ``[time, patch, pixel]`` → -log p and surprise ``[time, patch]``, 0 while nothing was foretold.

        Dense layers take all frames at once: only the memory goes frame by frame.
        """
        patches = seen.shape[1]
        _, h = jax.lax.scan(
            lambda state, x: self.memory(state, x), self.memory.start(patches), self._features(seen, corners)
        )
        foretold = jax.vmap(jax.vmap(self.out))(h[: -self.horizon])
        found = self._compare(foretold, seen[self.horizon :])
        losses, surprise = (jnp.pad(x, ((self.horizon, 0), (0, 0))) for x in found)
        return losses, surprise

    def _features(self, seen: jax.Array, corners: jax.Array) -> jax.Array:
        """``[..., patch, pixel]`` and ``[patch, 2]`` → ``[..., patch, feature]``."""
        place = jnp.broadcast_to(corners / jnp.array(self.background.shape) - 0.5, (*seen.shape[:-1], 2))
        x = jnp.concatenate([seen, place], axis=-1)
        return jax.nn.relu(x @ self.encoder.weight.T + self.encoder.bias)

    def _compare(self, foretold: jax.Array, seen: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What was foretold and what came, ``[..., patch, pixel]`` → -log p and surprise ``[..., patch]``."""
        side = CELL + 2 * MARGIN
        own = seen.reshape(*seen.shape[:-1], side, side)[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
        mean, raw = jnp.split(foretold, 2, axis=-1)
        scale = jax.nn.softplus(raw) + LEAST_SCALE_GREY / self.sd
        error = jnp.abs(own.reshape(mean.shape) - mean) / scale
        return (jnp.log(2 * scale) + error).mean(-1), error.mean(-1)

    def _told(self, losses: jax.Array, surprise: jax.Array) -> jax.Array:
        """``[..., patch]`` each → ``[..., 1 + patch]``."""
        pooled = pool(surprise.reshape(*surprise.shape[:-1], *self.grid)).reshape(surprise.shape)
        return jnp.concatenate([losses.mean(-1, keepdims=True), pooled], axis=-1)

    def _cut(self, frames: jax.Array, corners: jax.Array) -> jax.Array:
        """``[time, row, column]`` → ``[time, patch, pixel]``, patches with margins; beyond the image all is background."""
        x = (frames.astype("float32") - self.background) / self.sd
        rows, columns = (n * CELL for n in self.grid)
        rest = ((0, rows - x.shape[1]), (0, columns - x.shape[2]))
        x = jnp.pad(x, ((0, 0), *((MARGIN, MARGIN + more) for _, more in rest)))
        side = CELL + 2 * MARGIN

        def one(corner: jax.Array) -> jax.Array:
            return jax.lax.dynamic_slice(x, (0, corner[0], corner[1]), (len(x), side, side))

        return jax.vmap(one, out_axes=1)(corners).reshape(len(x), len(corners), -1)


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of patches that cover an image."""
    return -(-shape[0] // CELL), -(-shape[1] // CELL)


def pool(surprise: Any) -> Any:
    """The mean of each 2 × 2 patches ``[..., row, column]``, which overlap; what is small but no single pixel stands out."""
    array = jnp if isinstance(surprise, jax.Array) else np
    x = array.pad(surprise, [(0, 0)] * (surprise.ndim - 2) + [(0, 1), (0, 1)], mode="edge")
    return (x[..., :-1, :-1] + x[..., 1:, :-1] + x[..., :-1, 1:] + x[..., 1:, 1:]) / 4


def _corners(grid: tuple[int, int]) -> jax.Array:
    return jnp.asarray(np.indices(grid).reshape(2, -1).T * CELL)
