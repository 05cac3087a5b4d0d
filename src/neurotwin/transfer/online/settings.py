"""How a model in use learns, in one value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from neurotwin.transfer.checks import check_between, check_whole
from neurotwin.transfer.online.detectors import DETECTORS
from neurotwin.transfer.online.stream import DRIFTS


@dataclass(frozen=True)
class OnlineSettings:
    """The stream, and the budget, which is the same for every policy.

    Attributes
    ----------
    drift, detector
        Names in ``DRIFTS`` and ``DETECTORS``.
    warm, length, burst
        Examples before the stream, in it (0 for all that are left), and with false labels.
    every, steps, batch, learning_rate
        Examples between updates; gradient steps of one (Adam, begun anew), examples of a step, rate.
    window
        Latest examples that an update draws from.
    hold_out, share
        Latest examples that an update is judged by; one in so many is held out for that and never trained on.
    significance
        p below which an update has won on what came since an alarm: see :class:`Guard`.
    warm_steps, retrain_every
        Gradient steps before the stream, and of a periodic retraining; examples between two of these.
    seed, seeds
        First seed, and how many.
    """

    drift: str = "permuted"
    detector: str = "adwin"
    warm: int = 400
    length: int = 0
    burst: int = 120
    every: int = 20
    steps: int = 20
    batch: int = 32
    learning_rate: float = 1e-3
    window: int = 300
    hold_out: int = 100
    share: int = 4
    significance: float = 0.05
    warm_steps: int = 400
    retrain_every: int = 200
    seed: int = 0
    seeds: int = 3

    def __post_init__(self) -> None:
        DRIFTS[self.drift]
        DETECTORS[self.detector]
        check_whole(self, warm=1, length=0, burst=0, every=1, steps=1, batch=1, window=1, hold_out=1, share=2)
        check_whole(self, warm_steps=1, retrain_every=1, seed=0, seeds=1)
        check_between(self, learning_rate=1.0, significance=1.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
