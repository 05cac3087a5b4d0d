"""What a patch does, in a few numbers: foreground, change, and displacement by block matching. From past frames alone.

The same lines serve numpy and JAX: the simple methods read them from numpy, the network computes them in its compiled step.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

CELL = 6
"""Side of a patch, pixels."""
LAG = 6
"""Frames over which displacement is measured: pedestrians move a quarter of a pixel a frame in small pictures."""
LAGS = (1, 3, LAG)
"""Frames back that a frame is compared with."""
REACH = (1, 7)
"""Largest displacement that is looked for, rows and columns."""
MOVES = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in REACH), indexing="ij"), -1).reshape(-1, 2)
"""All of them, ``[displacement, 2]``."""
STILL = 0.1
"""Grey levels of mean error that a pixel of displacement costs, so that an even surface stands still."""
FEATURES = ("foreground", "change, 1 frame", "change, 3 frames", "speed", "along", "across", "mismatch")


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of patches that cover an image."""
    return -(-shape[0] // CELL), -(-shape[1] // CELL)


def cells(x: Any) -> Any:
    """Means of patches, ``[time, row, column]`` → ``[time, patch row, patch column]``; the edge goes on beyond the image.

    Whole grey levels are added before anything is divided, so that no order of additions changes the result.
    """
    rows, columns = grid_of(x.shape[1:])
    rest = ((0, 0), (0, rows * CELL - x.shape[1]), (0, columns * CELL - x.shape[2]))
    x = _array_of(x).pad(x, rest, mode="edge").reshape(len(x), rows, CELL, columns, CELL)
    return x.sum((2, 4)) / CELL**2


def pool(x: Any) -> Any:
    """The mean of each 2 × 2 patches, which overlap, so that no single patch decides; 0 where the image ends.

    ``[..., row, column]`` → the same shape; the last row and column have no full square.
    """
    mean = (x[..., :-1, :-1] + x[..., 1:, :-1] + x[..., :-1, 1:] + x[..., 1:, 1:]) / 4
    return _array_of(x).pad(mean, [(0, 0)] * (x.ndim - 2) + [(0, 1), (0, 1)])


def change(clip: np.ndarray, lag: int) -> np.ndarray:
    """|x_t - x_{t-lag}|, grey levels, ``[time, row, column]``; against the first frame where there is no earlier one."""
    x = clip.astype(np.float32)
    return np.abs(x - earlier(x, lag))


def earlier(x: Any, lag: int) -> Any:
    """``x [time, ...]`` as it was ``lag`` steps before; where there was nothing yet, as at the first."""
    return x[np.maximum(0, np.arange(len(x)) - lag)]


def motion_features(clip: Any, background: Any) -> Any:
    """``FEATURES`` of each patch, pooled over 2 × 2 patches: ``[time, patch row, patch column, feature]``, float32.

    Displacement is the one with the least mean error between the frame and the one ``LAG`` frames before; it counts as far as
    there is foreground. Where there is no earlier frame the first one stands for it.

    Parameters
    ----------
    clip
        ``[time, row, column]``, grey levels.
    background
        ``[row, column]``.
    """
    return features_against(clip, [earlier(clip, lag) for lag in LAGS], background)


def features_against(clip: Any, before: list[Any], background: Any) -> Any:
    """:func:`motion_features` where the frames ``LAGS`` back are given, each ``[time, row, column]``."""
    array = _array_of(clip)
    x, one, three, last = (part.astype("float32") for part in (clip, *before))
    mass = pool(cells(array.minimum(array.abs(x - background), 40.0)))
    last = array.pad(last, ((0, 0), (REACH[0], REACH[0]), (REACH[1], REACH[1])), mode="edge")
    rows, columns = x.shape[1:]

    def nearer(found: tuple[Any, Any, Any], move: Any) -> tuple[Any, Any, Any]:
        least, along, across = found
        down, right = move[0], move[1]
        corner = (0, REACH[0] - down, REACH[1] - right)
        error = array.abs(x - _cut(last, corner, (len(x), rows, columns)))
        cost = pool(cells(error)) + STILL * (abs(down) + abs(right)).astype("float32")
        better = cost < least
        return (
            array.where(better, cost, least),
            array.where(better, right, along),
            array.where(better, down, across),
        )

    found = (array.full_like(mass, np.inf), array.zeros_like(mass), array.zeros_like(mass))
    if array is jnp:  # one program for all displacements, so that it is compiled in a moment
        least, along, across = jax.lax.scan(lambda now, move: (nearer(now, move), None), found, MOVES)[0]
    else:
        for move in MOVES:
            found = nearer(found, move)
        least, along, across = found
    weight = array.minimum(1.0, mass / 5.0)
    parts = (
        mass,
        pool(cells(array.abs(x - one))),
        pool(cells(array.abs(x - three))),
        weight * array.hypot(along, across),
        weight * along,
        weight * across,
        least,
    )
    return array.stack(parts, axis=-1).astype("float32")


def _cut(x: Any, corner: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """A block of ``x`` from a corner on, which a compiled loop may compute."""
    if _array_of(x) is jnp:
        return jax.lax.dynamic_slice(x, corner, shape)
    return x[tuple(slice(first, first + size) for first, size in zip(corner, shape, strict=True))]


def _array_of(x: Any) -> Any:
    """The library that ``x`` is of."""
    return jnp if isinstance(x, jax.Array) else np
