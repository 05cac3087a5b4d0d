"""Saliency against a classifier whose derivative is known."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.tasks.saliency import check, saliency

WEIGHT = np.zeros((6, 6, 1), np.float32)
WEIGHT[2, 3], WEIGHT[4, 1] = 2.0, -1.0


def linear(x):
    return jnp.stack([jnp.zeros(len(x)), (x * WEIGHT).sum((1, 2, 3))], axis=1)


def images(n=5):
    return np.random.default_rng(0).random((n, 6, 6, 1), dtype=np.float32)


@pytest.mark.parametrize("kind", [0, 1])
def test_of_a_linear_classifier_it_is_the_weight(kind):
    x = images()
    found = saliency(linear, x, np.full(len(x), kind))
    np.testing.assert_allclose(found, np.broadcast_to(np.abs(WEIGHT[..., 0]), found.shape), atol=1e-5)


def test_with_three_classes_it_is_the_slope_of_the_log_odds():
    weight = jax.random.normal(jax.random.key(0), (16, 3))

    def network(x):
        return x.reshape(len(x), -1) @ weight

    x = np.full((1, 4, 4, 1), 0.3, np.float32)  # no range, so no noise
    p = np.asarray(jax.nn.softmax(network(x)))[0]
    others = p[1:] / p[1:].sum()
    expected = np.abs(np.asarray(weight[:, 0] - weight[:, 1:] @ others))
    np.testing.assert_allclose(saliency(network, x, np.array([0])).ravel(), expected, rtol=1e-4)


def test_the_check_tells_a_map_that_matters_from_one_that_does_not():
    x = np.zeros((8, 6, 6, 1), np.float32)
    x[:, 2, 3] = 1.0
    kind = np.ones(8, int)
    good = saliency(linear, x, kind)
    noise = np.random.default_rng(1).random(good.shape)
    found = check(linear, good, good, x, kind)
    assert found.correlation == pytest.approx(1)
    assert found.salient > 1.5
    assert found.salient > found.random + 0.5
    assert abs(check(linear, good, noise, x, kind).correlation) < 0.5
