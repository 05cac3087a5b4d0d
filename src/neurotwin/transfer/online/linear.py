"""The simple method beside the policies: a linear model that learns example after example."""

from __future__ import annotations

import numpy as np

from neurotwin.transfer.online.policies import Policy
from neurotwin.transfer.online.serving import Served
from neurotwin.transfer.online.settings import OnlineSettings
from neurotwin.transfer.online.stream import Stream

NAME = "incremental logistic regression"
LINEAR = Policy(
    "logistic regression on pixels by stochastic gradient descent, each stretch once", updates=True
)


def serve_linear(stream: Stream, settings: OnlineSettings, *, seed: int) -> Served:
    """Logistic regression by stochastic gradient descent (scikit-learn's defaults) on pixels, scaled by what came before.

    It learns from every stretch of ``settings.every`` examples once, after answering it, and keeps nothing.
    """
    from sklearn.linear_model import SGDClassifier

    mean, sd = stream.warm_x.mean(), stream.warm_x.std() or 1.0
    before, x = (((part - mean) / sd).reshape(len(part), -1) for part in (stream.warm_x, stream.x))
    model = SGDClassifier(loss="log_loss", random_state=seed)
    rng, classes, right = np.random.default_rng(seed), np.unique(stream.warm_y), []
    for _ in range(10):  # passes over what came before
        order = rng.permutation(len(before))
        model.partial_fit(before[order], stream.warm_y[order], classes)
    for start in range(0, len(x), settings.every):
        rows = slice(start, start + settings.every)
        right.append(model.predict(x[rows]) == stream.truth[rows])
        known = np.isin(stream.told[rows], classes)
        if known.any():
            model.partial_fit(x[rows][known], stream.told[rows][known])
    return Served(np.concatenate(right), ())
