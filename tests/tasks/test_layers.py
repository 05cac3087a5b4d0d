"""Convolution and pooling against their definitions."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.layers import Convolution, max_pool

pytestmark = pytest.mark.usefixtures("compile_quickly")


def pulled_back(of, slope, *given):
    """The slope at what ``of`` answers, at each of what it is given; compiled as a whole."""
    return jax.jit(lambda slope, *given: jax.vjp(of, *given)[1](slope))(slope, *given)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_convolution_is_the_sum_of_shifted_images(padding, size):
    layer = Convolution(2, 3, size, padding, key=jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(4, 7, 6, 2)).astype(np.float32)
    edge = size // 2 if padding == "same" else 0
    padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    rows, columns = padded.shape[1] - size + 1, padded.shape[2] - size + 1
    w = np.asarray(layer.weight)
    expected = sum(
        padded[:, i : i + rows, j : j + columns] @ w[i, j] for i in range(size) for j in range(size)
    )
    np.testing.assert_allclose(layer(jnp.asarray(x)), expected, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3, 12])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_derivatives_of_a_convolution_are_those_of_jax(channels, padding):
    layer = Convolution(channels, 5, padding=padding, key=jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (4, 7, 6, channels))

    def theirs(x, weight):
        axes = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, weight, (1, 1), padding.upper(), dimension_numbers=axes)

    slope = jax.random.normal(jax.random.key(2), theirs(x, layer.weight).shape)
    ours = lambda x, w: eqx.tree_at(lambda n: n.weight, layer, w)(x)  # noqa: E731
    got, expected = (pulled_back(of, slope, x, layer.weight) for of in (ours, theirs))
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_a_wrong_kernel_or_padding_is_refused():
    with pytest.raises(InputError, match="a kernel's side is even"):
        Convolution(1, 1, 2, key=jax.random.key(0))
    with pytest.raises(InputError, match="unknown padding"):
        Convolution(1, 1, 3, "full", key=jax.random.key(0))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (2, 5, 7, 1)])
def test_pooling_and_its_derivative_are_those_of_jax(shape):
    x = jax.random.normal(jax.random.key(1), shape)
    slope = jax.random.normal(jax.random.key(2), max_pool(x).shape)

    def window(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    np.testing.assert_array_equal(max_pool(x), window(x))
    ours, theirs = (pulled_back(f, slope, x)[0] for f in (max_pool, window))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
