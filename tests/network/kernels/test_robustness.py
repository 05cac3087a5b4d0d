"""The C++ kernels where it could hurt: threads, delays outside the ring, a library that does not compute."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kernel_names import compiled

from neurotwin._base.errors import InputError
from neurotwin.network.kernels import (
    delayed_product,
    delayed_sampled_product,
    event_product,
    native,
    pattern,
    sampled_product,
    why_not,
)

DIGEST = """
import hashlib
import jax, jax.numpy as jnp, numpy as np
from neurotwin.network.kernels import delayed_product, pattern, sampled_product, sparse_product

rng = np.random.default_rng(0)
n = 3000
post = np.sort(rng.integers(0, n, 600_000))
pre = rng.integers(0, n, len(post))
order = np.lexsort((pre, post))
p = pattern(post, pre[order], n, n, ell=False)
v, x = (jnp.asarray(rng.normal(size=s), jnp.float32) for s in (len(post), (5, n)))
delays = jnp.asarray(rng.integers(0, 4, len(post)), jnp.int32)
loss = lambda v, x: jnp.sum(jnp.sin(sparse_product(p, v, x, "native")))
ring = jnp.stack([x] * 4)
delayed = lambda v, r: jnp.sum(jnp.sin(delayed_product(p, v, delays, r, jnp.int32(1), "native")))
slopes = jax.jit(jax.grad(loss, (0, 1)))
found = [*slopes(v, x), *slopes(v, x[0]), *jax.jit(jax.grad(delayed, (0, 1)))(v, ring)]
found.append(sampled_product(p, x, x, "native"))
digest = hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in found)).hexdigest()
print(digest)
"""


@compiled
def test_results_are_the_same_to_the_last_bit_with_one_thread_and_with_several():
    digests = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "NPROC": threads, "JAX_PLATFORMS": "cpu"}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


@compiled
def test_delays_outside_the_ring_wrap_around_and_touch_nothing_else():
    rng = np.random.default_rng(1)
    n, depth = 20, 4
    post, pre = np.nonzero(rng.random((n, n)) < 0.4)
    p = pattern(post, pre, n, n)
    delays = jnp.asarray(rng.integers(-1000, 1000, len(post)), jnp.int32)
    v, ring = (
        jnp.asarray(rng.normal(size=len(post)), jnp.float32),
        jnp.asarray(rng.normal(size=(depth, 3, n)), jnp.float32),
    )

    def everything(v, ring, implementation):
        given = lambda v, r: delayed_product(p, v, delays, r, jnp.int32(2), implementation)  # noqa: E731
        y, pull = jax.vjp(given, v, ring)
        return y, *pull(jnp.cos(y))

    of = jax.jit(everything, static_argnums=2)
    for ours, expected in zip(of(v, ring, "native"), of(v, ring, "ell"), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


@compiled
@pytest.mark.parametrize("delay", [-1, 3, 10**6])
def test_a_delay_beyond_what_was_sent_is_refused_after_a_loop(delay):
    p = pattern([0], [0], 1, 1)
    with pytest.raises(Exception, match="longer than what was sent"):
        delayed_sampled_product(
            p, jnp.array([delay]), jnp.ones((5, 1)), jnp.ones((7, 1)), "native"
        ).block_until_ready()


@compiled
@pytest.mark.parametrize("count", [2, 16, 17, 32, 33, 64, 65])
def test_blocks_of_every_length_sum_all_steps(count):
    rng = np.random.default_rng(2)
    post, pre = np.nonzero(rng.random((9, 23)) < 0.5)
    dy, x = rng.normal(size=(count, 9)).astype(np.float32), rng.normal(size=(count, 23)).astype(np.float32)
    got = sampled_product(pattern(post, pre, 9, 23), jnp.asarray(dy), jnp.asarray(x), "native")
    expected = np.einsum("ki,kj->ij", dy.astype(float), x.astype(float))[post, pre]
    # A sum of `count` products of order 1 in float32: about √count roundings of 6e-8 each, with a wide margin.
    np.testing.assert_allclose(got, expected, atol=1e-6 * count)


def test_events_refuse_values_with_leading_axes():
    p = pattern([0, 1], [1, 0], 2, 2)
    for implementation in ("native", "ell") if not why_not() else ("ell",):
        with pytest.raises(InputError, match="values does not fit"):
            event_product(p, jnp.ones((3, 2)), jnp.ones((3, 2)), implementation)


@compiled
def test_a_library_that_loads_and_does_not_compute_is_not_used(monkeypatch):
    native.not_loaded.cache_clear()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(native, "call", lambda *_, like, **__: jnp.zeros_like(like))
            assert "3 × 2 gives 0" in native.why_not()
    finally:
        native.not_loaded.cache_clear()


@compiled
def test_the_first_use_may_be_inside_a_compiled_function():
    native.not_loaded.cache_clear()
    p = pattern([0], [1], 1, 2)
    y = jax.jit(lambda x: sampled_product(p, x[:1], x))(jnp.array([2.0, 5.0]))
    assert y[0] == 10.0
