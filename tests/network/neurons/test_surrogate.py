"""The derivative that stands for that of a spike."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.neurons import LIF, Drive
from neurotwin.network.surrogate import SURROGATES

FORMULAS = {
    "fast_sigmoid": lambda x: 1 / (1 + np.abs(x)) ** 2,
    "arctan": lambda x: 0.5 / (1 + (np.pi * x / 2) ** 2),
    "triangular": lambda x: np.maximum(0, 1 - np.abs(x)),
    "gaussian": lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
    "straight_through": np.ones_like,
}
X = np.array([-2.5, -1.0, -0.3, 0.0, 0.3, 1.0, 2.5])

every_surrogate = pytest.mark.parametrize("name", SURROGATES)


@every_surrogate
def test_forward_a_step_backward_its_formula(name):
    spike = SURROGATES[name]
    np.testing.assert_array_equal(spike(jnp.asarray(X)), X >= 0)
    np.testing.assert_allclose(jax.vmap(jax.grad(spike))(jnp.asarray(X)), FORMULAS[name](X), rtol=1e-12)


@every_surrogate
@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
def test_as_an_argument_of_a_model(name, width):
    """∂s/∂v = slope((v - v_th) / (w Δ)) / (w Δ), Δ = v_th - v_reset = 15 mV, times ∂v/∂v₀ = e^{-dt/τ}."""
    cell = LIF(surrogate=name, surrogate_width=width)

    def sent(v):
        _, out = cell.update({"v": v, "refractory": jnp.zeros(())}, Drive(jnp.zeros(())), 0.1)
        return out

    decay = np.exp(-0.01)
    for v in (-72.0, -60.0, -54.0):
        moved = -70 + (v + 70) * decay
        expected = FORMULAS[name]((moved + 55) / (15 * width)) / (15 * width) * decay
        assert float(jax.grad(sent)(jnp.asarray(v))) == pytest.approx(float(expected), rel=1e-9, abs=1e-15)


@every_surrogate
def test_the_refractory_send_no_gradient(name):
    cell = LIF(surrogate=name)

    def sent(current):
        state = {"v": jnp.asarray(-70.0), "refractory": jnp.asarray(5.0)}
        return cell.update(state, Drive(current), 0.1)[1]

    assert float(jax.grad(sent)(jnp.asarray(100.0))) == 0.0


def test_a_search_along_the_gradient_finds_the_current_for_a_rate():
    """Gradient descent on the current through 100 ms of LIF until it fires 8 times: what the surrogate is for."""
    cell = LIF()

    @jax.jit
    @jax.value_and_grad
    def loss(current):
        state = {key: jnp.asarray(value, float) for key, value in cell.initial().items()}
        spikes = jax.lax.scan(lambda s, _: cell.update(s, Drive(current), 0.5), state, None, length=200)[1]
        return (spikes.sum() - 8.0) ** 2

    current = jnp.asarray(380.0)
    start = float(loss(current)[0])
    for _ in range(60):
        _, gradient = loss(current)
        current = current - jnp.clip(20 * gradient, -15.0, 15.0)
    assert start >= 9
    assert float(loss(current)[0]) <= 1
