"""The loop against its oracle: same values, same gradients, in any chunks, and a memory that does not grow with time."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from neurotwin.network.engine import loop
from neurotwin.network.engine.loop import automatic_chunk, plain_loop, run_loop

N, B = 7, 3


class Matrix(eqx.Module):
    values: jax.Array

    def apply(self, sent):
        return sent @ self.values.T

    def apply_sequence(self, sent, before):
        return self.apply(sent)


def step(parameters: Any, product: Any, carry: Any, now: Any) -> Any:
    m, count = carry
    m = m + parameters * (product("W", jnp.tanh(m)) + product("V", jnp.sin(m)) + now - m)
    return (m, count + 1), (m, count)


def problem(steps: int):
    rng = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(rng.normal(size=shape), jnp.float64)  # noqa: E731
    operators = {"W": Matrix(draw(N, N) / 2), "V": Matrix(draw(N, N) / 2)}
    return jax.nn.sigmoid(draw(N)), operators, (draw(B, N), jnp.int32(0)), draw(steps, B, N)


def loss(run, parameters, operators, m, inputs):
    (end, count), (out, counts) = run(step, parameters, operators, (m, jnp.int32(0)), inputs)
    return jnp.sum(jnp.cos(out) ** 2) + jnp.sum(end**3) + 0 * count + 0 * counts.sum()


@pytest.mark.parametrize("steps", [1, 2, 12, 13, 36])
@pytest.mark.parametrize("chunk", [None, 1, 5, 36])
def test_values_and_gradients_equal_those_of_the_plain_loop(steps, chunk):
    with jax.enable_x64():
        parameters, operators, (m, _), inputs = problem(steps)
        hoisted = lambda *args: run_loop(*args, chunk=min(chunk, steps) if chunk else None)  # noqa: E731
        ours = jax.jit(jax.value_and_grad(lambda *a: loss(hoisted, *a), argnums=(0, 1, 2, 3)))
        plain = jax.jit(jax.value_and_grad(lambda *a: loss(plain_loop, *a), argnums=(0, 1, 2, 3)))
        got, expected = ours(parameters, operators, m, inputs), plain(parameters, operators, m, inputs)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11), got, expected)


def test_gradients_equal_finite_differences():
    with jax.enable_x64():
        parameters, operators, (m, _), inputs = problem(11)
        value = lambda *a: loss(run_loop, *a)  # noqa: E731
        check_grads(jax.jit(value), (parameters, operators, m, inputs), order=1, modes=["rev"], rtol=1e-5)


def test_seeds_by_vmap_equal_one_by_one():
    with jax.enable_x64():
        parameters, operators, (m, _), inputs = problem(12)
        many = jax.tree.map(lambda x: jnp.stack([x, 0.5 * x]), operators)
        gradient = jax.jit(jax.grad(lambda o: loss(run_loop, parameters, o, m, inputs)))
        together = jax.jit(jax.vmap(gradient))(many)
        for i in range(2):
            alone = gradient(jax.tree.map(lambda x, i=i: x[i], many))
            jax.tree.map(lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-9), together, alone)


def test_memory_of_the_gradient_grows_with_the_square_root_of_time(monkeypatch):
    """Compiled temporary memory of T and 16 T steps: about 4 times, where keeping everything takes 16 times."""

    monkeypatch.setattr(loop, "KEPT_BYTES", 0)
    monkeypatch.setattr(loop, "CHEAP_BYTES", 0)

    def temporary(steps: int, chunk: int | None) -> float:
        wide = 512
        operators = {name: Matrix(jnp.zeros((wide, wide), jnp.float32)) for name in "WV"}

        def total(operators, inputs):
            start = (jnp.zeros((B, wide), jnp.float32), jnp.int32(0))
            run = lambda *a: run_loop(*a, chunk=chunk)  # noqa: E731
            (end, _), _ = run(step, jnp.float32(0.1), operators, start, inputs)
            return end.sum()

        shape = jax.ShapeDtypeStruct((steps, 1, 1), jnp.float32)
        compiled = jax.jit(jax.grad(total)).lower(operators, shape).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    weights = 4 * 512 * 512 * 4  # what does not depend on time: weights and their gradients
    chunked = (temporary(6400, None) - weights) / (temporary(400, None) - weights)
    kept = temporary(6400, 6400) / temporary(400, 400)
    assert chunked < 6 < 12 < kept


def test_a_chunk_is_what_fits_but_not_less_than_the_square_root():
    state = jnp.zeros((1, loop.CHEAP_BYTES // 32 // 100), jnp.float32)  # 100 steps fit
    assert [automatic_chunk(n, state) for n in (1, 50, 100, 1000, 1_000_000)] == [1, 50, 100, 100, 1000]
    for n in range(101, 9000, 97):
        assert 100 / 1.5 <= automatic_chunk(n, state) <= 150


def test_where_products_cost_more_than_memory_more_is_kept():
    state, weights = jnp.zeros((1, 1000)), jnp.zeros((1000, 1000))
    assert automatic_chunk(8000, state) == 125
    assert automatic_chunk(8000, state, weights) == 8000
