"""The cortical microcircuit of Potjans & Diesmann at a tenth of its neurons and of its synapses a neuron.

Parameters: Potjans & Diesmann 2014, Cereb. Cortex 24:785, tables 4 and 5. Scaling: van Albada, Helias & Diesmann 2015, PLoS Comput.
Biol. 11:e1004490, as in NEST's example ``Potjans_2014``: weights grow by √10, and a constant current puts back the mean input
that the missing synapses gave. Initial potentials are that example's "optimized" ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import poisson

from neurotwin.network.engine import Network, Population, Projection, Source, sparse
from neurotwin.network.events import simulate_events
from neurotwin.network.neurons import LIF
from neurotwin.network.synapses import Exponential

NAMES = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
DT = 0.1
SCALE = 0.1
FULL_SIZE = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
FULL_RATE_HZ = np.array([0.943, 3.026, 4.368, 5.882, 7.733, 8.664, 1.096, 7.851])
PROBABILITY = np.array(  # [post, pre]
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
EXTERNAL_SYNAPSES = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
EXTERNAL_HZ = 8.0
POTENTIAL_MV, INHIBITION, DELAY_MS, EXTERNAL_DELAY_MS = 0.15, -4.0, (1.5, 0.75), 1.5
V0_MEAN = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
V0_STD = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
TAU_M, TAU_SYN, CAPACITANCE, REST, THRESHOLD, REFRACTORY = 10.0, 0.5, 250.0, -65.0, -50.0, 2.0
LARGEST_COUNT = 6
"""Of external spikes in a step: at a mean of 0.23 more come once in 1.5e8 steps of a neuron."""


@dataclass(frozen=True)
class Circuit:
    """Numbers of the scaled network; weights in pA, matrices [post, pre]."""

    size: np.ndarray
    synapses: np.ndarray
    weight: np.ndarray
    external_weight: float
    external_hz: np.ndarray
    current: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """Index of the first neuron of each population, and the number of all."""
        return np.concatenate([[0], np.cumsum(self.size)])


def circuit() -> Circuit:
    """Scaled from the full network."""
    pairs = np.outer(FULL_SIZE, FULL_SIZE).astype(float)
    full_synapses = np.log(1 - PROBABILITY) / np.log((pairs - 1) / pairs)
    ratio = TAU_M / TAU_SYN
    per_mv = CAPACITANCE * (TAU_SYN - TAU_M) / (TAU_SYN * TAU_M)
    per_mv /= ratio ** (TAU_M / (TAU_SYN - TAU_M)) - ratio ** (TAU_SYN / (TAU_SYN - TAU_M))
    weight = per_mv * POTENTIAL_MV * np.where(np.arange(8) % 2, INHIBITION, 1.0) * np.ones((8, 1))
    weight[0, 2] *= 2  # L4E to L23E
    external = per_mv * POTENTIAL_MV
    missing = (weight * full_synapses / FULL_SIZE[:, None] * FULL_RATE_HZ).sum(axis=1)
    missing = missing + external * EXTERNAL_SYNAPSES * EXTERNAL_HZ
    return Circuit(
        size=np.round(FULL_SIZE * SCALE).astype(int),
        synapses=np.round(full_synapses * SCALE * SCALE).astype(int),
        weight=weight / np.sqrt(SCALE),
        external_weight=external / np.sqrt(SCALE),
        external_hz=EXTERNAL_HZ * np.round(EXTERNAL_SYNAPSES * SCALE),
        current=1e-3 * TAU_SYN * (1 - np.sqrt(SCALE)) * missing,
    )


def _normal_within(rng: np.random.Generator, mean: float, std: float, low: float, n: int) -> np.ndarray:
    """Normal, drawn again below ``low``."""
    drawn = rng.normal(mean, std, n)
    while (short := drawn < low).any():
        drawn[short] = rng.normal(mean, std, short.sum())
    return drawn


def wiring(given: Circuit, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """post, pre, weight (pA), delay (ms): the number of synapses of a pair of populations is fixed, their ends are drawn."""
    first, parts = given.first, []
    for post in range(8):
        for pre in range(8):
            n, mean, delay = given.synapses[post, pre], given.weight[post, pre], DELAY_MS[pre % 2]
            weight = np.sign(mean) * _normal_within(rng, abs(mean), 0.1 * abs(mean), 0.0, n)
            delays = np.maximum(
                np.round(_normal_within(rng, delay, delay / 2, DT / 2, n) / DT), 1
            )  # a whole number of steps, at least one
            ends = (rng.integers(first[p], first[p + 1], n) for p in (post, pre))
            parts.append((*ends, weight, DT * delays))
    post, pre, weight, delay = (np.concatenate(part) for part in zip(*parts, strict=True))
    return post, pre, weight, delay


def run(
    given: Circuit, seed: int, duration_ms: float, block_ms: float = 250.0
) -> tuple[np.ndarray, np.ndarray]:
    """Times (ms) and neurons of the spikes of one network, in blocks that go on from one another."""
    rng = np.random.default_rng(seed)
    n = given.first[-1]
    post, pre, weight, delay = wiring(given, rng)
    # A neuron's k-th source fires where k external spikes or more fall into one step.
    each = np.arange(n * LARGEST_COUNT)
    external = sparse(
        each % n, each, np.full(len(each), given.external_weight), (n, len(each)), implementation="ell"
    )
    synapse = Exponential(TAU_SYN)
    network = Network(
        [
            Population("cells", LIF(TAU_M, CAPACITANCE, REST, THRESHOLD, REST, REFRACTORY), int(n)),
            Population("external", Source(), len(each)),
        ],
        [
            Projection("cells", "cells", sparse(post, pre, weight, (n, n), delays_ms=delay), synapse),
            Projection("external", "cells", external, synapse, delay_ms=EXTERNAL_DELAY_MS),
        ],
    )
    # A count is above k where a uniform number is above the probability of at most k.
    per_step = np.repeat(given.external_hz, given.size) * 1e-3 * DT
    at_most = [poisson.cdf(k, per_step).astype(np.float32) for k in range(LARGEST_COUNT)]
    current = np.repeat(given.current, given.size)
    v = rng.normal(np.repeat(V0_MEAN, given.size), np.repeat(V0_STD, given.size))
    state: dict[str, Any] = {"cells": {"v": v}}
    steps, times, neurons = round(block_ms / DT), [], []
    for _ in range(round(duration_ms / block_ms)):
        uniform = rng.random((steps, n), np.float32)
        spikes = np.concatenate([uniform >= probability for probability in at_most], axis=1)
        done = simulate_events(
            network, {"cells": current, "external": spikes}, dt_ms=DT, n_steps=steps, initial=state
        )
        state = done.final
        times.append(done.time_ms["cells"])
        neurons.append(done.index["cells"])
    return np.concatenate(times), np.concatenate(neurons)
