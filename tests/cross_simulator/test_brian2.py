"""Cells and synapses against Brian2: the same equations, the same method, the same spikes in.

Conventions. Brian2 records v at the beginning of a step, we at its end, so its row n + 1 is our row n; it calls a spike found
in the step from t to t + dt a spike of t, we of t + dt. A delay is the same. Brian2 holds a refractory neuron for one step
less than NEST and we do, so it is given a step more.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.engine import Network, Population, Projection, Source, simulate, sparse
from neurotwin.network.neurons import LIF, AdEx, HodgkinHuxley, Izhikevich
from neurotwin.network.synapses import AMPA, GABAA, NMDA, Alpha, Conductance, DoubleExponential, Exponential

DT, STEPS, N, SOURCES = 0.1, 2000, 4, 6
RNG = np.random.default_rng(0)
SPIKES = RNG.random((STEPS, SOURCES)) < 0.01
POST, PRE = (index.ravel() for index in np.meshgrid(np.arange(N), np.arange(SOURCES), indexing="ij"))
DELAYS = DT * RNG.integers(1, 40, N * SOURCES)
SHARE = RNG.uniform(0.5, 1.5, N * SOURCES)
METHODS = ("euler", "rk4")
ADEX_CURRENT = np.array([0.0, 700.0, 900.0, 1500.0])
IZHIKEVICH_CURRENT = np.array([0.0, 5.0, 10.0, 20.0])
HODGKIN_HUXLEY_CURRENT = np.array([0.0, 1400.0, 2000.0, 4000.0])
LIF_EQUATION = "dv/dt = ((v_rest - v) / tau + ({}) / C) / ms : 1 (unless refractory)"

# weight of a spike, our synapse, Brian2's current, its other equations, what a spike does
SYNAPSES = {
    "exponential": (700.0, Exponential(3.0), "g", "dg/dt = -g / (3*ms) : 1", "g += weight"),
    "alpha": (
        300.0,
        Alpha(2.0),
        "g",
        "dg/dt = (r - g) / (2*ms) : 1\ndr/dt = -r / (2*ms) : 1",
        "r += exp(1) * weight",
    ),
    "double exponential": (
        300.0,
        DoubleExponential(0.5, 5.0),
        "k * (g - r)",
        "dg/dt = -g / (5*ms) : 1\ndr/dt = -r / (0.5*ms) : 1",
        "g += weight; r += weight",
    ),
    "conductance": (6.0, Conductance(4.0, 0.0), "g * (0 - v)", "dg/dt = -g / (4*ms) : 1", "g += weight"),
    "AMPA": (10.0, AMPA(), "g * (0 - v)", "dg/dt = -g / (2*ms) : 1", "g += weight"),
    "GABA-A": (10.0, GABAA(), "350 + g * (-70 - v)", "dg/dt = -g / (5*ms) : 1", "g += weight"),
    "NMDA": (
        2.0,
        NMDA(),
        "k * (g - r) / (1 + exp(-0.062 * v) / 3.57) * (0 - v)",
        "dg/dt = -g / (100*ms) : 1\ndr/dt = -r / (2*ms) : 1",
        "g += weight; r += weight",
    ),
}


def peak(rise: float, decay: float) -> float:
    t = rise * decay / (decay - rise) * np.log(decay / rise)
    return float(1 / (np.exp(-t / decay) - np.exp(-t / rise)))


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64():
        yield


def ours(neuron, synapse=None, weight: float = 0.0, current=None):
    """Potential [T, N] and spikes [T, N] of cells under current [N] and the common spikes."""
    projections = []
    if synapse is not None:
        wired = sparse(POST, PRE, weight * SHARE, (N, SOURCES), delays_ms=DELAYS)
        projections = [Projection("source", "cells", wired, synapse)]
    network = Network([Population("source", Source(), SOURCES), Population("cells", neuron, N)], projections)
    inputs = {
        "source": SPIKES.astype(float),
        "cells": np.zeros(N) if current is None else np.asarray(current, float),
    }
    run = simulate(network, inputs, dt_ms=DT, record={"cells": ("v", "output")}, dtype=jnp.float64)
    return np.asarray(run.of("cells", "v")), np.asarray(run.of("cells", "output"))


def job(**given):
    index = np.nonzero(SPIKES)
    return {
        "n": N,
        "dt_ms": DT,
        "duration_ms": DT * STEPS,
        "spikes": {"n": SOURCES, "index": index[1].tolist(), "time_ms": (DT * index[0]).tolist()},
        "on_pre": "",
        "synapses": {
            "pre": PRE.tolist(),
            "post": POST.tolist(),
            "w": [0.0] * len(PRE),
            "delay_ms": DELAYS.tolist(),
        },
        "parameters": {},
        **given,
    }


def job_of_synapse(name: str):
    weight, _, current, equations, on_pre = SYNAPSES[name]
    exact = name in ("exponential", "alpha", "double exponential")
    rise, decay = (2.0, 100.0) if name == "NMDA" else (0.5, 5.0)
    return job(
        equations=LIF_EQUATION.format(current) + "\n" + equations,
        method="exact" if exact else "exponential_euler",
        threshold="v >= -55",
        reset="v = -70",
        refractory_ms=2.0 + DT,
        parameters={"v_rest": -70.0, "tau": 10.0, "C": 250.0, "k": peak(rise, decay)},
        initial={"v": [-70.0] * N},
        on_pre=on_pre,
        synapses={
            "pre": PRE.tolist(),
            "post": POST.tolist(),
            "w": (weight * SHARE).tolist(),
            "delay_ms": DELAYS.tolist(),
        },
    )


def job_of_adex(method: str):
    return job(
        equations="""dv/dt = (30 * (-70.6 - x + 2 * exp((x + 50.4) / 2)) - w + I) / 281 / ms : 1
        x = clip(v, -1e9, -40) : 1
        dw/dt = (4 * (x + 70.6) - w) / 144 / ms : 1
        I : 1""",
        method=method,
        threshold="v >= -40",
        reset="v = -70.6; w += 80.5",
        initial={"v": [-70.6] * N, "I": ADEX_CURRENT.tolist()},
    )


def job_of_izhikevich(method: str):
    return job(
        equations="""dv/dt = (0.04 * clip(v, -1e9, 30)**2 + 5 * clip(v, -1e9, 30) + 140 - u + I) / ms : 1
        du/dt = 0.02 * (0.2 * clip(v, -1e9, 30) - u) / ms : 1
        I : 1""",
        method=method,
        threshold="v >= 30",
        reset="v = -65; u += 8",
        initial={"v": [-65.0] * N, "u": [-13.0] * N, "I": IZHIKEVICH_CURRENT.tolist()},
    )


def job_of_hodgkin_huxley():
    start = {key: float(value) for key, value in HodgkinHuxley().initial().items() if key != "refractory"}
    return job(
        equations="""dv/dt = (sodium + potassium + 60 * (-54.387 - v) + I) / 200 / ms : 1
        sodium = 24000 * m**3 * h * (50 - v) : 1
        potassium = 7200 * n**4 * (-77 - v) : 1
        dm/dt = (am * (1 - m) - bm * m) / ms : 1
        dh/dt = (0.07 * exp(-(v + 65) / 20) * (1 - h) - h / (1 + exp(-(v + 35) / 10))) / ms : 1
        dn/dt = (an * (1 - n) - 0.125 * exp(-(v + 65) / 80) * n) / ms : 1
        am = (v + 40) / 10 / (1 - exp(-(v + 40) / 10)) : 1
        bm = 4 * exp(-(v + 65) / 18) : 1
        an = (v + 55) / 100 / (1 - exp(-(v + 55) / 10)) : 1
        I : 1""",
        method="exponential_euler",
        threshold="v >= 0",
        reset="",
        refractory="v >= 0",
        initial={
            **{key: [value] * N for key, value in start.items()},
            "I": HODGKIN_HUXLEY_CURRENT.tolist(),
        },
    )


@pytest.fixture(scope="module")
def peer_of(run_peer):
    """What Brian2 found, by the name of the job; it is started once for all of them."""
    jobs = {name: job_of_synapse(name) for name in SYNAPSES}
    for method in METHODS:
        jobs |= {f"adex {method}": job_of_adex(method), f"izhikevich {method}": job_of_izhikevich(method)}
    with jax.enable_x64():
        jobs["hodgkin-huxley"] = job_of_hodgkin_huxley()
    found = run_peer("brian", jobs)
    keys = ("v", "spike_time_ms", "spike_index")
    return lambda name: {key: found[f"{name} {key}"] for key in keys}


def compare(peer, v, out, tolerance_mV: float) -> None:
    """Potentials to a tolerance, spikes step by step."""
    theirs = np.zeros_like(out)
    theirs[np.round(peer["spike_time_ms"] / DT).astype(int), peer["spike_index"]] = 1
    np.testing.assert_array_equal(out, theirs)
    np.testing.assert_allclose(v[:-1], peer["v"][1:], atol=tolerance_mV, rtol=0)


@pytest.mark.parametrize("name", SYNAPSES)
def test_lif_with_every_synapse(peer_of, name):
    """The membrane is linear: Brian2's exact integrator for currents, its exponential Euler for conductances, as ours do."""
    weight, synapse, *_ = SYNAPSES[name]
    cell = LIF(tau_m_ms=10.0, capacitance_pF=250.0, refractory_ms=2.0)
    v, out = ours(cell, synapse, weight, np.full(N, 350.0 if name == "GABA-A" else 0.0))
    if name != "GABA-A":
        assert out.sum() > 8
    assert np.ptp(v) > 3
    compare(peer_of(name), v, out, 1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_adex(peer_of, method):
    """The peak is low: higher up RK4's stages are so large that rounding decides where they end."""
    v, out = ours(AdEx(v_peak_mV=-40.0, method=method), current=ADEX_CURRENT)
    assert out.sum() > 10
    compare(peer_of(f"adex {method}"), v, out, 1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_izhikevich(peer_of, method):
    v, out = ours(Izhikevich(method=method), current=IZHIKEVICH_CURRENT)
    assert out.sum() > 10
    compare(peer_of(f"izhikevich {method}"), v, out, 1e-6)


def test_hodgkin_huxley(peer_of):
    v, out = ours(HodgkinHuxley(), current=HODGKIN_HUXLEY_CURRENT)
    assert out.sum() > 10
    compare(peer_of("hodgkin-huxley"), v, out, 1e-6)
