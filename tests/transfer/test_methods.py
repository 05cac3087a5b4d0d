"""The contract of every adaptation method, on a convolutional network, a sparse recurrent one and a twin."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from transfer_networks import BUILDERS, SHORT, examples, network, spec_of

from neurotwin._base.errors import InputError
from neurotwin.network.kernels import Pattern
from neurotwin.tasks import TASKS, fit
from neurotwin.transfer import METHODS, n_trained, with_readout
from neurotwin.transfer.methods.lora import LoRA

EVERY = [(method, name) for method in METHODS for name in ("cnn", "worm", "twin")]


def prepared(method, name, **given):
    return METHODS[method].prepare(network(name), {**spec_of(name), **given}, jax.random.key(2))


def trained(method, name):
    adapted = prepared(method, name)
    fitted = fit(
        adapted.network, examples(), examples(12, 1), TASKS["images"], SHORT,
        trained=adapted.trained, penalty=adapted.penalty,
    )  # fmt: skip
    return adapted, fitted.network


@pytest.mark.parametrize(("method", "name"), EVERY)
def test_contract(method, name):
    """Same answers at first; what is frozen stays bit for bit, what is trained moves; the wiring stays; merging changes nothing."""
    x = jnp.asarray(examples(8, 3).x)
    adapted, after = trained(method, name)
    np.testing.assert_allclose(adapted.network(x), network(name)(x), atol=2e-6)

    before = adapted.network
    assert jax.tree.structure(adapted.trained) == jax.tree.structure(before)
    moved = 0
    for path, old in jax.tree_util.tree_flatten_with_path(before)[0]:
        new, may = (_at(tree, path) for tree in (after, adapted.trained))
        if not may:
            np.testing.assert_array_equal(new, old, err_msg=jax.tree_util.keystr(path))
        else:
            moved += old.size
            assert np.any(np.asarray(new) != np.asarray(old)), jax.tree_util.keystr(path)
    assert moved == n_trained(adapted)

    for one, other in zip(_patterns(after), _patterns(before), strict=True):
        np.testing.assert_array_equal(one.post, other.post)
        np.testing.assert_array_equal(one.pre, other.pre)
    if METHODS[method].merge is not None:
        plain = METHODS[method].merge(after)
        assert jax.tree.structure(plain) == jax.tree.structure(network(name))
        np.testing.assert_allclose(plain(x), after(x), atol=1e-6)
        pairs = zip(_body(plain, name), _body(network(name), name), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs) is not METHODS[method].moves_body


def _body(net, name):
    return jax.tree.leaves([getattr(net, f) for f in net.__dataclass_fields__ if f not in BUILDERS[name][1]])


def _at(tree, path):
    for step in path:
        tree = getattr(tree, step.name) if hasattr(step, "name") else tree[step.idx]
    return tree


def _patterns(tree):
    leaves = jax.tree.leaves(tree, is_leaf=lambda node: isinstance(node, Pattern))
    return [leaf for leaf in leaves if isinstance(leaf, Pattern)]


@pytest.mark.parametrize(
    ("method", "name", "count"),
    [
        ("full", "cnn", 9 * 4 + 4 + 9 * 16 + 4 + 4 * 8 + 8 + 3 * 8 + 3),
        ("frozen", "cnn", 3 * 8 + 3),
        ("bitfit", "cnn", 4 + 4 + 8 + 3 * 8 + 3),
        ("lora", "cnn", 4 * (9 + 4 + 36 + 4 + 4 + 8) + 3 * 8 + 3),
        ("prompt", "cnn", 36 + 3 * 8 + 3),
        ("adapter", "cnn", 2 * (2 * 8 * 4 + 8) + 2 * (2 * 8 * 8 + 8) + 3 * 8 + 3),
    ],
)
def test_as_many_numbers_are_trained_as_by_hand(method, name, count):
    assert n_trained(prepared(method, name)) == count


def test_lora_answers_as_a_layer_with_two_ways():
    """y = W x + b + (α/r) B (A x), the form of the paper, on the first layer of the dense network."""
    adapted = prepared("lora", "dense")
    lora: LoRA = adapted.network
    rng = np.random.default_rng(0)
    up = jnp.asarray(rng.normal(size=lora.factors[0].up.shape), jnp.float32)
    lora = eqx.tree_at(lambda n: n.factors[0].up, lora, up)
    x = jnp.asarray(examples(4).x)
    flat = np.asarray(x).reshape(4, -1)
    net = network("dense")
    h = flat @ net.first.weight.T + net.first.bias + (8.0 / 4) * (flat @ lora.factors[0].down.T) @ up.T
    h = np.maximum(h, 0) @ net.second.weight.T + net.second.bias
    expected = np.maximum(h, 0) @ net.out.weight.T + net.out.bias
    np.testing.assert_allclose(lora(x), expected, rtol=1e-5, atol=1e-5)


def test_the_change_of_a_sparse_weight_is_the_product_at_its_synapses():
    lora: LoRA = prepared("lora", "worm").network
    (index,) = (i for i, place in enumerate(lora.places) if place.post >= 0)
    factor = lora.factors[index]
    up = jnp.asarray(np.random.default_rng(0).normal(size=factor.up.shape), jnp.float32)
    merged = eqx.tree_at(lambda n: n.factors[index].up, lora, up).merged()
    worm = network("worm")
    whole = np.asarray(up) @ np.asarray(factor.down)
    change = whole[np.asarray(worm.wiring.post), np.asarray(worm.wiring.pre)]
    np.testing.assert_allclose(merged.weight, worm.weight + 2.0 * change, rtol=1e-4, atol=1e-5)


def test_a_strong_anchor_holds_the_weights():
    free, held = (
        fit(
            adapted.network, examples(), examples(12, 1), TASKS["images"], SHORT,
            trained=adapted.trained, penalty=adapted.penalty,
        ).network.network
        for adapted in (prepared("anchor", "worm", anchor=strength) for strength in (0.0, 100.0))
    )  # fmt: skip
    start = network("worm").weight
    far, near = (float(jnp.sum((n.weight - start) ** 2)) for n in (free, held))
    assert near < 0.5 * far


def test_a_prompt_of_a_network_with_time_comes_before_the_image():
    adapted = prepared("prompt", "worm", prompt_steps=2)
    assert adapted.network.prompt.shape == (2, network("worm").n_inputs)
    moved = eqx.tree_at(lambda n: n.prompt, adapted.network, jnp.ones_like(adapted.network.prompt))
    x = jnp.asarray(examples(4).x)
    assert np.abs(np.asarray(moved(x) - network("worm")(x))).max() > 1e-3


def test_a_new_readout_has_the_new_classes():
    assert with_readout(network("cnn"), 7, jax.random.key(0))(jnp.asarray(examples(2).x)).shape == (2, 7)


@pytest.mark.parametrize(
    ("method", "given", "what"),
    [
        ("lora", {"rank": 0}, "the rank cannot be used"),
        ("adapter", {"bottleneck": 0}, "the adapters' width cannot be used"),
        ("anchor", {"anchor": -1.0}, "the anchor's strength cannot be used"),
        ("prompt", {"prompt_steps": 0}, "the prompt's length cannot be used"),
        ("frozen", {"interfaces": ("readout",)}, "the network has no part of this name"),
    ],
)
def test_what_cannot_be_used_is_refused(method, given, what):
    with pytest.raises(InputError, match=what):
        prepared(method, "worm", **given)


def test_a_network_that_reads_its_weights_itself_takes_no_adapter():
    class Net(eqx.Module):
        first: eqx.nn.Linear
        out: eqx.nn.Linear

        def __call__(self, x, key=None):
            return jax.vmap(self.out)(x @ self.first.weight.T)

    net = Net(*(eqx.nn.Linear(3, 3, key=jax.random.key(0)) for _ in range(2)))
    adapted = METHODS["adapter"].prepare(net, {}, jax.random.key(0))
    with pytest.raises(InputError, match="reads its layers' weights itself"):
        adapted.network(jnp.ones((2, 3)))


def test_a_readout_that_is_no_dense_layer_is_refused():
    with pytest.raises(InputError, match="the read-out cannot be replaced"):
        with_readout(
            eqx.tree_at(lambda n: n.out, network("cnn"), eqx.nn.Lambda(jnp.tanh)), 3, jax.random.key(0)
        )
