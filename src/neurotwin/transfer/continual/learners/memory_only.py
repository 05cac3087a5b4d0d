"""The reservoir alone: what a sceptic asks of replay."""

from __future__ import annotations

import numpy as np

from neurotwin.transfer.continual.learner import LEARNERS, Learner, Moment, cycled


def remembered(moment: Moment) -> np.ndarray:
    """Nothing but the examples in the reservoir, the newest experience's among them."""
    rows = cycled(len(moment.after), moment.steps * moment.batch, moment.rng)
    return moment.after[rows].reshape(moment.steps, moment.batch, 2)


LEARNERS.register("memory-only")(
    Learner(
        "a new network on the reservoir alone: if this is as good as replay, continual learning gained nothing "
        "(after GDumb, Prabhu, Torr & Dokania 2020; here with a reservoir, not a balanced memory)",
        draw=remembered,
        afresh=True,
        keeps="the reservoir",
    )
)
