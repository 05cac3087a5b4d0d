"""Convolutions in C++ and by XLA: the same sums, the same derivatives, whatever the shapes and the number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.kernels import correlate, native_available

native = pytest.mark.skipif(not native_available(), reason="the C++ kernels were not built here")

SHAPES = {  # examples, rows, columns, channels in, side of the kernel, channels out, zeros around
    "pictures": (5, 9, 8, 1, 3, 32, 0),
    "places that fill no block": (3, 7, 7, 4, 3, 16, 1),
    "channels that fill no vector": (2, 6, 9, 5, 3, 19, 2),
    "fewer channels than a vector": (4, 5, 5, 2, 3, 3, 1),
    "more examples than shares": (19, 4, 4, 3, 1, 8, 0),
    "one place": (1, 5, 5, 12, 5, 20, 0),
    "wide kernel, zeros on both sides": (2, 4, 6, 9, 5, 17, 4),
}


def problem(name: str, dtype=jnp.float32):
    n, rows, columns, inputs, size, outputs, edge = SHAPES[name]
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(n, rows, columns, inputs)), dtype)
    weight = jnp.asarray(rng.normal(size=(size, size, inputs, outputs)), dtype)
    shape = (n, rows + 2 * edge - size + 1, columns + 2 * edge - size + 1, outputs)
    return x, weight, edge, jnp.asarray(rng.normal(size=shape), dtype)


def all_three(x, weight, edge, slope):
    """The correlation, its derivatives to images and to weights."""
    y, pull = jax.vjp(lambda x, w: correlate(x, w, edge), x, weight)
    return y, *pull(slope)


@native
@pytest.mark.parametrize("name", SHAPES)
def test_both_implementations_agree(name, monkeypatch):
    x, weight, edge, slope = problem(name)
    in_cpp = all_three(x, weight, edge, slope)
    compiled = jax.jit(partial(correlate, edge=edge)).lower(x, weight).compile().as_text()
    assert "neurotwin_correlate_f32" in compiled
    monkeypatch.setenv("NEUROTWIN_KERNELS", "ell")
    for got, expected in zip(in_cpp, all_three(x, weight, edge, slope), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kernels", ["native", "ell"])
@pytest.mark.parametrize("name", ["channels that fill no vector", "wide kernel, zeros on both sides"])
def test_the_derivatives_are_those_of_the_definition(kernels, name, monkeypatch):
    if kernels == "native" and not native_available():
        pytest.skip("the C++ kernels were not built here")
    monkeypatch.setenv("NEUROTWIN_KERNELS", kernels)
    x, weight, edge, slope = problem(name)

    def definition(x, w):
        x = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        rows, columns = slope.shape[1:3]
        return sum(
            x[:, i : i + rows, j : j + columns] @ w[i, j] for i in range(len(w)) for j in range(len(w))
        )

    y, pull = jax.vjp(definition, x, weight)
    for got, expected in zip(all_three(x, weight, edge, slope), (y, *pull(slope)), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@native
def test_numbers_do_not_hang_on_the_number_of_threads():
    """To the last bit, in processes of one thread and of several."""
    code = (
        "import hashlib, jax, numpy as np; from neurotwin.network.kernels import correlate;"
        "r = np.random.default_rng(0); x = r.normal(size=(37, 12, 11, 6)).astype('f');"
        "w = r.normal(size=(3, 3, 6, 20)).astype('f'); y, pull = jax.vjp(lambda x, w: correlate(x, w, 1), x, w);"
        "print(hashlib.sha256(b''.join(np.asarray(a).tobytes() for a in (y, *pull(y)))).hexdigest())"
    )
    digests = set()
    for threads in ("1", "4"):
        environment = {**os.environ, "NPROC": threads}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1


def test_double_precision_goes_to_xla_and_is_exact_to_its_digits():
    with jax.enable_x64():
        x, weight, edge, slope = problem("channels that fill no vector", jnp.float64)
        single = all_three(*(a.astype(jnp.float32) for a in (x, weight)), edge, slope.astype(jnp.float32))
        for ours, rough in zip(all_three(x, weight, edge, slope), single, strict=True):
            assert ours.dtype == jnp.float64
            np.testing.assert_allclose(ours, rough, rtol=1e-3, atol=1e-3)


def test_several_sets_of_weights_by_vmap_equal_one_by_one():
    x, weight, edge, _ = problem("pictures")
    several = jnp.stack([weight, -weight, weight**2])
    together = jax.vmap(lambda w: correlate(x, w, edge))(several)
    for k in range(3):
        np.testing.assert_allclose(together[k], correlate(x, several[k], edge), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 5, 5, 2), (2, 2, 5, 2)])
def test_no_examples_and_images_smaller_than_the_kernel_give_nothing(shape):
    y, pull = jax.vjp(lambda x: correlate(x, jnp.ones((3, 3, 2, 4)), 0), jnp.ones(shape))
    assert y.shape == (shape[0], shape[1] - 2, 3, 4) and y.size == 0
    assert not pull(y)[0].any()
