"""A twin as a classifier: its own dynamics, and the way back."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from transfer_networks import SPEC, examples, network, worm_twin

from neurotwin._base.errors import InputError
from neurotwin.network import NEVER
from neurotwin.transfer.twin import TwinClassifier, put_back


def test_the_dynamics_are_the_twins():
    classifier, twin, rng = network("twin"), worm_twin(), np.random.default_rng(0)
    start = TwinClassifier(twin, classifier.inputs, classifier.outputs, SPEC, jax.random.key(0))
    frames, runs, n = 12, 3, len(twin.neurons)
    current = rng.normal(size=(frames, runs, start.n_inputs)).astype(np.float32)
    whole = np.zeros((runs, frames, n), np.float32)
    whole[:, :, np.asarray(start.inputs)] = current.swapaxes(0, 1)
    nobody = np.zeros((runs, n), bool)
    expected = twin.run(np.zeros_like(whole), nobody, np.full(runs, NEVER), current=whole)
    found = start.run(jnp.zeros((runs, n)), jnp.asarray(current))
    np.testing.assert_allclose(np.swapaxes(found, 0, 1), expected, rtol=1e-4, atol=1e-5)
    assert np.abs(expected).max() > 0.5


def test_what_did_not_move_comes_back_bit_for_bit():
    twin, start = worm_twin(), _start()
    back = put_back(start, start, twin)
    for old, new in zip(jax.tree.leaves(twin.parameters), jax.tree.leaves(back.parameters), strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_twin_that_comes_back_answers_as_the_adapted_classifier():
    twin, start, rng = worm_twin(), _start(), np.random.default_rng(1)
    where = lambda n: (n.weight.values, n.conductance.values, n.bias, n.log_rate)  # noqa: E731
    moved = [leaf + 0.1 * jnp.asarray(rng.normal(size=leaf.shape), jnp.float32) for leaf in where(start)]
    adapted = eqx.tree_at(where, start, tuple(moved))
    back = put_back(adapted, start, twin)
    again = TwinClassifier(back, start.inputs, start.outputs, SPEC, jax.random.key(0))
    again = eqx.tree_at(lambda n: (n.into, n.out), again, (start.into, start.out))
    x = jnp.asarray(examples(4).x)
    np.testing.assert_allclose(again(x), adapted(x), rtol=1e-4, atol=1e-5)
    assert np.abs(np.asarray(adapted(x) - start(x))).max() > 1e-3
    support = lambda t: (t.weights("chemical") != 0).toarray()  # noqa: E731
    assert not (support(back) & ~(np.asarray(twin.wiring.chemical) > 0)).any()


def test_nobody_to_reach_is_refused():
    with pytest.raises(InputError, match="there is no neuron that the image reaches"):
        TwinClassifier(worm_twin(), np.array([], int), np.array([1]), SPEC, jax.random.key(0))


def test_a_prompt_that_is_longer_than_the_time_before_the_image_is_refused():
    start = _start()
    with pytest.raises(InputError, match="the prompt is longer than the time before the image"):
        start(jnp.asarray(examples(2).x), prefix=jnp.zeros((9, start.n_inputs)))


def _start() -> TwinClassifier:
    """As made, its biases not shaken: those of the twin."""
    like = network("twin")
    return TwinClassifier(worm_twin(), like.inputs, like.outputs, SPEC, jax.random.key(0))
