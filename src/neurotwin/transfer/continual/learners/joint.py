"""All examples at once: the upper bound."""

from __future__ import annotations

import numpy as np

from neurotwin.transfer.continual.learner import LEARNERS, Learner, Moment, cycled


def everything(moment: Moment) -> np.ndarray:
    """Examples of every experience so far, shuffled together, with as many steps as they had one by one."""
    pairs = np.concatenate(
        [
            np.stack([np.full(n, i), np.arange(n)], axis=1)
            for i, n in enumerate(moment.sizes[: moment.now + 1])
        ]
    )
    steps = moment.steps * (moment.now + 1)
    return pairs[cycled(len(pairs), steps * moment.batch, moment.rng)].reshape(steps, moment.batch, 2)


LEARNERS.register("joint")(
    Learner(
        "a new network on all examples so far at once; the upper bound, which is no continual learning",
        draw=everything,
        afresh=True,
        keeps="all examples",
    )
)
