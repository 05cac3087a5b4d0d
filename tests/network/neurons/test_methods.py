"""Order of convergence of the integration methods, by the slope of the error."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.integrate import METHODS
from neurotwin.network.neurons import AdEx, Graded, HodgkinHuxley, Izhikevich

ORDERS = {"exponential_euler": 1, "euler": 1, "heun": 2, "rk4": 4}


def pendulum(state):
    return {"angle": state["speed"], "speed": -jnp.sin(state["angle"]) - 0.2 * state["speed"]}


def integrate(method: str, steps: int, until: float = 4.0) -> np.ndarray:
    state = {"angle": jnp.asarray(1.0), "speed": jnp.asarray(0.0)}
    for _ in range(steps):
        state = METHODS[method](pendulum, state, until / steps)
    return np.array([state["angle"], state["speed"]])


def slope(errors: list[float], steps: list[int]) -> float:
    return -np.polyfit(np.log(steps), np.log(errors), 1)[0]


def test_every_method_has_an_order_here():
    assert set(METHODS) == set(ORDERS)


@pytest.mark.parametrize("method", METHODS)
def test_order_on_a_damped_pendulum(method):
    exact = integrate("rk4", 640)
    steps = [20, 40, 80]
    errors = [float(np.abs(integrate(method, n) - exact).max()) for n in steps]
    assert slope(errors, steps) == pytest.approx(ORDERS[method], abs=0.3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("model", "current"),
    [(Graded(), 0.3), (AdEx(), 400.0), (Izhikevich(), 2.0), (HodgkinHuxley(), 1500.0)],
    ids=["graded", "adex", "izhikevich", "hodgkin_huxley"],
)
def test_order_of_each_model_below_its_peak(run, model, current, method):
    """Over 4 ms of a current: HH even through its spike, since nothing is reset."""
    cell = type(model)(method=method)
    finest, steps = 6400, [160, 320, 640]
    reference = run(type(model)(method="rk4"), np.array([current]), finest, 4.0 / finest)[1]
    end = {key: value[-1, 0] for key, value in reference.items()}
    errors = []
    for n in steps:
        _, states = run(cell, np.array([current]), n, 4.0 / n)
        errors.append(max(abs(states[key][-1, 0] - end[key]) for key in end))
    rounding_alone_is_left = method == "rk4" and max(errors) < 1e-9
    assert rounding_alone_is_left or slope(errors, steps) == pytest.approx(ORDERS[method], abs=0.35)


def test_exponential_euler_is_exact_on_what_is_linear_and_uncoupled():
    rates = {"a": -0.3, "b": 0.1, "c": 0.0}

    def derivative(state):
        return {key: rate * state[key] + 1.0 for key, rate in rates.items()}

    state = {key: jnp.asarray(2.0) for key in rates}
    moved = METHODS["exponential_euler"](derivative, state, 30.0)
    for key, rate in rates.items():
        expected = 2 + 30.0 if rate == 0 else (2 + 1 / rate) * np.exp(30 * rate) - 1 / rate
        assert float(moved[key]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rate", [1e-8, -3e-6, 9.9e-6, -1.1e-5, 1e-4])
def test_exponential_euler_is_exact_for_slow_rates(rate):
    """dx/dt = 1 + rate x from 0 over 1 ms: (e^rate - 1) / rate, its limit and where it takes over; gradients too."""

    def moved(rate):
        return METHODS["exponential_euler"](lambda s: {"x": 1.0 + rate * s["x"]}, {"x": jnp.zeros(())}, 1.0)[
            "x"
        ]

    assert float(moved(jnp.asarray(rate))) == pytest.approx(np.expm1(rate) / rate, rel=1e-10)
    assert float(jax.grad(moved)(jnp.asarray(rate))) == pytest.approx(0.5 + rate / 3, rel=1e-4)


@pytest.mark.parametrize("explicit", ["euler", "heun", "rk4"])
def test_exponential_euler_is_stable_where_the_others_are_not(run, explicit):
    """HH's sodium current at a step of 0.1 ms, through spikes."""
    stable, _ = run(HodgkinHuxley(), np.array([2000.0]), 1000, 0.1)
    _, states = run(HodgkinHuxley(method=explicit), np.array([2000.0]), 1000, 0.1)
    assert stable.sum() > 5
    assert not (np.abs(states["v"]) < 200).all()
