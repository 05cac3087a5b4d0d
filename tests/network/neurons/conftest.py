"""Runs a neuron model by itself, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.neurons import Drive, Neuron


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """Compute in float64 inside these tests, and only there."""
    with jax.enable_x64(True):
        yield


Run = Callable[..., tuple[np.ndarray, dict[str, np.ndarray]]]


@pytest.fixture
def run() -> Run:
    """Outputs [T, N] and states (each [T, N]) under currents [N] or [T, N], from ``initial`` and ``start``."""

    def run(model: Neuron, current, steps: int, dt_ms: float, *, conductance=0.0, start=None):
        current = jnp.asarray(current, float)
        current = jnp.broadcast_to(current, (steps, current.shape[-1]))
        first = {
            key: jnp.broadcast_to(jnp.asarray(value, float), current.shape[1:])
            for key, value in {**model.initial(), **(start or {})}.items()
        }

        def step(state, given):
            state, out = model.update(state, Drive(given, conductance), dt_ms)
            return state, (out, state)

        out, states = jax.jit(lambda s, i: jax.lax.scan(step, s, i)[1])(first, current)
        return np.asarray(out), {key: np.asarray(value) for key, value in states.items()}

    return run
