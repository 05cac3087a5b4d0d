"""Static units, leaky rates and graded neurons against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from neurotwin.network.neurons import Graded, LeakyRate, Unit

FUNCTIONS = {
    "tanh": np.tanh,
    "sigmoid": expit,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softmax": softmax,
}


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("dt_ms", [0.1, 10.0])
def test_a_unit_is_its_function_of_the_present_input(run, activation, dt_ms):
    currents = np.random.default_rng(0).normal(0, 2, (5, 4))
    out, _ = run(Unit(gain=1.5, bias=-0.2, activation=activation), currents, 5, dt_ms)
    expected = [FUNCTIONS[activation](1.5 * row - 0.2) for row in currents]
    np.testing.assert_allclose(out, expected, rtol=1e-12)


@pytest.mark.parametrize("dt_ms", [0.1, 5.0, 50.0])
def test_a_leaky_rate_is_exact_at_any_step(run, dt_ms):
    """m = (I + b)(1 - e^{-t/τ}), s = f(m)."""
    current = np.array([-1.0, 0.5, 2.0])
    out, states = run(LeakyRate(tau_ms=25.0, bias=0.3), current, 30, dt_ms)
    t = dt_ms * np.arange(1, 31)[:, None]
    expected = (current + 0.3) * -np.expm1(-t / 25)
    np.testing.assert_allclose(states["m"], expected, rtol=1e-12)
    np.testing.assert_allclose(out, np.tanh(expected), rtol=1e-12)


def test_the_graded_neuron_rests_where_it_starts(run):
    """φ = 1/2 at v_th, so s = a_r/2 / (a_r/2 + a_d) = 1/11."""
    out, states = run(Graded(), np.zeros(1), 2000, 1.0)
    np.testing.assert_allclose(states["v"], -35.0, rtol=1e-13)
    np.testing.assert_allclose(out, 1 / 11, rtol=1e-12)


@pytest.mark.parametrize("conductance", [0.0, 0.1, 1.0])
def test_the_graded_potential_relaxes_with_its_conductances(run, conductance):
    """τ = C / (g_c + g) and v → (g_c E_c + I) / (g_c + g): exact, and stable at steps beyond τ."""
    current, dt_ms = 0.2, 5.0
    _, states = run(Graded(), np.array([current]), 200, dt_ms, conductance=conductance)
    total = 0.01 + conductance
    target = (0.01 * -35 + current) / total
    t = dt_ms * np.arange(1, 201)
    np.testing.assert_allclose(states["v"][:, 0], target + (-35 - target) * np.exp(-t * total), rtol=1e-11)


def test_the_graded_output_follows_the_potential_to_its_steady_state(run):
    """s = a_r φ / (a_r φ + a_d) at the potential to which a current of 0.2 pA brings it."""
    out, _ = run(Graded(), np.array([0.2]), 3000, 1.0)
    opened = 1e-3 * expit(0.125 * 20.0)
    assert out[-1, 0] == pytest.approx(opened / (opened + 5e-3), rel=1e-6)
    assert np.all((out > 0) & (out < 1))
