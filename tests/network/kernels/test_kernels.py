"""The kernels against a dense matrix and each other: values, gradients, batches, delays, events, refusals."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from kernel_names import each_implementation as each

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.network.kernels import (
    chosen,
    delayed_product,
    delayed_sampled_product,
    event_product,
    native,
    pattern,
    sampled_product,
    sparse_product,
)


def edges(kind: str) -> tuple[np.ndarray, np.ndarray, int, int]:
    rng = np.random.default_rng(0)
    if kind == "empty":
        return np.zeros(0, int), np.zeros(0, int), 5, 7
    if kind == "one giant row":
        post, pre = np.zeros(400, int), rng.integers(0, 300, 400)
        return post[order := np.lexsort((pre, post))], pre[order], 3, 300
    n_post, n_pre = 31, 47
    degree = np.minimum(
        rng.lognormal(1.5, 1.2, n_post).astype(int), 60
    )  # some rows are empty, some pairs repeated
    post = np.repeat(np.arange(n_post), degree)
    pre = rng.integers(0, n_pre, len(post))
    order = np.lexsort((pre, post))
    return post[order], pre[order], n_post, n_pre


def matrix(post, pre, n_post, n_pre, values) -> np.ndarray:
    dense = np.zeros((*values.shape[:-1], n_post, n_pre))
    np.add.at(dense, (..., post, pre), values)
    return dense


@each
@pytest.mark.parametrize("kind", ["log-normal", "one giant row", "empty"])
@pytest.mark.parametrize("lead", [(), (1,), (3,), (5,), (8,), (17,), (2, 5)])
def test_product_equals_the_matrix(implementation, kind, lead):
    rng = np.random.default_rng(1)
    given = edges(kind)
    values, x = rng.normal(size=len(given[0])), rng.normal(size=(*lead, given[3]))
    expected = x @ matrix(*given, values).T
    for dtype, tolerance in ((jnp.float32, 1e-4), (jnp.float64, 1e-12)):
        with jax.enable_x64(dtype == jnp.float64):
            y = jax.jit(lambda p, v, x: sparse_product(p, v, x, implementation))(
                pattern(*given), jnp.asarray(values, dtype), jnp.asarray(x, dtype)
            )
            assert y.dtype == dtype
            np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)


@each
@pytest.mark.parametrize("lead", [(1,), (6,), (70, 2)])
def test_sampled_product_equals_the_outer_product(implementation, lead):
    rng = np.random.default_rng(2)
    post, pre, n_post, n_pre = edges("log-normal")
    dy, x = rng.normal(size=(*lead, n_post)), rng.normal(size=(*lead, n_pre))
    expected = np.einsum("ki,kj->ij", dy.reshape(-1, n_post), x.reshape(-1, n_pre))[post, pre]
    with jax.enable_x64():
        got = sampled_product(
            pattern(post, pre, n_post, n_pre), jnp.asarray(dy), jnp.asarray(x), implementation
        )
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-11)


@each
@pytest.mark.parametrize("apart", ["shared", "each run", "each animal"])
def test_gradients_equal_finite_differences(implementation, apart):
    with jax.enable_x64():
        rng = np.random.default_rng(3)
        given = edges("log-normal")
        p, e = pattern(*given), len(given[0])
        shape = {"shared": (e,), "each run": (2, 3, e), "each animal": (2, 1, e)}[apart]
        loss = lambda v, x: jnp.sum(jnp.sin(sparse_product(p, v, x, implementation)))  # noqa: E731
        check_grads(
            jax.jit(loss),
            (jnp.asarray(rng.normal(size=shape)), jnp.asarray(rng.normal(size=(2, 3, given[3])))),
            1,
            ["rev"],
            rtol=1e-5,
        )


@each
def test_vmap_over_either_or_both_equals_one_by_one(implementation):
    rng = np.random.default_rng(4)
    given = edges("log-normal")
    p = pattern(*given)
    v, x = (
        jnp.asarray(rng.normal(size=(3, len(given[0]))), jnp.float32),
        jnp.asarray(rng.normal(size=(3, 4, given[3])), jnp.float32),
    )
    value = jax.jit(jax.grad(lambda v, x: jnp.sum(jnp.sin(sparse_product(p, v, x, implementation))), (0, 1)))
    for axes in ((0, None), (None, 0), (0, 0)):
        one = lambda i: value(v[i] if axes[0] == 0 else v[0], x[i] if axes[1] == 0 else x[0])  # noqa: B023, E731
        together = jax.jit(jax.vmap(value, axes))(v if axes[0] == 0 else v[0], x if axes[1] == 0 else x[0])
        for i in range(3):
            jax.tree.map(
                lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-4, atol=1e-5), together, one(i)
            )


@each
def test_gradient_through_a_loop_with_two_levels_of_vmap(implementation):
    rng = np.random.default_rng(5)
    n = 30
    post, pre = np.nonzero(rng.random((n, n)) < 0.2)
    p = pattern(post, pre, n, n)

    def loss(v, x, product):
        return jnp.sum(jax.lax.scan(lambda s, _: (jnp.tanh(product(v, s)), None), x, None, length=6)[0] ** 2)

    values = jnp.asarray(rng.normal(size=(2, len(post))), jnp.float32)
    x = jnp.asarray(rng.normal(size=(3, n)), jnp.float32)
    ours = lambda v, s: sparse_product(p, v, s, implementation)  # noqa: E731
    dense = lambda v, s: jnp.zeros((n, n)).at[post, pre].add(v) @ s  # noqa: E731
    got, expected = (
        jax.jit(jax.vmap(lambda v, product=product: jax.vmap(lambda s: jax.grad(loss)(v, s, product))(x)))(
            values
        )
        for product in (ours, dense)
    )
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-5)


@each
def test_a_million_synapses(implementation):
    if implementation == "dense":
        pytest.skip("the matrix would have 100 million elements")
    rng = np.random.default_rng(6)
    n = 10_000
    post = np.sort(rng.integers(0, n, 1_000_000))
    pre = rng.integers(0, n, len(post))
    order = np.lexsort((pre, post))
    p = pattern(post, pre[order], n, n)
    v, x = rng.normal(size=len(post)).astype(np.float32), rng.normal(size=n).astype(np.float32)
    loss = lambda v, x: jnp.sum(sparse_product(p, v, x, implementation) ** 2)  # noqa: E731
    y = np.bincount(post, v.astype(float) * x[pre[order]], n)
    to_v, to_x = jax.jit(jax.grad(loss, (0, 1)))(v, x)
    np.testing.assert_allclose(to_v, 2 * y[post] * x[pre[order]], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(to_x, np.bincount(pre[order], 2 * y[post] * v, n), rtol=1e-3, atol=2e-2)


@each
@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_events_equal_the_product(implementation, share):
    rng = np.random.default_rng(7)
    given = edges("log-normal")
    p, v = pattern(*given), jnp.asarray(rng.normal(size=len(given[0])), jnp.float32)
    spikes = jnp.asarray(rng.random((4, given[3])) < share, jnp.float32)
    got = jax.jit(lambda p, v, s: event_product(p, v, s, implementation))(p, v, spikes)
    np.testing.assert_allclose(got, sparse_product(p, v, spikes, "dense"), atol=1e-5)


def lagged(post, pre, n_post, values, delays, sent: np.ndarray) -> np.ndarray:
    """By loops: y[t] of what was sent [T, n_pre]; before the beginning nothing was."""
    y = np.zeros((len(sent), n_post))
    for t in range(len(sent)):
        for e in range(len(post)):
            for k, part in (
                (int(np.floor(delays[e])), 1 - delays[e] % 1),
                (int(np.floor(delays[e])) + 1, delays[e] % 1),
            ):
                if t - k >= 0:
                    y[t, post[e]] += part * values[e] * sent[t - k, pre[e]]
    return y


@each
@pytest.mark.parametrize("between", [False, True], ids=["whole steps", "between steps"])
def test_delays_read_the_ring_where_they_should(implementation, between):
    rng = np.random.default_rng(8)
    post, pre, n_post, n_pre = edges("log-normal")
    depth, steps = 7, 15
    delays = rng.integers(1, depth - 1, len(post)).astype(float) + (
        0.9 * rng.random(len(post)) if between else 0
    )
    delays = np.minimum(delays, depth - 2)
    values, sent = rng.normal(size=len(post)), rng.normal(size=(steps, n_pre))
    p = pattern(post, pre, n_post, n_pre)
    given = jnp.asarray(delays, jnp.float32 if between else jnp.int32)
    product = jax.jit(lambda v, ring, now: delayed_product(p, v, given, ring, now, implementation))
    ring, got = np.zeros((depth, 2, n_pre), np.float32), []
    for t in range(steps):
        ring[t % depth] = np.stack([sent[t], 2 * sent[t]])
        # a copy: what is handed over may be read only after the ring was written again
        got.append(product(jnp.asarray(values, jnp.float32), jnp.asarray(ring.copy()), jnp.int32(t % depth)))
    expected = lagged(post, pre, n_post, values, delays, sent)
    np.testing.assert_allclose(np.stack(got)[:, 0], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(np.stack(got)[:, 1], 2 * expected, rtol=1e-3, atol=2e-4)


@each
def test_gradients_of_delays_equal_finite_differences(implementation):
    with jax.enable_x64():
        rng = np.random.default_rng(9)
        given = edges("log-normal")
        p, e = pattern(*given), len(given[0])
        loss = lambda v, d, r: jnp.sum(jnp.sin(delayed_product(p, v, d, r, jnp.int32(2), implementation)))  # noqa: E731
        delays = jnp.asarray(rng.integers(0, 3, e) + rng.uniform(0.1, 0.9, e))
        arguments = (jnp.asarray(rng.normal(size=e)), delays, jnp.asarray(rng.normal(size=(5, 2, given[3]))))
        check_grads(jax.jit(loss), arguments, 1, ["rev"], rtol=1e-6, eps=1e-6)


@each
def test_delayed_sampled_product_is_the_gradient_summed_over_time(implementation):
    rng = np.random.default_rng(10)
    post, pre, n_post, n_pre = edges("log-normal")
    depth, steps = 5, 37
    delays = rng.integers(0, depth, len(post))
    dy, x = rng.normal(size=(steps, 2, n_post)), rng.normal(size=(steps + depth - 1, 2, n_pre))
    expected = [
        sum((dy[t, :, i] * x[t + depth - 1 - d, :, j]).sum() for t in range(steps))
        for i, j, d in zip(post, pre, delays, strict=True)
    ]
    with jax.enable_x64():
        got = delayed_sampled_product(
            pattern(post, pre, n_post, n_pre),
            jnp.asarray(delays, jnp.int32),
            jnp.asarray(dy),
            jnp.asarray(x),
            implementation,
        )
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (lambda: pattern([0, 1], [0], 2, 2), "post and pre differ in length"),
        (lambda: pattern([0, 2], [0, 0], 2, 2), "a neuron in post does not exist"),
        (lambda: pattern([0, 1], [0, -1], 2, 2), "a neuron in pre does not exist"),
        (lambda: pattern([0.5], [0], 2, 2), "not a list of neurons"),
        (lambda: pattern([1, 0], [0, 0], 2, 2), "not in order"),
        (lambda: sparse_product(pattern([0], [0], 2, 2), jnp.ones(2), jnp.ones(2)), "values does not fit"),
        (lambda: sparse_product(pattern([0], [0], 2, 2), jnp.ones(1), jnp.ones(3)), "x does not fit"),
        (
            lambda: sampled_product(pattern([0], [0], 2, 2), jnp.ones((3, 2)), jnp.ones((4, 2))),
            "dy does not fit",
        ),
        (lambda: chosen("cuda"), "unknown implementation"),
        (
            lambda: sparse_product(pattern([0], [0], 2, 2, ell=False), jnp.ones(1), jnp.ones(2), "ell"),
            "without its ELL tables",
        ),
        (
            lambda: delayed_product(
                pattern([0], [0], 2, 2), jnp.ones(1), jnp.ones(2), jnp.ones((3, 2)), jnp.int32(0)
            ),
            "delays do not fit",
        ),
        (
            lambda: delayed_product(
                pattern([0], [0], 2, 2), jnp.ones(1), jnp.ones(1), jnp.ones((3, 4)), jnp.int32(0)
            ),
            "history does not fit",
        ),
    ],
)
def test_wrong_input_is_refused(action, says):
    with pytest.raises((InputError, UnknownName), match=says):
        action()


def test_without_the_library_pure_jax_takes_over_and_says_why(monkeypatch, tmp_path):
    native.not_loaded.cache_clear()
    monkeypatch.setattr(native, "LIBRARY", tmp_path / "_native.so")
    try:
        assert chosen() == "ell"
        with pytest.raises(InputError, match=r"(?s)cannot be used.*built without its C\+\+ kernels"):
            chosen("native")
        native.not_loaded.cache_clear()
        (tmp_path / "_native.so").write_text("not a library")
        assert "do not load here" in native.why_not()
        assert chosen() == "ell"
    finally:
        native.not_loaded.cache_clear()


def test_the_environment_names_an_implementation(monkeypatch):
    monkeypatch.setenv("NEUROTWIN_KERNELS", "ell")
    assert chosen() == "ell"
    monkeypatch.setenv("NEUROTWIN_KERNELS", "fast")
    with pytest.raises(UnknownName, match="unknown implementation"):
        chosen()
