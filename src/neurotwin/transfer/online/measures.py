"""How well a model in use did: over the whole stream, after the burst and after the drift."""

from __future__ import annotations

import numpy as np

from neurotwin.transfer.online.policies import Policy
from neurotwin.transfer.online.serving import Served
from neurotwin.transfer.online.stream import Stream

AFTER = 200
"""Examples after a burst or a drift in which its effect is looked for."""


def smoothed(right: np.ndarray, window: int = 50) -> np.ndarray:
    """Prequential accuracy: mean over the latest ``window`` answers (fewer at the beginning), ``[time]``."""
    sums = np.concatenate([[0.0], np.cumsum(right, dtype=float)])
    ends = np.arange(1, len(right) + 1)
    begins = np.maximum(0, ends - window)
    return (sums[ends] - sums[begins]) / (ends - begins)


def measures(served: Served, clean: Served, stream: Stream, policy: Policy) -> dict[str, float]:
    """Numbers of one run.

    Parameters
    ----------
    served, clean
        On the stream, and on the same stream without the burst.
    stream, policy
        Where drift and burst are known; what does not detect or guard has no such numbers.

    Returns
    -------
    accuracy
        Over the whole stream, by true labels.
    accuracy_after_drift
        From the drift to the end.
    lost_to_burst
        From the beginning of the burst to 200 examples after it, but not into the drift: accuracy without it less accuracy with it.
    detection_delay
        Examples from the drift to the first alarm after it; NaN where there is none within 200.
    false_alarms
        Alarms on the stream without the burst, but for those within 200 examples of the drift.
    roll_backs
        Updates that were rolled back.
    """
    start, stop = stream.burst[0], min(stream.burst[1] + AFTER, stream.drift_at)
    alarms = clean.times("alarm")
    expected = (alarms >= stream.drift_at) & (alarms < stream.drift_at + AFTER)
    after = served.times("alarm")
    after = after[(after >= stream.drift_at) & (after < stream.drift_at + AFTER)]
    found = {
        "accuracy": float(served.right.mean()),
        "accuracy_after_drift": float(served.right[stream.drift_at :].mean()),
        "lost_to_burst": float(clean.right[start:stop].mean() - served.right[start:stop].mean()),
    }
    if policy.detects:
        found["detection_delay"] = float(after[0] - stream.drift_at) if len(after) else float("nan")
        found["false_alarms"] = float((~expected).sum())
    if policy.guards:
        found["roll_backs"] = float(len(served.times("rolled back")))
    return found
