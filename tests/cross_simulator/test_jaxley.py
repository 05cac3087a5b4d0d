"""The gradient of a Hodgkin-Huxley cell against Jaxley's: ∂/∂ḡ of the mean squared potential through a spike.

Jaxley integrates the potential implicitly, we with exponential Euler, both of order 1: what is compared is what the gradients
converge to. The difference must fall with the step, to 1 % at 0.00125 ms.
"""

from __future__ import annotations

import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.engine import Network, Population, simulate
from neurotwin.network.neurons import HodgkinHuxley

CM2 = 2 * np.pi * 1.0 * 10.0 * 1e-8
"""Area of Jaxley's default compartment, radius 1 µm and length 10 µm."""
NS = CM2 * 1e9
"""nS of 1 S/cm² on it."""
DURATION, CURRENT_NA = 15.0, 0.01


def ours(dt_ms: float) -> tuple[np.ndarray, float, dict[str, float]]:
    with jax.enable_x64():
        cell = HodgkinHuxley(
            capacitance_pF=CM2 * 1e6,
            sodium_nS=jnp.asarray(0.12 * NS),
            potassium_nS=jnp.asarray(0.036 * NS),
            leak_nS=0.0003 * NS,
            leak_mV=-54.3,
            v_initial_mV=-70.0,
        )
        steps = round(DURATION / dt_ms)

        def loss(sodium, potassium):
            learned = eqx.tree_at(lambda c: (c.sodium_nS, c.potassium_nS), cell, (sodium, potassium))
            network = Network([Population("cell", learned, 1)])
            current = jnp.full((steps, 1), CURRENT_NA * 1e3)
            run = simulate(
                network, {"cell": current}, dt_ms=dt_ms, record={"cell": ("v",)}, dtype=jnp.float64
            )
            v = run.of("cell", "v")[:, 0]
            return jnp.mean(v**2), v

        given = (cell.sodium_nS, cell.potassium_nS)
        (value, v), (sodium, potassium) = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))(
            *given
        )
        return np.asarray(v), float(value), {"HH_gNa": float(sodium) * NS, "HH_gK": float(potassium) * NS}


@pytest.mark.slow
def test_both_gradients_converge_to_the_same(run_peer):
    apart = []
    for dt in (0.01, 0.00125):
        job = {
            "dt_ms": dt,
            "duration_ms": DURATION,
            "current_nA": CURRENT_NA,
            "set": {},
            "learn": ["HH_gNa", "HH_gK"],
        }
        peer = run_peer("jaxley_gradient", job)
        v, value, gradient = ours(dt)
        expected = json.loads(str(peer["gradient"]))
        apart.append(max(abs(gradient[name] / expected[name] - 1) for name in expected))
        assert v.max() > 20
        assert abs(value / float(peer["loss"]) - 1) < 0.02
    assert apart[1] < 0.01
    assert apart[1] < 0.2 * apart[0]
