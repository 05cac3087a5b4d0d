"""Probabilities that mean what they say: a classifier's scores rescaled on the validation part.

Two classes: Platt 1999 (Probabilistic outputs for support vector machines). More: temperature scaling (Guo et al. 2017, ICML).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurotwin.tasks.metrics import log_probabilities

LARGEST_LOG_SCALE = 5.0
"""Scores are stretched or shrunk by e⁵ at most: without a mistake on the validation part the likelihood sets no end."""
BINS = 10
"""Of equal width, in the reliability diagram and in the expected calibration error."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores z become ``scale`` z + ``shift``; ``scale`` > 0, so that ranks stay.

    Attributes
    ----------
    scale
        1 / temperature.
    shift
        ``[class]``; 0 with more than two classes.
    """

    scale: float
    shift: np.ndarray

    def __call__(self, outputs: np.ndarray) -> np.ndarray:
        """Calibrated scores ``[example, class]``."""
        return outputs * self.scale + self.shift

    def undo(self, outputs: np.ndarray) -> np.ndarray:
        """The scores before calibration, ``[example, class]``."""
        return (outputs - self.shift) / self.scale

    def into(self, network: Any) -> Any:
        """The network with a read-out (``out``, an ``equinox.nn.Linear``) that gives calibrated scores by itself."""
        import equinox as eqx

        weight, bias = network.out.weight * self.scale, network.out.bias * self.scale + self.shift
        return eqx.tree_at(lambda n: (n.out.weight, n.out.bias), network, (weight, bias.astype(weight.dtype)))


def fit_calibration(outputs: np.ndarray, y: np.ndarray) -> Calibration:
    """The calibration with the greatest likelihood on these examples.

    Parameters
    ----------
    outputs
        Scores before the softmax, ``[example, class]``, of examples that trained nothing.
    y
        Class numbers, ``[example]``.
    """
    from scipy.optimize import minimize

    n_classes = outputs.shape[1]
    if n_classes == 2:
        margin = (outputs[:, 1] - outputs[:, 0]).astype(np.float64)
        positive = np.asarray(y) == 1
        # Platt's targets: one more example on each side, so that certainty is never complete
        target = np.where(positive, (positive.sum() + 1) / (positive.sum() + 2), 1 / ((~positive).sum() + 2))

        def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
            z = np.exp(at[0]) * margin + at[1]
            wrong = 1 / (1 + np.exp(-np.clip(z, -500, 500))) - target
            slope = [(wrong * (z - at[1])).mean(), wrong.mean()]
            return float((np.logaddexp(0, z) - target * z).mean()), np.array(slope)

        bounds = [(-LARGEST_LOG_SCALE, LARGEST_LOG_SCALE), (None, None)]
        log_scale, shift = minimize(cost, np.zeros(2), jac=True, bounds=bounds, method="L-BFGS-B").x
        return Calibration(float(np.exp(log_scale)), np.array([0.0, shift]))
    rows = np.arange(len(outputs))

    def loss(log_scale: np.ndarray) -> float:
        return float(-log_probabilities(outputs * np.exp(log_scale[0]))[rows, np.asarray(y)].mean())

    found = minimize(loss, np.zeros(1), bounds=[(-LARGEST_LOG_SCALE, LARGEST_LOG_SCALE)], method="L-BFGS-B").x
    return Calibration(float(np.exp(found[0])), np.zeros(n_classes))


def claims(outputs: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is claimed with which probability, and whether it was so; both ``[example]``.

    Of two classes: that the example is of the second. Of more: that the most probable class is the right one (Guo et al. 2017).
    """
    p = np.exp(log_probabilities(outputs))
    if p.shape[1] == 2:
        return p[:, 1], np.asarray(y) == 1
    return p.max(-1), p.argmax(-1) == np.asarray(y)


def reliability(p: np.ndarray, so: np.ndarray, bins: int = BINS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By bin of the claimed probability: how many examples, the mean claim, and how often it was so (NaN in an empty bin)."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        claimed, observed = (
            np.bincount(place, weights=v, minlength=bins) / count for v in (p, so.astype(float))
        )
    return count, claimed, observed
