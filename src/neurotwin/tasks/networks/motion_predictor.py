"""Predictors of video: every patch of the image foretells how it will move, from what it and its neighbours did before."""

from __future__ import annotations

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.motion import FEATURES, LAG, LAGS, earlier, features_against, grid_of, motion_features
from neurotwin.tasks.networks.dense import width_for
from neurotwin.tasks.task import Spec

UNITS = 64
HORIZON = 20
"""Frames from the last one that is seen to the one that is foretold. Long: what crosses a patch and its neighbours in that time is
gone again, so that whoever moves oddly cannot make himself expected."""
WINDOW = (0, 2, 4, 6)
"""Frames back that the network without recurrence sees."""
PARTS = 8
"""Gaussians in the mixture."""
LEAST_SCALE = 0.3
"""Smallest standard deviation that may be foretold, in units of a feature's own."""


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
    """No recurrence: a dense layer on the features of the last frames (at ``WINDOW``)."""

    first: eqx.nn.Linear
    second: eqx.nn.Linear
    inputs: int = eqx.field(static=True)

    def __init__(self, inputs: int, units: int, key: jax.Array) -> None:
        self.inputs = inputs
        one, two = jax.random.split(key)
        self.first = eqx.nn.Linear(len(WINDOW) * inputs, units, key=one)
        self.second = eqx.nn.Linear(units, units, key=two)

    def start(self, patches: int) -> jax.Array:
        """The features of the last frames, ``[lag, patch, feature]``."""
        return jnp.zeros((max(WINDOW) + 1, patches, self.inputs))

    def __call__(self, state: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """As :meth:`GatedMemory.__call__`."""
        state = jnp.concatenate([x[None], state[:-1]])
        h = jnp.concatenate([state[lag] for lag in WINDOW], axis=-1)
        for layer in (self.first, self.second):
            h = jax.nn.relu(jax.vmap(layer)(h))
        return state, h


class MotionPredictor(eqx.Module):
    """Each patch foretells its own motion features, ``HORIZON`` frames ahead, with one set of weights for all patches.

    A dense layer, rectified, and the memory read the features (``neurotwin.tasks.motion``) of a patch with the eight around it and
    its place in the image; the read-out gives a mixture of ``PARTS`` Gaussians, p (Bishop 1994). What is minimised is -log p of the
    features that come; the surprise of a patch is how far that lies above the least value that is possible. The first
    ``HORIZON`` frames are foretold from the first one, which shows who is there and not how he moves.

    Attributes
    ----------
    background
        ``[row, column]``, whole grey levels; not trained.
    mean, sd
        Of each feature: what is 0 and what is 1 inside the network.
    """

    background: jax.Array
    encoder: eqx.nn.Linear
    memory: GatedMemory | WindowMemory
    out: eqx.nn.Linear
    mean: tuple[float, ...] = eqx.field(static=True)
    sd: tuple[float, ...] = eqx.field(static=True)
    horizon: int = eqx.field(static=True)

    def __init__(self, spec: Spec, key: jax.Array, recurrent: bool = True) -> None:
        """``spec``: background ``[row, column]``, mean, sd; parameters, to which the width is fitted without recurrence."""
        keys = jax.random.split(key, 3)
        # whole numbers, so that nothing trains them
        self.background = jnp.asarray(np.asarray(spec["background"], np.int32))
        self.mean, self.sd = tuple(spec["mean"]), tuple(spec["sd"])
        self.horizon = spec.get("horizon", HORIZON)
        inputs, outputs = 9 * len(FEATURES) + 2, PARTS * (1 + 2 * len(FEATURES))
        self.encoder = eqx.nn.Linear(inputs, UNITS, key=keys[0])
        units = UNITS
        if not recurrent and "parameters" in spec:
            units = width_for(spec["parameters"] - (inputs + 1) * UNITS, len(WINDOW) * UNITS, outputs)
        self.memory = (GatedMemory if recurrent else WindowMemory)(UNITS, units, keys[1])
        self.out = eqx.nn.Linear(units, outputs, key=keys[2])

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return grid_of(self.background.shape)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Clips ``[clip, time, row, column]`` → ``[clip, time, 1 + patch]``: -log p, mean over patches, and the map of surprise.

        All are 0 in the first frame, of which nothing was foretold.
        """
        # one clip after the other: memory does not grow with their number
        return jax.lax.map(lambda clip: self._whole(clip), jnp.asarray(x))

    def start(self) -> Any:
        """State before a stream's first frame: frames and how many there were, memory, predictions under way."""
        patches = math.prod(self.grid)
        waiting = jnp.zeros((self.horizon, patches, self.out.out_features))
        frames = jnp.zeros((LAG, *self.background.shape), "int32")
        return frames, jnp.int32(0), self.memory.start(patches), waiting

    def step(self, state: Any, frame: jax.Array) -> tuple[Any, jax.Array]:
        """One frame ``[row, column]`` of a stream → new state, and what :meth:`__call__` says of that frame."""
        frames, count, memory, waiting = state
        frame = jnp.asarray(frame).astype("int32")
        frames = jnp.where(count == 0, frame, frames)
        before = [frames[lag - 1][None] for lag in LAGS]
        seen = self._units(features_against(frame[None], before, self.background))
        told = jnp.where(count > 0, self._told(waiting[-1], seen[0]), 0.0)
        memory, h = self.memory(memory, self._context(seen)[0])
        foretold = jax.vmap(self.out)(h)
        waiting = jnp.where(count > 0, jnp.concatenate([foretold[None], waiting[:-1]]), foretold)
        return (jnp.concatenate([frame[None], frames[:-1]]), count + 1, memory, waiting), told

    def _whole(self, frames: jax.Array) -> jax.Array:
        seen = self._units(motion_features(frames.astype("int32"), self.background))
        context = self._context(seen)
        # dense layers take all frames at once: only the memory goes frame by frame
        _, h = jax.lax.scan(
            lambda state, x: self.memory(state, x), self.memory.start(context.shape[1]), context
        )
        foretold = jax.vmap(jax.vmap(self.out))(h)
        return jax.vmap(self._told)(earlier(foretold, self.horizon), seen).at[0].set(0.0)

    def _units(self, features: jax.Array) -> jax.Array:
        return (features - jnp.array(self.mean)) / jnp.array(self.sd)

    def _context(self, seen: jax.Array) -> jax.Array:
        """Features ``[time, row, column, feature]`` → ``[time, patch, unit]``, each patch with the eight around it."""
        rows, columns = self.grid
        padded = jnp.pad(seen, ((0, 0), (1, 1), (1, 1), (0, 0)))
        around = [padded[:, i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
        place = jnp.asarray(
            np.moveaxis(np.indices((rows, columns)), 0, -1) / (rows, columns) - 0.5, seen.dtype
        )
        x = jnp.concatenate([*around, jnp.broadcast_to(place, (len(seen), *place.shape))], axis=-1)
        return jax.nn.relu(jax.vmap(jax.vmap(self.encoder))(x.reshape(len(seen), rows * columns, -1)))

    def _told(self, foretold: jax.Array, seen: jax.Array) -> jax.Array:
        """What was foretold ``[patch, number]`` and what came ``[row, column, feature]`` → ``[1 + patch]``."""
        parts = foretold.reshape(len(foretold), PARTS, -1)
        weight, mean, raw = jnp.split(parts, (1, 1 + len(FEATURES)), axis=-1)
        scale = jax.nn.softplus(raw) + LEAST_SCALE
        z = (seen.reshape(len(foretold), 1, -1) - mean) / scale
        # -log p, less what it is for the narrowest Gaussian at its middle
        each = -(z**2 / 2 + jnp.log(scale / LEAST_SCALE)).sum(-1)
        surprise = -jax.nn.logsumexp(jax.nn.log_softmax(weight[..., 0]) + each, axis=-1)
        least = len(FEATURES) * math.log(LEAST_SCALE * math.sqrt(2 * math.pi))
        return jnp.concatenate([(surprise.mean() + least)[None], surprise])
