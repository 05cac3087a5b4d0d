"""Loops compiled into one function: the same numbers as kernel after kernel, and only where XLA can do it."""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.engine import Dense, Network, Population, Projection, run_loop, simulate
from neurotwin.network.engine import one_function as module
from neurotwin.network.neurons import LIF, NEURONS
from neurotwin.network.synapses import Exponential

N, STEPS = 40, 60
MARK = 'inlineable="false"'  # XLA's own mark stands on small loops anyway
DRIVES = {"leaky_rate": 1.0, "unit": 1.0, "graded": 0.2, "izhikevich": 14.0, "hodgkin_huxley": 3000.0}


def voltages(name: str):
    """Currents [N] → mean square of every state of a population without projections, over time."""
    network = Network([Population("cells", NEURONS[name](), N)])
    states = ["output", *NEURONS[name]().initial()]

    def run(current, chunk=None):
        result = simulate(
            network, {"cells": current}, dt_ms=0.05, n_steps=STEPS, record={"cells": states}, chunk=chunk
        )
        return sum(jnp.mean(result.of("cells", state) ** 2) for state in states)

    return run, jnp.linspace(0.0, DRIVES.get(name, 900.0), N)


def compiled(function, *arguments) -> str:
    return jax.jit(function).lower(*arguments).compile().as_text()


@pytest.mark.parametrize(("name", "chunk"), [*((name, None) for name in NEURONS), ("lif", 7)])
def test_every_model_gives_what_it_gives_kernel_by_kernel(name, chunk, monkeypatch):
    run, current = voltages(name)
    one = jax.jit(jax.value_and_grad(lambda i: run(i, chunk)))
    assert MARK in one.lower(current).compile().as_text()
    value, slope = one(current)
    jax.clear_caches()
    monkeypatch.setattr(sys.modules["neurotwin.network.engine.simulate"], "fits", lambda *_: False)
    plain = jax.jit(jax.value_and_grad(lambda i: run(i, chunk)))
    assert MARK not in plain.lower(current).compile().as_text()
    for got, expected in zip((value, slope), plain(current), strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-4, atol=2e-4 * float(jnp.abs(expected).max()))


def test_seeds_by_vmap_equal_one_by_one():
    run, current = voltages("lif")
    several = jnp.stack([current, 0.5 * current, 1.1 * current])
    value, slope = jax.vmap(jax.value_and_grad(run))(several)
    for k in range(3):
        alone = jax.value_and_grad(run)(several[k])
        np.testing.assert_allclose(value[k], alone[0], rtol=1e-5)
        np.testing.assert_allclose(slope[k], alone[1], rtol=1e-4, atol=1e-7)


def test_all_arithmetic_that_is_taken_compiles_and_gives_the_same():
    """Every primitive of the list, in one step."""

    def step(x):
        y = jax.lax.clamp(0.1, jnp.abs(x), 0.9)
        several = [
            jnp.ceil(x), jnp.cos(x), jnp.cosh(y), jax.scipy.special.erf(x), jnp.exp(-y), jnp.exp2(y), jnp.expm1(y),
            jnp.floor(x), jnp.log(y), jnp.log1p(y), jax.nn.sigmoid(x), y**3, y**y, jnp.round(x), jax.lax.rsqrt(y),
            jnp.sign(x), jnp.sin(x), jnp.sinh(y), jnp.sqrt(y), jnp.square(x), jnp.tan(y), jnp.tanh(x), x / y, -x,
            jnp.maximum(x, 0.2), jnp.minimum(x, 0.2), jnp.fmod(x, y), jnp.copy(x), jax.lax.stop_gradient(y), x[:, None].reshape(-1),
            jnp.where((x > y) | (x <= -y) & ~(x == 0) ^ (x >= 2) | (x < 0) | (x != 1) & jnp.isfinite(x), x, y),
            (x * 3).astype(jnp.int32).astype(x.dtype), x - y, jnp.broadcast_to(jnp.float32(0.3), x.shape), y[None].squeeze(0),
        ]  # fmt: skip
        return sum(several) / 30 - 0.5

    def loop(x):
        return jax.lax.scan(lambda state, _: (step(state), state), x, None, length=5)

    x = jnp.linspace(-1.2, 1.3, 24)
    used = {equation.primitive.name for equation in module._equations(jax.make_jaxpr(step)(x).jaxpr)}
    derived = {"add_any"}  # stands in derivatives alone
    assert used <= module.TAKEN and module.TAKEN - derived <= used
    marked = module.as_one_function(loop)
    assert MARK in compiled(marked, x)
    for got, expected in zip(jax.jit(marked)(x), jax.jit(loop)(x), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_what_is_not_arithmetic_of_single_numbers_is_not_taken():
    x = jnp.ones(8)
    assert module.fits(lambda x: jnp.tanh(x) * 2, x)
    for other in (jnp.sort, jnp.cumsum, lambda x: x.at[jnp.array([1, 1])].add(x[:2]), lambda x: x @ x):
        assert not module.fits(other, x)
    assert not module.fits(lambda x: x + jax.random.normal(jax.random.key(0), x.shape), x)


def test_large_steps_are_left_to_several_threads():
    assert module.fits(jnp.tanh, jnp.ones(module.NUMBERS))
    assert not module.fits(jnp.tanh, jnp.ones(module.NUMBERS + 1))


def test_networks_with_projections_go_kernel_by_kernel():
    cells = Population("cells", LIF(), 3)
    network = Network([cells], [Projection("cells", "cells", Dense(jnp.ones((3, 3))), Exponential())])
    run = lambda i: simulate(network, {"cells": i}, dt_ms=0.1, n_steps=5).output("cells")  # noqa: E731
    assert MARK not in compiled(run, jnp.ones(3))


def test_a_step_of_ones_own_in_one_function():
    def step(rate, product, state, now):
        state = state + rate * (now - state)
        return state, state

    def run(rate, inputs, one_function):
        return run_loop(step, rate, {}, jnp.zeros(4), inputs, chunk=3, one_function=one_function)[1]

    rate, inputs = jnp.full(4, 0.3), jnp.asarray(np.random.default_rng(0).normal(size=(10, 4)), jnp.float32)
    slopes = [
        jax.jit(jax.grad(lambda r, x, one=one: (run(r, x, one) ** 2).sum(), argnums=(0, 1)))(rate, inputs)
        for one in (True, False)
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), *slopes)
