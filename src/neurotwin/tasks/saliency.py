"""Which pixels an image classifier's answer hangs on, and whether such a picture says anything.

Gradients averaged over noisy copies of the image (SmoothGrad, Smilkov et al. 2017). Adebayo et al. 2018 (Sanity checks for saliency
maps, NeurIPS) found pictures that look the same for an untrained network: therefore each map is compared with that of one, and
pixels are taken away by their rank and at random.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.evaluation.ranking import spearman

DRAWS = 16
NOISE = 0.1
"""Standard deviation of the noise, as a share of the image's range."""
SHARE = 0.1
"""Of the pixels, that is taken away in the test by deletion."""


def saliency(network: Any, x: np.ndarray, classes: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Absolute value of ∂ log odds of a class / ∂ pixel, mean over noisy copies, sum over channels: ``[example, row, column]``.

    Parameters
    ----------
    network
        Images ``[example, row, column, channel]`` → scores ``[example, class]``.
    x, classes
        Images, and of each the class whose log odds are derived.
    seed
        Of the noise.
    """
    noise = np.random.default_rng(seed)
    x = x.astype(np.float32)
    sd = NOISE * (x.max((1, 2, 3), keepdims=True) - x.min((1, 2, 3), keepdims=True))
    total = np.zeros_like(x)
    for _ in range(DRAWS):
        total += np.asarray(_slope(network, x + sd * noise.standard_normal(x.shape, np.float32), classes))
    return np.abs(total / DRAWS).sum(-1)


class Check(NamedTuple):
    """How much the maps of some images are worth.

    Attributes
    ----------
    correlation
        Spearman's between the maps of the trained and of an untrained network, mean over images: near 1 would mean that the map
        shows the image and not what was learned.
    salient, random
        By how much the log odds of the answer fall when the most salient pixels, and as many random ones, are set to the image's
        mean; mean over images, nats.
    """

    correlation: float
    salient: float
    random: float


def check(
    network: Any,
    maps: np.ndarray,
    untrained: np.ndarray,
    x: np.ndarray,
    classes: np.ndarray,
    *,
    seed: int = 0,
) -> Check:
    """Compare the maps ``[example, row, column]`` of the images ``x`` with those of an untrained network, and by deletion."""
    n, rng = len(x), np.random.default_rng(seed)
    flat, blank = maps.reshape(n, -1), untrained.reshape(n, -1)
    correlation = np.mean([spearman(a, b) for a, b in zip(flat, blank, strict=True)])
    before = np.asarray(_log_odds(network, x.astype(np.float32), classes))

    def fall(rank: np.ndarray) -> float:
        taken = (rank >= np.quantile(rank, 1 - SHARE, axis=1, keepdims=True)).reshape(maps.shape)
        changed = np.where(taken[..., None], x.mean((1, 2), keepdims=True), x).astype(np.float32)
        return float((before - np.asarray(_log_odds(network, changed, classes))).mean())

    return Check(float(correlation), fall(flat), fall(rng.random(flat.shape)))


@eqx.filter_jit
def _log_odds(network: Any, x: Any, classes: Any) -> jax.Array:
    """Of each image's class, ``[example]``: its score less the log of the sum of exp(score) of all others."""
    z = network(x)
    own = jax.nn.one_hot(classes, z.shape[1], dtype=bool)
    return jnp.where(own, z, 0).sum(1) - jax.nn.logsumexp(jnp.where(own, -jnp.inf, z), axis=1)


@eqx.filter_jit
def _slope(network: Any, x: Any, classes: Any) -> jax.Array:
    return jax.grad(lambda x: _log_odds(network, x, classes).sum())(x)
