"""Integration of one step of ``dx/dt = f(x)``: methods by name, each a few lines.

A method takes the derivative, the state at the beginning of the step and the step, and returns the state at its end. Whatever
drives the neuron is held constant over the step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from neurotwin._base.registry import Registry

State = dict[str, jax.Array]
Parameter = Any
"""A number or an array that broadcasts, [N] for a value a neuron."""

Derivative = Callable[[State], State]
Method = Callable[[Derivative, State, float], State]

METHODS: Registry[Method] = Registry("integration method")


@METHODS.register("exponential_euler")
def exponential_euler(derivative: Derivative, state: State, dt_ms: float) -> State:
    """Each variable exactly, as if its equation were linear in it and the others stood still.

    With ``f`` the derivative of one variable and ``a = ∂f/∂x`` its own rate: ``x + f (e^{a dt} - 1) / a``. Exact where the
    equation is linear and uncoupled (leaky integration, synaptic decay, gates at a fixed voltage); order 1 otherwise, and stable
    for stiff gates.
    """
    new = {}
    for name in state:

        def own(value: jax.Array, name: str = name) -> jax.Array:
            return derivative({**state, name: value})[name]

        slope, rate = jax.jvp(own, (state[name],), (jnp.ones_like(state[name]),))
        new[name] = state[name] + slope * dt_ms * _mean_exponential(rate * dt_ms)
    return new


def _mean_exponential(x: jax.Array) -> jax.Array:
    """(e^x - 1) / x, and its limit 1 + x/2 near 0, safe to differentiate."""
    small = jnp.abs(x) < 1e-5
    safe = jnp.where(small, 1.0, x)
    return jnp.where(small, 1.0 + x / 2, jnp.expm1(safe) / safe)


@METHODS.register("euler")
def euler(derivative: Derivative, state: State, dt_ms: float) -> State:
    """``x + dt f(x)``: order 1."""
    return _moved(state, derivative(state), dt_ms)


@METHODS.register("heun")
def heun(derivative: Derivative, state: State, dt_ms: float) -> State:
    """Trapezoid of the slopes at both ends (Heun's explicit method): order 2."""
    first = derivative(state)
    second = derivative(_moved(state, first, dt_ms))
    return {name: state[name] + dt_ms / 2 * (first[name] + second[name]) for name in state}


@METHODS.register("rk4")
def rk4(derivative: Derivative, state: State, dt_ms: float) -> State:
    """The classical Runge-Kutta method: order 4."""
    k1 = derivative(state)
    k2 = derivative(_moved(state, k1, dt_ms / 2))
    k3 = derivative(_moved(state, k2, dt_ms / 2))
    k4 = derivative(_moved(state, k3, dt_ms))
    return {
        name: state[name] + dt_ms / 6 * (k1[name] + 2 * k2[name] + 2 * k3[name] + k4[name]) for name in state
    }


def _moved(state: State, slope: State, dt_ms: float) -> State:
    return {name: state[name] + dt_ms * slope[name] for name in state}
