"""Training images moved, turned, scaled and lit otherwise."""

from __future__ import annotations

import numpy as np


def jitter(
    x: np.ndarray,
    rng: np.random.Generator,
    *,
    shift: float = 0.07,
    degrees: float = 10.0,
    zoom: float = 0.1,
) -> np.ndarray:
    """Each image under its own small affine map, read by bilinear interpolation, with the edge's value outside.

    Parameters
    ----------
    x
        ``[example, row, column, channel]``.
    rng
        Draws the maps, uniform within the limits.
    shift, degrees, zoom
        Largest move as a share of the side, largest turn, largest change of size as a share.

    Returns
    -------
    float32 array of the shape of ``x``.
    """
    n, rows, columns, channels = x.shape
    angle = np.deg2rad(rng.uniform(-degrees, degrees, (n, 1, 1))).astype(np.float32)
    scale = rng.uniform(1 - zoom, 1 + zoom, (n, 1, 1)).astype(np.float32)
    move = [rng.uniform(-shift, shift, (n, 1, 1)).astype(np.float32) * side for side in (rows, columns)]
    r = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2)[None, :, None]
    c = (np.arange(columns, dtype=np.float32) - (columns - 1) / 2)[None, None, :]
    sin, cos = np.sin(angle) * scale, np.cos(angle) * scale
    where_r = np.clip(cos * r - sin * c + (rows - 1) / 2 + move[0], 0, rows - 1)
    where_c = np.clip(sin * r + cos * c + (columns - 1) / 2 + move[1], 0, columns - 1)
    r0 = np.minimum(where_r.astype(np.int32), rows - 2)
    c0 = np.minimum(where_c.astype(np.int32), columns - 2)
    fr, fc = (where_r - r0)[..., None], (where_c - c0)[..., None]
    flat = x.reshape(n * rows * columns, channels)
    at = (np.arange(n, dtype=np.int32)[:, None, None] * rows + r0) * columns + c0
    corner = [flat[at + step].astype(np.float32) for step in (0, 1, columns, columns + 1)]
    upper = corner[0] + fc * (corner[1] - corner[0])
    lower = corner[2] + fc * (corner[3] - corner[2])
    return upper + fr * (lower - upper)


def relight(
    x: np.ndarray, rng: np.random.Generator, *, gamma: float = 0.5, noise: float = 0.03
) -> np.ndarray:
    """Each image under its own tone curve, v → v ** e^u between its darkest and brightest value, and with its own amount of noise.

    Parameters
    ----------
    x
        ``[example, row, column, channel]``.
    rng
        Draws u and the noise.
    gamma, noise
        Largest u, either way; largest standard deviation of the noise as a share of the image's range.

    Returns
    -------
    float32 array of the shape of ``x``.
    """
    x = x.astype(np.float32)
    low = x.min((1, 2, 3), keepdims=True)
    span = np.maximum(x.max((1, 2, 3), keepdims=True) - low, np.finfo(np.float32).tiny)
    one = (len(x), 1, 1, 1)
    power = np.exp(rng.uniform(-gamma, gamma, one)).astype(np.float32)
    sd = rng.uniform(0, noise, one).astype(np.float32)
    return low + span * (((x - low) / span) ** power + sd * rng.standard_normal(x.shape, np.float32))
