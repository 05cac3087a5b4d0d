"""ADWIN: a window that is as long as nothing changed in it."""

from __future__ import annotations

import math

import numpy as np

from neurotwin.transfer.online.detectors.detector import DETECTORS


@DETECTORS.register("adwin")
class Adwin:
    """Every cut of the window into an old part of n₀ and a new part of n₁ is tried; the old part is dropped where

        |mean₀ − mean₁| > √(2/m σ² ln(2/δ′)) + 2/(3m) ln(2/δ′),   1/m = 1/n₀ + 1/n₁,   δ′ = δ / ln n.

    This is the exact window with the bound by the variance that is used in practice; the paper's ADWIN2 approximates the window
    with logarithmic memory, of which a few hundred answers have no need. With δ′ = δ/n false alarms would be bounded by a
    theorem, at alarms that come much later; here their rate is measured (``tests/transfer/test_online.py``).

    Parameters
    ----------
    confidence
        δ; the smaller, the fewer false alarms and the later the true ones.
    longest
        The most that the window holds.
    least
        The least that a part holds.

    Source: Bifet & Gavaldà 2007, Learning from time-changing data with adaptive windowing, SIAM SDM.
    """

    def __init__(self, confidence: float = 0.002, longest: int = 500, least: int = 5) -> None:
        self.confidence, self.longest, self.least = confidence, longest, least
        self.window: list[float] = []

    def update(self, error: float) -> int | None:
        """See :class:`Detector`."""
        self.window = [*self.window[-self.longest + 1 :], error]
        n = len(self.window)
        if n < 2 * self.least:
            return None
        values = np.array(self.window)
        old = np.arange(self.least, n - self.least + 1)
        sums = np.cumsum(values)[old - 1]
        rise = (values.sum() - sums) / (n - old) - sums / old
        inverse, log = 1 / old + 1 / (n - old), math.log(2 * math.log(n) / self.confidence)
        over = np.abs(rise) - np.sqrt(2 * inverse * values.var() * log) - 2 / 3 * inverse * log
        place = int(over.argmax())
        if over[place] <= 0:
            return None
        self.window = self.window[old[place] :]
        return len(self.window) if rise[place] > 0 else None
