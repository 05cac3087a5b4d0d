"""Plain JAX: a rate network's training step by a scan; dense or segment_sum, with the weights' gradient hoisted by hand or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers.jax_common import adam, adam_start, gather_sum
from benchmarks.problems import DT_MS, LEARNING_RATE, TAU_MS, rate_network

BLOCK = 8192
"""Edges whose sampled products are formed at once."""


def prepare(form: str = "segment_sum", hoist: bool = False, **size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call; ``form`` is "dense" or "segment_sum"."""
    problem = rate_network(**size)
    arrays = {k: jnp.asarray(v) for k, v in problem.items() if k != "n"}
    parameters = {k: arrays.pop(k) for k in ("weight", "gap", "bias")}
    state = adam_start(parameters)
    n, coupled = problem["n"], len(problem["gap"]) > 0
    gradient = _hoisted if hoist else _plain

    @jax.jit
    def step(parameters: Any, state: Any, arrays: Any) -> Any:
        value, slope = gradient(form, n, coupled, parameters, arrays)
        return value, *adam(parameters, slope, state, LEARNING_RATE)

    def run() -> dict[str, Any]:
        nonlocal parameters, state
        value, parameters, state = jax.block_until_ready(step(parameters, state, arrays))
        return {"loss": float(value)}

    return run


def _products(form: str, n: int, coupled: bool, weight: jax.Array, gap: jax.Array, a: Any) -> Any:
    """Chemical product, electrical product, total conductance."""
    to = jnp.concatenate([a["gap_a"], a["gap_b"]])
    of = jnp.concatenate([a["gap_b"], a["gap_a"]])
    both = jnp.concatenate([gap, gap])
    total = jax.ops.segment_sum(both, to, n) if coupled else jnp.zeros(n)
    if form == "dense":
        matrix = (
            jnp.zeros((n, n))
            .at[a["post"], a["pre"]]
            .set(weight, unique_indices=True, indices_are_sorted=True)
        )
        if weight.shape[0] == n * n:
            matrix = weight.reshape(n, n)
        electrical = jnp.zeros((n, n)).at[to, of].set(both, unique_indices=True)
        return (lambda s: s @ matrix.T), (lambda m: m @ electrical.T if coupled else 0.0), total
    chemical = lambda s: gather_sum(a["post"], a["pre"], weight, s, n)  # noqa: E731
    order = jnp.argsort(to)
    coupling = lambda m: gather_sum(to[order], of[order], both[order], m, n) if coupled else 0.0  # noqa: E731
    return chemical, coupling, total


def _scan(products: Any, total: jax.Array, bias: jax.Array, a: Any, hooks: Any) -> Any:
    chemical, coupling, _ = products
    pull = 1.0 + total
    leak = 1.0 - jnp.exp(-pull * DT_MS / TAU_MS)

    def step(m: jax.Array, now: Any) -> Any:
        x, (hook_c, hook_g) = now
        s = jnp.tanh(m)
        drive = chemical(s) + hook_c + coupling(m) + hook_g + bias + x
        new = m + leak * (drive / pull - m)
        return new, (new, s, m)

    _, (all_m, s, before) = jax.lax.scan(step, jnp.zeros_like(a["x"][0]), (a["x"], hooks))
    return jnp.mean((all_m - a["target"]) ** 2), (s, before)


def _plain(form: str, n: int, coupled: bool, parameters: Any, a: Any) -> Any:
    def loss(p: Any) -> jax.Array:
        products = _products(form, n, coupled, p["weight"], p["gap"], a)
        zeros = jnp.zeros((len(a["x"]), 1, 1))
        return _scan(products, products[2], p["bias"], a, (zeros, zeros))[0]

    return jax.value_and_grad(loss)(parameters)


def _hoisted(form: str, n: int, coupled: bool, parameters: Any, a: Any) -> Any:
    products = _products(form, n, coupled, parameters["weight"], parameters["gap"], a)
    zeros = jnp.zeros_like(a["x"])

    def loss(bias: jax.Array, total: jax.Array, hooks: Any) -> Any:
        return _scan(products, total, bias, a, hooks)

    (value, (s, m)), pull = _value_and_pull(loss, parameters["bias"], products[2], (zeros, zeros))
    to_bias, to_total, (to_c, to_g) = pull
    weight = _sampled(form, to_c, s, a["post"], a["pre"], n, parameters["weight"].shape[0])
    gap = jnp.zeros_like(parameters["gap"])
    if coupled:
        ab = _sampled(form, to_g, m, a["gap_a"], a["gap_b"], n, -1)
        ba = _sampled(form, to_g, m, a["gap_b"], a["gap_a"], n, -1)
        gap = ab + ba + to_total[a["gap_a"]] + to_total[a["gap_b"]]
    return value, {"weight": weight, "gap": gap, "bias": to_bias}


def _value_and_pull(loss: Any, *arguments: Any) -> Any:
    return jax.value_and_grad(loss, argnums=tuple(range(len(arguments))), has_aux=True)(*arguments)


def _sampled(
    form: str, dy: jax.Array, x: jax.Array, post: jax.Array, pre: jax.Array, n: int, all_of: int
) -> jax.Array:
    """Σ over steps and runs of dy[post] x[pre], [E]."""
    left, right = dy.reshape(-1, n), x.reshape(-1, n)
    if form == "dense":
        matrix = left.T @ right
        return matrix.reshape(-1) if all_of == n * n else matrix[post, pre]
    rows, columns = left.T, right.T
    pad = -len(post) % BLOCK
    blocks = tuple(jnp.pad(i, (0, pad)).reshape(-1, BLOCK) for i in (post, pre))
    sums = jax.lax.map(lambda ij: jnp.sum(rows[ij[0]] * columns[ij[1]], axis=1), blocks)
    return sums.reshape(-1)[: len(post)]
