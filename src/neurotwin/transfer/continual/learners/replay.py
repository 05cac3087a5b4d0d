"""A reservoir of old examples, replayed."""

from __future__ import annotations

import numpy as np

from neurotwin.transfer.continual.learner import LEARNERS, Learner, Moment, cycled, own


def with_old(moment: Moment) -> np.ndarray:
    """The experience's own batches, each joined by as many examples from the reservoir of earlier experiences.

    The mean over the joined batch is what is minimised, so that old and new weigh the same.
    """
    new = own(moment)
    if not len(moment.before):
        return new
    old = moment.before[cycled(len(moment.before), moment.steps * moment.batch, moment.rng)]
    return np.concatenate([new, old.reshape(new.shape)], axis=1)


LEARNERS.register("replay")(
    Learner(
        "each batch is joined by as many old examples from a reservoir of fixed size (Chaudhry et al. 2019, "
        "arXiv:1902.10486)",
        draw=with_old,
        keeps="the reservoir",
    )
)
