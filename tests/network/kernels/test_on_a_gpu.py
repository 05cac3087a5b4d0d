"""What is computed otherwise on a GPU, computed so on the processor: the same numbers. On a GPU the other tests run it too."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.engine import Network, Population, Projection, simulate, sparse
from neurotwin.network.engine.loop import automatic_chunk
from neurotwin.network.kernels import chosen, ell, pattern, sampled_product, sparse_product, why_not
from neurotwin.network.neurons import LeakyRate

RNG = np.random.default_rng(0)
N_POST, N_PRE, E = 40, 300, 900


@pytest.fixture
def on_a_gpu(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")


def wiring():
    """A receiving neuron with hundreds of synapses, many with a few, some with none."""
    post = np.where(RNG.random(E) < 0.4, 3, RNG.integers(0, N_POST - 5, E))
    pre = RNG.integers(0, N_PRE, E)
    order = np.lexsort((pre, post))
    return pattern(post[order], pre[order], N_POST, N_PRE)


def test_the_cpp_kernels_are_not_taken(on_a_gpu):
    assert chosen() == "ell"
    assert why_not()


@pytest.mark.parametrize("lead", [(), (2, 3)])
def test_gradient_to_the_input_equals_that_of_the_matrix(on_a_gpu, lead):
    p = wiring()
    values = jnp.asarray(RNG.normal(size=E), jnp.float32)
    x = jnp.asarray(RNG.normal(size=(*lead, N_PRE)), jnp.float32)
    found, expected = (
        jax.grad(lambda v, x, i=i: jnp.sin(sparse_product(p, v, x, i)).sum(), argnums=(0, 1))(values, x)
        for i in ("ell", "dense")
    )
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("count", [1, 5, 7, 130])
@pytest.mark.parametrize("matrix", [0, 2**24])
def test_gradient_to_the_values_by_blocks_or_matrix(on_a_gpu, monkeypatch, count, matrix):
    monkeypatch.setattr(ell, "MATRIX", matrix)
    monkeypatch.setattr(ell, "TOGETHER", 4)
    p = wiring()
    dy, x = (jnp.asarray(RNG.normal(size=(count, n)), jnp.float32) for n in (N_POST, N_PRE))
    expected = (np.asarray(dy, float).T @ np.asarray(x, float))[np.asarray(p.post), np.asarray(p.pre)]
    np.testing.assert_allclose(sampled_product(p, dy, x, "ell"), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("steps", [3, 21])
def test_steps_that_are_sent_together_change_nothing(monkeypatch, steps):
    def value_and_gradient():
        rng = np.random.default_rng(1)
        weights = sparse(rng.integers(0, 9, 30), rng.integers(0, 9, 30), rng.normal(size=30), (9, 9))
        network = Network(
            [Population("cells", LeakyRate(tau_ms=5.0), 9)], [Projection("cells", "cells", weights)]
        )
        current = jnp.asarray(rng.normal(size=(steps, 2, 9)), jnp.float32)

        def loss(current):
            return jnp.square(simulate(network, {"cells": current}, dt_ms=1.0).output("cells")).sum()

        found = jax.value_and_grad(loss)(current)
        jax.clear_caches()
        return found

    one_by_one = value_and_gradient()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    together = value_and_gradient()
    for ours, theirs in zip(together, one_by_one, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_gpu_keeps_what_fits_and_computes_little_twice(on_a_gpu, monkeypatch):
    carry = jnp.zeros((16, 1000))
    assert automatic_chunk(500, carry) == 500
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    assert automatic_chunk(500, carry) < 500
