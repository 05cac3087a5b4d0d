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
UNITS = 64
HORIZON = 1
"""Frames from the last one that is seen to the one that is foretold."""
LAGS = (0, 2, 4, 6)
"""Frames back that the network without recurrence sees."""
PATCHES, SHARE = 48, 0.75
"""Patches of each clip in a training step: of a share drawn at random, those where most happens."""
LEAST_SCALE_GREY = 3.0
"""Smallest scale of a pixel's error that may be foretold, grey levels: about what compression and rounding make."""


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
    inputs: int = eqx.field(static=True)

    def __init__(self, inputs: int, units: int, key: jax.Array) -> None:
        self.inputs = inputs
        one, two = jax.random.split(key)
        self.first = eqx.nn.Linear(len(LAGS) * inputs, units, key=one)
        self.second = eqx.nn.Linear(units, units, key=two)

    def start(self, patches: int) -> jax.Array:
        """The features of the last frames, ``[lag, patch, feature]``."""
        return jnp.zeros((max(LAGS) + 1, patches, self.inputs))

    def __call__(self, state: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """As :meth:`GatedMemory.__call__`."""
        state = jnp.concatenate([x[None], state[:-1]])
        h = jnp.concatenate([state[lag] for lag in LAGS], axis=-1)
        for layer in (self.first, self.second):
            h = jax.nn.relu(jax.vmap(layer)(h))
        return state, h


class PatchPredictor(eqx.Module):
    """Each patch of ``CELL × CELL`` pixels foretells itself, with one set of weights for all patches.

    A frame less the background is cut into patches; a dense layer, rectified, and the memory read a patch with the eight around
    it and its place in the image; the read-out gives each pixel's mean m and scale b of a Laplace distribution, ``HORIZON`` frames
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
        inputs, outputs = 9 * CELL**2 + 2, 2 * CELL**2
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

        With a key, of some patches of a grid that is moved at random, as training has it, and the map is theirs.
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
        seen = self._grid(frame[None])[0]
        losses, surprise = self._compare(waiting[-1], seen)
        memory, h = self.memory(memory, self._features(seen, corners))
        waiting = jnp.concatenate([jax.vmap(self.out)(h)[None], waiting[:-1]])
        told = jnp.where(count >= self.horizon, self._told(losses, surprise), 0.0)
        return (memory, waiting, count + 1), told

    def _whole(self, frames: jax.Array) -> jax.Array:
        return self._told(*self._foretell(self._grid(frames), _corners(self.grid)))

    def _sampled(self, frames: jax.Array, key: jax.Array) -> jax.Array:
        one, two = jax.random.split(key)
        rows, columns = ((n - CELL + 1) // CELL for n in frames.shape[1:])
        moved = jax.random.randint(one, (2,), 0, CELL)
        size = (len(frames), (rows + 2) * CELL, (columns + 2) * CELL)
        seen = _blocks(jax.lax.dynamic_slice(self._scaled(frames), (0, moved[0], moved[1]), size))
        activity = seen.var((0, 2)) * jax.random.bernoulli(two, SHARE, (rows * columns,))
        chosen = jax.lax.top_k(activity, min(PATCHES, rows * columns))[1]
        losses, surprise = self._foretell(seen[:, chosen], (_corners((rows, columns)) + moved)[chosen])
        return jnp.concatenate([losses.mean(-1, keepdims=True), surprise], axis=-1)

    def _foretell(self, seen: jax.Array, corners: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Patches ``[time, patch, pixel]`` → -log p and surprise ``[time, patch]``, 0 while nothing was foretold.

        Dense layers take all frames at once: only the memory goes frame by frame.
        """
        features = jax.vmap(lambda x: self._features(x, corners))(seen)
        start = self.memory.start(seen.shape[1])
        _, h = jax.lax.scan(lambda state, x: self.memory(state, x), start, features)
        foretold = jax.vmap(jax.vmap(self.out))(h[: -self.horizon])
        found = self._compare(foretold, seen[self.horizon :])
        losses, surprise = (jnp.pad(x, ((self.horizon, 0), (0, 0))) for x in found)
        return losses, surprise

    def _features(self, seen: jax.Array, corners: jax.Array) -> jax.Array:
        """``[patch, pixel]`` and ``[patch, 2]`` → ``[patch, feature]``."""
        place = corners / jnp.array(self.background.shape) - 0.5
        return jax.nn.relu(jax.vmap(self.encoder)(jnp.concatenate([seen, place], axis=-1)))

    def _compare(self, foretold: jax.Array, seen: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What was foretold and what came, ``[..., patch, pixel]`` → -log p and surprise ``[..., patch]``."""
        own = seen[..., 4 * CELL**2 : 5 * CELL**2]  # the middle one of nine
        mean, raw = jnp.split(foretold, 2, axis=-1)
        scale = jax.nn.softplus(raw) + LEAST_SCALE_GREY / self.sd
        error = jnp.abs(own - mean) / scale
        return (jnp.log(2 * scale) + error).mean(-1), error.mean(-1)

    def _told(self, losses: jax.Array, surprise: jax.Array) -> jax.Array:
        """``[..., patch]`` each → ``[..., 1 + patch]``."""
        pooled = pool(surprise.reshape(*surprise.shape[:-1], *self.grid)).reshape(surprise.shape)
        return jnp.concatenate([losses.mean(-1, keepdims=True), pooled], axis=-1)

    def _grid(self, frames: jax.Array) -> jax.Array:
        """``[time, row, column]`` → ``[time, patch, pixel]``, each patch with the eight around it."""
        rows, columns = ((n + 2) * CELL for n in self.grid)
        x = self._scaled(frames)
        return _blocks(jnp.pad(x, ((0, 0), (0, rows - x.shape[1]), (0, columns - x.shape[2]))))

    def _scaled(self, frames: jax.Array) -> jax.Array:
        """Less the background, in units of ``sd``, with a margin of 0: beyond the image all is background."""
        x = (frames.astype("float32") - self.background) / self.sd
        return jnp.pad(x, ((0, 0), (CELL, CELL), (CELL, CELL)))


def _blocks(x: jax.Array) -> jax.Array:
    """``[time, row, column]`` → ``[time, patch, 9 · pixel]``: every patch but the outermost with its eight neighbours."""
    rows, columns = x.shape[1] // CELL, x.shape[2] // CELL
    x = x.reshape(len(x), rows, CELL, columns, CELL).swapaxes(2, 3).reshape(len(x), rows, columns, CELL**2)
    around = [x[:, i : rows - 2 + i, j : columns - 2 + j] for i in range(3) for j in range(3)]
    return jnp.concatenate(around, axis=-1).reshape(len(x), -1, 9 * CELL**2)


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of patches that cover an image."""
    return -(-shape[0] // CELL), -(-shape[1] // CELL)


def pool(surprise: Any) -> Any:
    """The mean of each 2 × 2 patches, which overlap, so that no single patch decides; 0 where the image ends.

    ``[..., row, column]`` → the same shape; the last row and column have no full square.
    """
    array = jnp if isinstance(surprise, jax.Array) else np
    x = surprise
    mean = (x[..., :-1, :-1] + x[..., 1:, :-1] + x[..., :-1, 1:] + x[..., 1:, 1:]) / 4
    return array.pad(mean, [(0, 0)] * (x.ndim - 2) + [(0, 1), (0, 1)])


def _corners(grid: tuple[int, int]) -> jax.Array:
    return jnp.asarray(np.indices(grid).reshape(2, -1).T * CELL)
