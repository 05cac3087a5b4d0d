"""Networks that answer together: one answer of mean probabilities, each held to the truth by itself."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.loop import n_parameters
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.networks import DenseNetwork
from neurotwin.tasks.networks.together import MEMBERS, together

SPEC = {"shape": (5, 4, 1), "classes": 3, "mean": 0.0, "sd": 1.0, "dropout": 0.5, "parameters": 3000}


def test_the_answer_is_the_mean_of_the_members_probabilities():
    network = together(DenseNetwork)(SPEC, jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (7, 5, 4, 1))
    each = np.stack([jax.nn.softmax(member(x)) for member in network.members])
    assert len(each) == MEMBERS
    assert np.ptp(each, axis=0).max() > 1e-3  # they differ
    np.testing.assert_allclose(np.exp(network(x)), each.mean(0), rtol=1e-5)


def test_a_task_says_how_many_they_are():
    network = together(DenseNetwork)({**SPEC, "members": 2}, jax.random.key(0))
    assert len(network.members) == 2
    assert abs(n_parameters(network) - 3000) < 300


def test_in_training_each_is_held_to_the_truth_by_itself():
    network = together(DenseNetwork)(SPEC, jax.random.key(0))
    x, y, key = jax.random.normal(jax.random.key(1), (7, 5, 4, 1)), jnp.arange(7) % 3, jax.random.key(2)
    outputs = network(x, key)
    assert outputs.shape == (7, MEMBERS, 3)
    keys = jax.random.split(key, MEMBERS)
    alone = [class_loss(member(x, own), y) for member, own in zip(network.members, keys, strict=True)]
    np.testing.assert_allclose(class_loss(outputs, y), np.mean(alone, axis=0), rtol=1e-5)


def test_the_number_of_parameters_that_is_wanted_is_that_of_all():
    assert abs(n_parameters(together(DenseNetwork)(SPEC, jax.random.key(0))) - 3000) < 300
