"""Hodgkin-Huxley and a conductance synapse against NEURON, whose method is another than ours.

NEURON runs Crank-Nicolson, we RK4; what is compared is what both converge to: the difference must fall with the step, and
spike times agree to 0.01 ms at 0.0025 ms.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.engine import Network, Population, Projection, Source, simulate, sparse
from neurotwin.network.neurons import HodgkinHuxley
from neurotwin.network.synapses import DoubleExponentialConductance

DURATION = 60.0
SPIKES_MS = np.array([5.0, 6.0, 20.0, 21.0, 22.0, 40.0])


def ours(dt_ms: float, kind: str) -> np.ndarray:
    steps = round(DURATION / dt_ms)
    spikes = np.zeros((steps, 1))
    # A spike of the source belongs to the end of its step.
    spikes[np.round(SPIKES_MS / dt_ms).astype(int) - 1] = 1
    weights = sparse([0], [0], [40.0], (1, 1), delays_ms=[1.0])
    synapse = DoubleExponentialConductance(0.5, 3.0, 0.0)
    network = Network(
        [Population("source", Source(), 1), Population("cell", HodgkinHuxley(method="rk4"), 1)],
        [Projection("source", "cell", weights, synapse)] if kind == "synapse" else [],
    )
    inputs = {"source": spikes}
    if kind == "current":
        inputs["cell"] = np.where(np.arange(steps)[:, None] >= round(5.0 / dt_ms), 2000.0, 0.0)
    with jax.enable_x64():
        run = simulate(network, inputs, dt_ms=dt_ms, record={"cell": ("v",)}, dtype=jnp.float64)
        return np.asarray(run.of("cell", "v"))[:, 0]


def crossings(v: np.ndarray, dt_ms: float) -> np.ndarray:
    at = np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0))
    return dt_ms * (at - v[at] / (v[at + 1] - v[at]))


@pytest.mark.parametrize("kind", ["current", "synapse"])
def test_both_converge_to_the_same(run_peer, kind):
    rms = []
    for dt in (0.025, 0.0025):
        job = {"dt_ms": dt, "duration_ms": DURATION}
        if kind == "current":
            job |= {"current_pA": 2000.0, "delay_ms": 5.0}
        else:
            exp2syn = {
                "rise_ms": 0.5,
                "decay_ms": 3.0,
                "reversal_mV": 0.0,
                "weight_nS": 40.0,
                "delay_ms": 1.0,
            }
            job |= {"synapse": {**exp2syn, "time_ms": SPIKES_MS.tolist()}}
        peer = run_peer("neuron_cell", job)["v"]
        v = ours(dt, kind)
        theirs = peer[1 : len(v) + 1]
        rms.append(np.sqrt(np.mean((v[: len(theirs)] - theirs) ** 2)))
        if dt == 0.0025:
            spikes, expected = crossings(v, dt), crossings(theirs, dt)
            assert len(spikes) == len(expected) >= 2
            np.testing.assert_allclose(spikes, expected, atol=0.01)
    assert rms[1] < 0.5
    assert rms[1] < 0.35 * rms[0]
