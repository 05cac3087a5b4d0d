"""The expressive leaky memory neuron against its equations, and that it learns."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network.neurons import ELM


@eqx.filter_jit
def step(cell: ELM, state, inputs, dt_ms: float):
    return cell.step(state, inputs, dt_ms)


@eqx.filter_jit
def run(cell: ELM, inputs):
    return cell.run(inputs, 1.0)


def start(cell: ELM, lead=()):
    return jnp.zeros((*lead, cell.synaptic.size)), jnp.zeros((*lead, cell.log_tau_m.size))


@pytest.mark.parametrize("branches", [None, 3])
def test_a_step_is_its_equations(branches):
    cell = ELM.make(6, 4, 5, 2, n_branches=branches, tau_s_ms=np.arange(1.0, 7.0), seed=3)
    rng = np.random.default_rng(0)
    s, m, x = rng.normal(size=6), rng.normal(size=4), rng.normal(size=6)
    (new_s, new_m), y = step(cell, (jnp.asarray(s), jnp.asarray(m)), jnp.asarray(x), 2.0)
    tau_m = np.exp(np.asarray(cell.log_tau_m, float))
    s = s * np.exp(-2.0 / np.arange(1.0, 7.0)) + 0.5 * x
    kept = m * np.exp(-2.0 / tau_m)
    gathered = s if branches is None else s.reshape(3, 2).sum(1)
    hidden = np.maximum(np.asarray(cell.hidden, float) @ np.concatenate([gathered, kept]), 0)
    m = kept + (1 - np.exp(-5 * 2.0 / tau_m)) * np.tanh(np.asarray(cell.update, float) @ hidden)
    np.testing.assert_allclose(new_s, s, rtol=1e-6)
    np.testing.assert_allclose(new_m, m, rtol=1e-5)
    np.testing.assert_allclose(y, np.asarray(cell.readout, float) @ m, rtol=1e-5)


def test_memories_decay_with_their_time_constants():
    """Nothing new: m e^{-t/τ_m}, over any number of steps of any length."""
    cell = ELM.make(4, 5, memory_ms=(2.0, 200.0))
    cell = eqx.tree_at(lambda c: c.update, cell, jnp.zeros_like(cell.update))
    state = (jnp.zeros(4), jnp.ones(5))
    for dt_ms in (1.0, 0.5, 8.5):
        state, _ = step(cell, state, jnp.zeros(4), dt_ms)
    expected = np.exp(-10.0 / np.geomspace(2.0, 200.0, 5))
    np.testing.assert_allclose(state[1], expected, rtol=1e-5)


def test_traces_decay_and_jump():
    cell = ELM.make(3, 2, tau_s_ms=np.array([2.0, 5.0, 50.0]))
    (s, _), _ = cell.step((jnp.full(3, 2.0), jnp.zeros(2)), jnp.array([0.0, 1.0, -1.0]), 3.0)
    expected = 2 * np.exp(-3 / np.array([2.0, 5.0, 50.0])) + 0.5 * np.array([0, 1, -1])
    np.testing.assert_allclose(s, expected, rtol=1e-6)


def test_memories_stay_bounded():
    cell = ELM.make(10, 6, memory_ms=(1.0, 1e4))
    state = start(cell)
    for _ in range(200):
        state, _ = step(cell, state, jnp.full(10, 1e3), 1.0)
    assert float(jnp.abs(state[1]).max()) <= 5.0


def test_a_batch_equals_one_by_one():
    cell = ELM.make(5, 3, n_outputs=2)
    inputs = jnp.asarray(np.random.default_rng(1).poisson(0.3, (40, 4, 5)), float)
    together = run(cell, inputs)
    assert together.shape == (40, 4, 2)
    for i in range(4):
        np.testing.assert_allclose(together[:, i], run(cell, inputs[:, i]), rtol=1e-6, atol=1e-9)


def test_many_neurons_are_stacked_neurons():
    cells = [ELM.make(5, 3, seed=seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *cells)
    inputs = jnp.asarray(np.random.default_rng(1).poisson(0.3, (3, 40, 5)), float)
    together = eqx.filter_vmap(lambda cell, x: cell.run(x, 1.0))(stacked, inputs)
    for i, cell in enumerate(cells):
        np.testing.assert_allclose(together[i], run(cell, inputs[i]), rtol=1e-6, atol=1e-9)


def test_the_gradient_equals_finite_differences():
    cell = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), ELM.make(4, 3, 6, seed=1))
    inputs = jnp.asarray(np.random.default_rng(1).normal(size=(20, 4)))
    moving, fixed = eqx.partition(cell, eqx.is_inexact_array)

    @jax.jit
    def loss(moving):
        return (eqx.combine(moving, fixed).run(inputs, 1.0) ** 2).sum()

    gradient = jax.jit(jax.grad(loss))(moving)
    for seed in range(3):
        leaves, shape = jax.tree.flatten(moving)
        rng = np.random.default_rng(seed)
        direction = jax.tree.unflatten(shape, [jnp.asarray(rng.normal(size=leaf.shape)) for leaf in leaves])
        along = lambda e: float(loss(jax.tree.map(lambda p, d: p + e * d, moving, direction)))  # noqa: B023, E731
        expected = (along(1e-6) - along(-1e-6)) / 2e-6
        dots = jax.tree.map(lambda g, d: jnp.vdot(g, d), gradient, direction)
        assert sum(float(dot) for dot in jax.tree.leaves(dots)) == pytest.approx(expected, rel=1e-5)


def test_it_learns_to_multiply_two_leaky_sums():
    """A teacher that no linear filter is: the product of two synapses' sums of 10 and 50 ms, to a fifth of its variance."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(150, 32, 2)).astype(np.float32)
    sums = np.zeros((150, 32, 2))
    for t in range(150):
        sums[t] = (sums[t - 1] if t else 0) * np.exp(-1 / np.array([10.0, 50.0])) + inputs[t]
    target = jnp.asarray(np.tanh(sums.prod(-1) / 5), jnp.float32)
    cell, given = ELM.make(2, 8, memory_ms=(2.0, 100.0)), jnp.asarray(inputs)
    optimiser = optax.adam(5e-3)

    def loss(cell):
        return ((cell.run(given, 1.0)[..., 0] - target) ** 2).mean()

    @eqx.filter_jit
    def train(cell):
        def step(carry, _):
            cell, state = carry
            value, gradient = jax.value_and_grad(loss)(cell)
            updates, state = optimiser.update(gradient, state)
            return (eqx.apply_updates(cell, updates), state), value

        return jax.lax.scan(step, (cell, optimiser.init(cell)), None, length=250)[1]

    errors = np.asarray(train(cell))
    assert errors[-1] < 0.2 * float(target.var())
    assert errors[-1] < 0.3 * errors[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_synapses": 0}, r"at least one of each(.|\n)*n_synapses = 0"),
        ({"n_synapses": 3, "n_memories": 0}, r"at least one of each(.|\n)*n_memories = 0"),
        ({"n_synapses": 3, "n_outputs": -1}, r"at least one of each(.|\n)*n_outputs = -1"),
        ({"n_synapses": 6, "n_branches": 4}, r"shared out evenly(.|\n)*6 synapses, 4 branches"),
        ({"n_synapses": 3, "tau_s_ms": 0.0}, "tau_s_ms cannot be used"),
        ({"n_synapses": 3, "tau_s_ms": np.array([1.0, -2.0, 3.0])}, r"tau_s_ms(.|\n)*-2 \(1 of 3\)"),
        ({"n_synapses": 3, "memory_ms": (0.0, 10.0)}, "shortest_memory_ms cannot be used"),
        ({"n_synapses": 3, "memory_ms": (1.0, np.inf)}, "longest_memory_ms cannot be used"),
    ],
)
def test_refuses_to_be_made(arguments, message):
    with pytest.raises(InputError, match=message):
        ELM.make(**arguments)


def test_refuses_inputs_and_steps_that_do_not_fit():
    cell = ELM.make(3, 2)
    with pytest.raises(InputError, match=r"the input does not fit the synapses(.|\n)*\[\.\.\., 3\]"):
        cell.run(jnp.zeros((10, 4)), 1.0)
    with pytest.raises(InputError, match="dt_ms cannot be used"):
        cell.run(jnp.zeros((10, 3)), 0.0)
