"""Networks of LIF neurons against NEST, synapse by synapse the same.

Current-based networks are integrated exactly by both: they fire the same spikes, until rounding has grown to a step (the
networks are chaotic, so that some spike moves in the end). The comparison is of whole spike trains over the first 100 ms and
of rates over all. NEST integrates conductances adaptively to 1e-6, we with exponential Euler: there the rates and the
irregularity are compared.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from tests.cross_simulator import activity

from neurotwin.network.engine import Network, Population, Projection, simulate, sparse
from neurotwin.network.engine.step import initial_carry
from neurotwin.network.neurons import LIF
from neurotwin.network.synapses import Conductance, Exponential

N, EXCITATORY, DT = 500, 400, 0.1


def wiring(rng, excitatory: float, inhibitory: float):
    post, pre = np.nonzero(rng.random((N, N)) < 0.05)
    weight = np.where(pre < EXCITATORY, excitatory, inhibitory)
    delays = DT * rng.integers(5, 40, len(post))  # a delay for every synapse, 0.5 to 4 ms
    return post, pre, weight, delays


irregularity = partial(activity.irregularity, least_spikes=4)


def first(time_ms: np.ndarray, index: np.ndarray, until_ms: float = 100.0) -> set[tuple[int, int]]:
    """Step and neuron of every spike up to a time."""
    early = time_ms <= until_ms
    return set(zip(np.round(time_ms[early] / DT).astype(int).tolist(), index[early].tolist(), strict=True))


def ours(network: Network, v: np.ndarray, current: np.ndarray, steps: int):
    with jax.enable_x64():
        start = initial_carry(network, (), jnp.float64, DT)
        start["neurons"]["cells"]["v"] = jnp.asarray(v)
        run = simulate(network, {"cells": current}, dt_ms=DT, n_steps=steps, initial=start, dtype=jnp.float64)
        step, index = np.nonzero(np.asarray(run.output("cells")))
    return DT * (step + 1), index


def test_a_current_based_network_with_a_delay_for_every_synapse(run_peer):
    rng = np.random.default_rng(0)
    post, pre, weight, delays = wiring(rng, 30.0, -150.0)
    v, current = rng.uniform(-70.0, -56.0, N), rng.uniform(370.0, 480.0, N)
    cell = LIF(10.0, 250.0, -70.0, -55.0, -70.0, 2.0)
    with jax.enable_x64():
        population = Population("cells", cell, N)
        excitatory, inhibitory = weight > 0, weight < 0
        network = Network(
            [population],
            [
                Projection(
                    "cells",
                    "cells",
                    sparse(post[m], pre[m], weight[m], (N, N), delays_ms=delays[m]),
                    Exponential(tau),
                    name=name,
                )
                for name, m, tau in (("E", excitatory, 2.0), ("I", inhibitory, 5.0))
            ],
        )
    time, index = ours(network, v, current, 5000)
    peer = run_peer(
        "nest_network",
        {
            "model": "iaf_psc_exp",
            "dt_ms": DT,
            "duration_ms": 5000 * DT,
            "parameters": {
                "tau_m": 10.0,
                "C_m": 250.0,
                "E_L": -70.0,
                "V_th": -55.0,
                "V_reset": -70.0,
                "t_ref": 2.0,
                "tau_syn_ex": 2.0,
                "tau_syn_in": 5.0,
            },
        },
        v=v,
        current_pA=current,
        post=post,
        pre=pre,
        weight=weight,
        delay_ms=delays,
    )
    early, theirs = first(time, index), first(peer["spike_time_ms"], peer["spike_index"])
    assert len(early) > 300
    assert early == theirs
    assert len(time) == len(peer["spike_time_ms"]) or abs(len(time) / len(peer["spike_time_ms"]) - 1) < 0.02
    assert irregularity(time, index) > 0.1


def test_a_conductance_based_network(run_peer):
    rng = np.random.default_rng(1)
    post, pre, weight, delays = wiring(rng, 1.0, 6.0)
    v, current = rng.uniform(-70.0, -56.0, N), rng.uniform(380.0, 520.0, N)
    cell = LIF(12.5, 250.0, -70.0, -55.0, -70.0, 2.0)
    with jax.enable_x64():
        excitatory = pre < EXCITATORY
        network = Network(
            [Population("cells", cell, N)],
            [
                Projection(
                    "cells",
                    "cells",
                    sparse(post[m], pre[m], weight[m], (N, N), delays_ms=delays[m]),
                    kind,
                    name=name,
                )
                for name, m, kind in (
                    ("E", excitatory, Conductance(2.0, 0.0)),
                    ("I", ~excitatory, Conductance(5.0, -80.0)),
                )
            ],
        )
    time, index = ours(network, v, current, 5000)
    peer = run_peer(
        "nest_network",
        {
            "model": "iaf_cond_exp",
            "dt_ms": DT,
            "duration_ms": 5000 * DT,
            "parameters": {
                "g_L": 20.0,
                "C_m": 250.0,
                "E_L": -70.0,
                "V_th": -55.0,
                "V_reset": -70.0,
                "t_ref": 2.0,
                "tau_syn_ex": 2.0,
                "tau_syn_in": 5.0,
                "E_ex": 0.0,
                "E_in": -80.0,
            },
        },
        v=v,
        current_pA=current,
        post=post,
        pre=pre,
        weight=np.where(excitatory, weight, -weight),
        delay_ms=delays,
    )
    rate, theirs = len(time), len(peer["spike_time_ms"])
    assert theirs > 1000
    assert abs(rate / theirs - 1) < 0.03
    assert abs(irregularity(time, index) - irregularity(peer["spike_time_ms"], peer["spike_index"])) < 0.05
