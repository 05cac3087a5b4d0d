"""Integration of one step of ``dx/dt = f(x)``: methods by name, each a few lines.

A method takes the derivative, the state at the beginning of the step and the step, and returns the state at its end. Whatever
drives the neuron is held constant over the step.
"""

from __future__ import annotations

import math
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


NEAR = 0.125
"""Where (e^x - 1) / x is a series: 1/8 to the 6th (11th) over 7! (12!) is below a rounding."""


@jax.custom_jvp
def _mean_exponential(x: jax.Array) -> jax.Array:
    """(e^x - 1) / x to a few roundings: a short series near 0 and one exponential elsewhere, which cost less than ``expm1``."""
    return _near_or_far(
        x, _series(x, lambda k: 1.0 / math.factorial(k + 1)), lambda far: (jnp.exp(far) - 1.0) / far
    )


@_mean_exponential.defjvp
def _mean_exponential_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    (x,), (dx,) = primals, tangents
    y = _mean_exponential(x)
    near = _series(x, lambda k: (k + 1) / math.factorial(k + 2))
    return y, dx * _near_or_far(x, near, lambda far: y - (y - 1.0) / far)


def _series(x: jax.Array, coefficient: Callable[[int], float]) -> jax.Array:
    """Σ_k coefficient(k) x^k where x is near 0, to the precision of the type; any number elsewhere."""
    y = jnp.where(jnp.abs(x) < NEAR, x, 0.0)
    last = 10 if x.dtype == jnp.float64 else 5
    total = jnp.full_like(x, coefficient(last))
    for k in range(last - 1, -1, -1):
        total = total * y + coefficient(k)
    return total


def _near_or_far(x: jax.Array, near: jax.Array, far: Callable[[jax.Array], jax.Array]) -> jax.Array:
    is_near = jnp.abs(x) < NEAR
    return jnp.where(is_near, near, far(jnp.where(is_near, 1.0, x)))


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
