"""The Page–Hinkley test: a sum of excesses that has risen too far above its least."""

from __future__ import annotations

from neurotwin.transfer.online.detectors.detector import DETECTORS


@DETECTORS.register("page-hinkley")
class PageHinkley:
    """m_t = Σ (x_i − mean_i − δ); an alarm where m_t − min m > λ. The test begins anew after an alarm.

    Parameters
    ----------
    slack
        δ: a rise that is not worth an alarm.
    threshold
        λ: the larger, the fewer false alarms and the later the true ones.
    least
        Answers before the first alarm.

    Source: Page 1954, Biometrika 41:100; Hinkley 1971, Biometrika 58:509.
    """

    def __init__(self, slack: float = 0.05, threshold: float = 12.0, least: int = 30) -> None:
        self.slack, self.threshold, self.least = slack, threshold, least
        self._begin()

    def _begin(self) -> None:
        self.count, self.mean, self.sum, self.smallest, self.since = 0, 0.0, 0.0, 0.0, 0

    def update(self, error: float) -> int | None:
        """See :class:`Detector`."""
        self.count += 1
        self.mean += (error - self.mean) / self.count
        self.sum += error - self.mean - self.slack
        self.since += 1
        if self.sum <= self.smallest:
            self.smallest, self.since = self.sum, 0
        if self.count < self.least or self.sum - self.smallest <= self.threshold:
            return None
        since = self.since
        self._begin()
        return since
