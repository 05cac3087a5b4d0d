"""What every continual learner must do, and the equations of those with a penalty."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks import TASKS
from neurotwin.transfer.bodies import fewer
from neurotwin.transfer.continual import LEARNERS, SEQUENCES, ContinualSettings, accuracies, learn
from neurotwin.transfer.continual.learner import Batch, Moment, quadratic
from neurotwin.transfer.continual.learners import ewc, si
from neurotwin.transfer.continual.training import _advance

TASK = TASKS["images"]
SHORT = ContinualSettings(steps=30, batch=16, memory=40, learning_rate=3e-3, fisher_examples=20)


@pytest.fixture(scope="module")
def sequence():
    return SEQUENCES["split"](fewer(TASK.load(None, False), 400), 2, 1)[0]


@pytest.fixture(scope="module")
def network(sequence):
    spec = {"shape": (8, 8, 1), "classes": 10, "mean": 5.0, "sd": 6.0, "dropout": 0.0, "parameters": 4000}
    return TASK.models["dense"].build(spec, jax.random.key(0))


def taught(network, sequence, name, seed=0, strength=None):
    learner = LEARNERS[name]
    if strength is None:
        strength = learner.strengths[0] if learner.strengths else 0.0
    return learn(network, sequence, learner, TASK.encode, SHORT, seed=seed, strength=strength)


def weights_of(network):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array))]


@pytest.mark.parametrize("name", LEARNERS)
def test_contract(network, sequence, name):
    course = taught(network, sequence, name)
    assert len(course.networks) == len(course.losses) == len(sequence) == 2
    assert course.first is network
    first = accuracies(course.networks[0], sequence, "test", TASK.encode)
    assert first[0] > 0.9  # what was just learned is known
    assert first[1] < 0.1  # what was never seen is not
    assert accuracies(course.networks[1], sequence, "test", TASK.encode)[1] > 0.75
    again, other = (taught(network, sequence, name, seed) for seed in (0, 1))
    for a, b in zip(weights_of(course.networks[1]), weights_of(again.networks[1]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(
        (a != b).any()
        for a, b in zip(weights_of(course.networks[1]), weights_of(other.networks[1]), strict=True)
    )


@pytest.mark.parametrize("name", [name for name in LEARNERS if LEARNERS[name].strengths])
def test_a_penalty_of_strength_zero_is_plain_and_a_strong_one_holds(network, sequence, name):
    plain, free = taught(network, sequence, "plain"), taught(network, sequence, name, strength=0.0)
    for a, b in zip(weights_of(plain.networks[1]), weights_of(free.networks[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    held = taught(network, sequence, name, strength=1e6)
    moved = [
        sum(np.abs(a - b).sum() for a, b in zip(*map(weights_of, course.networks), strict=True))
        for course in (plain, held)
    ]
    assert moved[1] < 0.7 * moved[0]


def test_joint_and_replay_keep_what_plain_forgets(network, sequence):
    last = {name: taught(network, sequence, name).networks[1] for name in ("plain", "joint", "replay")}
    first = {name: accuracies(one, sequence, "test", TASK.encode)[0] for name, one in last.items()}
    assert first["plain"] < 0.3 < 0.7 < min(first["joint"], first["replay"])


def moment(**options):
    values = {"now": 1, "sizes": (20, 10), "steps": 4, "batch": 5, "rng": np.random.default_rng(0)}
    before = np.array([[0, 3], [0, 7]])
    return Moment(**{**values, "before": before, "after": np.array([[0, 3], [1, 2]]), **options})


def test_who_sees_which_examples():
    drawn = {name: LEARNERS[name].draw(moment()) for name in LEARNERS}
    for name in ("plain", "ewc", "si"):
        assert drawn[name].shape == (4, 5, 2)
        assert (drawn[name][..., 0] == 1).all()
        assert (np.bincount(drawn[name][..., 1].ravel()) == 2).all()  # every example, equally often
    assert drawn["joint"].shape == (8, 5, 2)
    # 40 draws of 30 examples: each of the first experience's 20 once, and up to 10 of them again
    assert 20 <= (drawn["joint"][..., 0] == 0).sum() <= 30
    assert drawn["replay"].shape == (4, 10, 2)
    assert (drawn["replay"][:, :5, 0] == 1).all()
    assert {tuple(pair) for pair in drawn["replay"][:, 5:].reshape(-1, 2).tolist()} == {(0, 3), (0, 7)}
    assert {tuple(pair) for pair in drawn["memory-only"].reshape(-1, 2).tolist()} == {(0, 3), (1, 2)}


def linear(weights, batch):
    return jax.nn.log_softmax(batch.x @ weights)


def test_the_fisher_information_of_a_softmax_regression():
    rng = np.random.default_rng(0)
    weights = jnp.asarray(rng.normal(size=(3, 4)), jnp.float32)
    x = jnp.asarray(np.repeat(rng.normal(size=(2, 3)), 4000, 0), jnp.float32)
    seen = Batch(x[:, None], jnp.zeros((8000, 1), int), jnp.ones((8000, 1, 4), bool))
    found = jax.jit(lambda w: ewc.fisher(w, linear, seen, jax.random.key(0)))(weights)
    p = jax.nn.softmax(x @ weights)
    expected = ((x**2)[:, :, None] * (p * (1 - p))[:, None, :]).mean(0)
    np.testing.assert_allclose(found, expected, rtol=0.12, atol=2e-3)


def test_the_quadratic_penalty():
    state = {
        "strength": 3.0,
        "anchor": {"a": jnp.ones(2), "b": jnp.zeros(1)},
        "importance": {"a": jnp.array([1.0, 2.0]), "b": jnp.array([5.0])},
    }
    assert quadratic({"a": jnp.array([2.0, 4.0]), "b": jnp.zeros(1)}, state) == pytest.approx(
        0.5 * 3 * (1 + 18)
    )


def test_the_path_integral_sums_to_the_loss_that_was_lost():
    """With small steps Σ ω is the drop of the loss, whatever the optimiser: the claim that the method rests on."""
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(20, 3)), jnp.float32)
    batch = Batch(x, jnp.asarray(rng.integers(4, size=20)), jnp.ones((20, 4), bool))

    class Regression(eqx.Module):
        weight: jax.Array

        def __call__(self, x):
            return x @ self.weight

    weights, static = eqx.partition(Regression(jnp.zeros((3, 4))), eqx.is_inexact_array)
    optimiser = optax.adam(1e-3)
    batches = jax.tree.map(lambda a: jnp.stack([a] * 300), batch)
    _, _, state, losses = _advance(
        LEARNERS["si"], optimiser, weights, static, optimiser.init(weights), si.begin(weights, 0.0), batches
    )
    lost = float(losses[0] - losses[-1])
    assert lost > 0.02
    assert float(state["path"].weight.sum()) == pytest.approx(lost, rel=0.03)


def test_importance_is_never_negative_and_the_path_begins_anew():
    weights = {"w": jnp.array([0.5, 0.5, 0.0])}
    state = {**si.begin({"w": jnp.zeros(3)}, 1.0), "path": {"w": jnp.array([0.3, -0.3, 0.3])}}
    after = si.end(state, weights, linear, None, jax.random.key(0))
    expected = [2 * 0.3 / (0.25 + si.DAMPING), 0.0, 2 * 0.3 / si.DAMPING]
    np.testing.assert_allclose(after["importance"]["w"], expected, rtol=1e-5)
    assert not np.asarray(after["path"]["w"]).any()


@pytest.mark.parametrize(
    ("options", "what"),
    [({"steps": 0}, "steps is not usable"), ({"learning_rate": float("nan")}, "learning_rate is not usable")],
)
def test_settings_that_cannot_be_used_are_refused(options, what):
    with pytest.raises(InputError, match=what):
        ContinualSettings(**options)
