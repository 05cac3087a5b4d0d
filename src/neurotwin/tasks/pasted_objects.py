"""Anomalies made from normal clips, for validation: what moves there is cut out and pasted in faster, larger or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

KINDS = ((1.6, 1.0), (2.0, 1.3), (2.5, 1.3), (2.0, 1.0), (2.5, 1.6), (1.6, 1.3))
"""Speed and size of what is pasted, as multiples of the original's; taken in turn."""
ORDINARY = 2
"""Objects at their own speed and size that are pasted into each clip too: being pasted is no anomaly."""
CONTRAST_GREY = 15.0
"""Difference from the background that makes an object."""
AREA = (15, 80)
"""Pixels of an object that is cut out: less is noise, more is a group."""
LEAST_FRAMES, LEAST_SPEED = 20, 0.15
"""An object is followed for so many frames and moves at so many columns a frame, at least."""
TRIES, WANTED = 200, 20
SIDE = 25
"""Of the square that is cut out around an object."""


@dataclass(frozen=True, eq=False)
class Moving:
    """An object that was cut out.

    Attributes
    ----------
    row, speed
        Where it begins, and columns a frame.
    images, masks
        ``[frame, SIDE, SIDE]``: grey levels, and which of them are the object's.
    """

    row: float
    speed: float
    images: np.ndarray
    masks: np.ndarray


def with_pasted_objects(
    clips: Sequence[np.ndarray], background: np.ndarray, rng: np.random.Generator
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A copy of each clip with objects from any of them, and labels ``[time]``: 1 where a fast or large one is in view.

    Where nothing can be cut out the copies are unchanged and their labels 0.

    Parameters
    ----------
    clips
        ``[time, row, column]`` each, uint8.
    background
        ``[row, column]``.
    rng
        Draws objects, when and where.
    """
    objects = [found for clip in clips for found in cut_out(clip, background, rng)]
    copies, labels = [], []
    for i, clip in enumerate(clips):
        copy, seen = clip, np.zeros(len(clip), bool)
        if objects:
            for _ in range(ORDINARY):
                copy, _ = paste(copy, objects[rng.integers(len(objects))], 1.0, 1.0, rng)
            copy, seen = paste(copy, objects[rng.integers(len(objects))], *KINDS[i % len(KINDS)], rng)
        copies.append(copy)
        labels.append(seen.astype(np.uint8))
    return copies, labels


def cut_out(clip: np.ndarray, background: np.ndarray, rng: np.random.Generator) -> list[Moving]:
    """Objects that move along the rows and stay one for a while, at most ``WANTED``."""
    from scipy import ndimage

    differs = np.abs(clip.astype(np.float32) - background) > CONTRAST_GREY
    numbered = [_numbered(np.asarray(ndimage.binary_closing(x, np.ones((3, 3))))) for x in differs]
    found: list[Moving] = []
    for _ in range(TRIES):
        start = int(rng.integers(max(1, len(clip) - LEAST_FRAMES)))
        if numbered[start].max() == 0:
            continue
        mask = numbered[start] == rng.integers(1, numbered[start].max() + 1)
        masks = _follow(mask, numbered[start + 1 :])
        if len(masks) < LEAST_FRAMES:
            continue
        centres = np.array([np.argwhere(m).mean(0) for m in masks])
        down, along = (centres[-1] - centres[0]) / (len(masks) - 1)
        if abs(along) < LEAST_SPEED or abs(down) > 0.5 * abs(along):
            continue
        corners = [tuple(c) for c in np.round(centres).astype(int)]
        images = np.stack([_square(clip[start + k], corner) for k, corner in enumerate(corners)])
        shapes = np.stack([_square(m, corner) for m, corner in zip(masks, corners, strict=True)])
        found.append(Moving(float(centres[0, 0]), float(along), images, shapes))
        if len(found) == WANTED:
            break
    return found


def paste(
    clip: np.ndarray, thing: Moving, speed: float, size: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The clip with a thing that crosses it from one side, and whether it is in view, ``[time]``.

    Its images are shown to and fro; ``size`` enlarges them about the feet, ``speed`` multiplies the columns a frame.
    """
    from scipy import ndimage

    step, columns = thing.speed * speed, clip.shape[2]
    images = [np.asarray(ndimage.zoom(x, size, order=1)) for x in thing.images]
    masks = [np.asarray(ndimage.zoom(x, size, order=1)) for x in thing.masks]
    turn, half = 2 * len(images) - 2, images[0].shape[0] // 2
    first, phase = int(rng.integers(1 + len(clip) // 2)), int(rng.integers(turn))
    top = round(thing.row - 6 * (size - 1)) - half
    copy, seen = clip.copy(), np.zeros(len(clip), bool)
    for t in range(first, len(clip)):
        at = (0.0 if step > 0 else columns - 1.0) + step * (t - first)
        if not 0 <= at < columns:
            break
        k = (phase + t - first) % turn
        k = min(k, turn - k)
        left = int(np.floor(at))
        image = ndimage.shift(images[k], (0, at - left), order=1, mode="nearest")
        mask = ndimage.shift(masks[k], (0, at - left), order=1) > 0.5
        rows, across = np.nonzero(mask)
        inside = (top + rows >= 0) & (top + rows < clip.shape[1])
        inside &= (left - half + across >= 0) & (left - half + across < columns)
        rows, across = rows[inside], across[inside]
        copy[t, top + rows, left - half + across] = np.clip(np.round(image[rows, across]), 0, 255)
        seen[t] = True
    return copy, seen


def _numbered(mask: np.ndarray) -> np.ndarray:
    """Connected pixels by number, from 1; 0 where there are none."""
    from scipy import ndimage

    numbers = np.zeros(mask.shape, np.int32)
    ndimage.label(mask, output=numbers)
    return numbers


def _follow(mask: np.ndarray, numbered: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The masks of one object, frame by frame, until it is lost, merges, breaks up or touches the edge."""
    from scipy import ndimage

    area, masks = mask.sum(), []
    for following in (None, *numbered):
        if following is not None:
            met = following[np.asarray(ndimage.binary_dilation(masks[-1]), bool)]
            if not met.any():
                break
            mask = following == np.bincount(met[met > 0]).argmax()
        where = np.argwhere(mask)
        edge = where.min() == 0 or (where.max(0) == np.array(mask.shape) - 1).any()
        if not AREA[0] <= mask.sum() <= AREA[1] or not 0.6 < mask.sum() / area < 1.7 or edge:
            break
        masks.append(mask)
    return masks


def _square(x: np.ndarray, centre: tuple[int, ...]) -> np.ndarray:
    """``[SIDE, SIDE]`` around a place; edge values beyond the image."""
    padded = np.pad(x.astype(np.float32), SIDE // 2, mode="constant" if x.dtype == bool else "edge")
    return padded[centre[0] : centre[0] + SIDE, centre[1] : centre[1] + SIDE]
