"""Recurrent networks on the worm's and the larva's wiring."""

from __future__ import annotations

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology import load
from neurotwin.biology.larva import ARCHIVE, larva_connectome
from neurotwin.tasks.networks.connectome import builder
from neurotwin.tasks.storage import load_network, save_network

SPEC = {"shape": (8, 8, 1), "classes": 10, "mean": 0.5, "sd": 0.3, "dropout": 0.0}


@pytest.fixture(scope="module")
def network():
    return builder("worm")(SPEC, jax.random.key(0))


def test_weights_are_the_chemical_synapses_and_start_from_counts_and_signs(network):
    pre, post, count, sign = load("worm").connectome.edges("chemical")
    np.testing.assert_array_equal(network.wiring.pre, pre)
    np.testing.assert_array_equal(network.wiring.post, post)
    weight = np.asarray(network.weight)
    np.testing.assert_array_equal(np.sign(weight)[sign != 0], sign[sign != 0])
    squares = np.bincount(post, weight**2, 300)
    np.testing.assert_allclose(squares[np.bincount(post, minlength=300) > 0], 1.0, rtol=1e-5)
    one = post == post[0]
    np.testing.assert_allclose(weight[one] ** 2, count[one] / count[one].sum(), rtol=1e-5)


def test_without_synapses_the_image_does_not_reach_the_answer_beyond_neurons_that_are_both(network):
    x = jnp.asarray(np.random.default_rng(0).random((2, 8, 8, 1)), jnp.float32)
    cut = eqx.tree_at(lambda n: n.weight, network, jnp.zeros_like(network.weight))
    assert not np.intersect1d(network.inputs, network.outputs).size
    answers = np.asarray(cut(x))
    np.testing.assert_array_equal(answers[0], answers[1])
    answers = np.asarray(network(x))
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


@pytest.mark.parametrize("null", ["permuted", "rewired"])
def test_nulls_have_as_many_synapses_elsewhere(network, null):
    other = builder("worm", null)(SPEC, jax.random.key(0))
    assert other.wiring.n_synapses == network.wiring.n_synapses
    ends = lambda n: set(zip(n.wiring.pre.tolist(), n.wiring.post.tolist(), strict=True))  # noqa: E731
    assert len(ends(other) & ends(network)) < 0.2 * network.wiring.n_synapses


def test_a_saved_network_answers_the_same(network, tmp_path):
    save_network(
        network,
        tmp_path / "m.safetensors",
        task="images",
        model="worm",
        spec=SPEC,
        classes=tuple("0123456789"),
    )
    x = jnp.ones((1, 8, 8, 1))
    np.testing.assert_array_equal(load_network(tmp_path / "m.safetensors")[0](x), network(x))


def test_a_folder_without_the_larva_is_named(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=ARCHIVE):
        larva_connectome(tmp_path)
    monkeypatch.delenv("NEUROTWIN_DATA", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with pytest.raises(InputError, match="NEUROTWIN_DATA"):
        larva_connectome()


def test_the_larva_has_the_published_size(data_folder):
    larva = larva_connectome(data_folder)
    assert larva.n_neurons == 3013
    assert len(larva.synapses) == 111_243
    assert larva.synapses["weight"].sum() == 353_859
    assert larva.neurons["type"].value_counts().to_dict() == {"inter": 2130, "sensory": 463, "motor": 420}
