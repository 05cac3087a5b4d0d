"""A memory of fixed size in which every example of a stream is equally likely to be."""

from __future__ import annotations

import numpy as np


def kept(memory: np.ndarray, seen: int, new: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """The memory after ``new`` came by: algorithm R (Vitter 1985, ACM TOMS 11:37).

    Parameters
    ----------
    memory, new
        Items ``[any, ...]``: what is held, and what comes now, in its order.
    seen
        Items that came by before.
    size
        The most that are held.
    rng
        Of the draws.
    """
    held = list(memory)
    for count, item in enumerate(new, seen):
        if len(held) < size:
            held.append(item)
            continue
        place = int(rng.integers(count + 1))
        if place < size:
            held[place] = item
    return np.array(held).reshape(-1, *new.shape[1:])
