"""A stream with a drift at a known time and a burst of false labels, from images with classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.tasks import TaskData

DRIFTS: Registry[Callable[[np.ndarray, np.random.Generator], np.ndarray]] = Registry("drift")
"""``(images [example, row, column, channel], rng) → the same after the drift``."""
BURST_AT, DRIFT_AT = 0.2, 0.55
"""When they begin, as shares of the stream."""


@DRIFTS.register("permuted")
def permuted(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All pixels in another order, the same for every image."""
    flat = x.reshape(len(x), -1)
    return flat[:, rng.permutation(flat.shape[1])].reshape(x.shape)


@DRIFTS.register("rotated")
def rotated(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A quarter turn.

    Raises
    ------
    InputError
        The images are not square.
    """
    if x.shape[1] != x.shape[2]:
        raise InputError("only square images can be turned", got=x.shape[1:3], fix="choose another --drift")
    return np.rot90(x, axes=(1, 2)).copy()


@DRIFTS.register("inverted")
def inverted(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Black for white."""
    return x.max() - x + x.min()


@dataclass(frozen=True, eq=False)
class Stream:
    """What comes by, example after example.

    Attributes
    ----------
    warm_x, warm_y
        Examples that the model was trained on before it came into use.
    x
        Images ``[time, ...]``.
    told, truth
        Labels as they come by, and as they are, ``[time]``: they differ in the burst.
    drift_at, burst
        First time of the drift; first time of the burst, and the first after it.
    """

    warm_x: np.ndarray
    warm_y: np.ndarray
    x: np.ndarray
    told: np.ndarray
    truth: np.ndarray
    drift_at: int
    burst: tuple[int, int]

    def without_burst(self) -> Stream:
        """The same stream with all its labels as they are."""
        return replace(self, told=self.truth)


def make_stream(data: TaskData, *, drift: str, warm: int, length: int, burst: int, seed: int) -> Stream:
    """Draw a stream of images that never come twice.

    Parameters
    ----------
    data
        Training and test part are both used: a stream tests before it trains, and no example was in ``warm``.
    drift
        Name in ``DRIFTS``.
    warm, length, burst
        Examples before the stream, in it (0 for all that are left), and with labels drawn at random.
    seed
        Of the order, the drift and the false labels.

    Raises
    ------
    InputError
        There are not so many examples.
    """
    x = np.concatenate([np.asarray(part.x) for part in (data.train, data.test)])
    y = np.concatenate([np.asarray(part.y) for part in (data.train, data.test)])
    length = length or len(x) - warm
    start, at = round(BURST_AT * length), round(DRIFT_AT * length)
    if warm + length > len(x) or length < 100 or start + burst > at:
        raise InputError(
            "there are not enough examples for such a stream",
            got=f"{len(x):,} examples for {warm:,} before the stream and {length:,} in it, {burst} of them with false labels",
            expected=f"100 or more in the stream, all there, and the burst over before the drift at {DRIFT_AT:.0%}",
            fix="mend --warm, --length or --burst, or give more examples",
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))[: warm + length]
    x, y = x[order], y[order]
    seen, truth = x[warm:].copy(), y[warm:]
    seen[at:] = DRIFTS[drift](seen, rng)[at:]
    told = truth.copy()
    told[start : start + burst] = rng.integers(len(data.classes), size=burst)
    return Stream(x[:warm], y[:warm], seen, told, truth, at, (start, start + burst))
