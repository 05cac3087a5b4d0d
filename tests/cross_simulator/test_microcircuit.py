"""The cortical microcircuit at a tenth of its size: rates, irregularity and correlations of its eight populations as in NEST.

Both sides draw their own wiring, delays, weights, initial potentials and external spikes, so that nothing but the statistics can
agree. They are compared with the spread from seed to seed: t of two samples for each of the 24 numbers.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.cross_simulator import activity, microcircuit
from tests.cross_simulator.microcircuit import circuit

pytestmark = pytest.mark.slow

FROM_MS, TO_MS, SEEDS = 250.0, 750.0, 4
LARGEST_T, MEAN_SQUARE_T = 6.0, 3.0
"""With 6 degrees of freedom |t| > 6 has p = 0.001, and t² has a mean of 1.5."""


def statistics(time_ms: np.ndarray, index: np.ndarray) -> np.ndarray:
    """[rate, irregularity, correlation] × population."""
    return np.array(list(activity.by_population(time_ms, index, circuit().first, FROM_MS, TO_MS).values()))


def t_of(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Two samples [seed, statistic, population] of equal size."""
    spread = np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / SEEDS)
    return (ours.mean(axis=0) - theirs.mean(axis=0)) / spread


@pytest.fixture(scope="module")
def reference(run_peer) -> np.ndarray:
    given = circuit()
    arrays = {
        "size": given.size,
        "current": given.current,
        "external_hz": given.external_hz,
        "synapses": given.synapses,
        "weight": given.weight,
        "v0_mean": microcircuit.V0_MEAN,
        "v0_std": microcircuit.V0_STD,
    }
    job = {
        "dt_ms": microcircuit.DT,
        "duration_ms": TO_MS,
        "external_weight": given.external_weight,
        "external_delay_ms": microcircuit.EXTERNAL_DELAY_MS,
        "delay_ms": microcircuit.DELAY_MS,
        "parameters": {
            "tau_m": microcircuit.TAU_M,
            "C_m": microcircuit.CAPACITANCE,
            "E_L": microcircuit.REST,
            "V_th": microcircuit.THRESHOLD,
            "V_reset": microcircuit.REST,
            "t_ref": microcircuit.REFRACTORY,
            "tau_syn_ex": microcircuit.TAU_SYN,
            "tau_syn_in": microcircuit.TAU_SYN,
        },
    }
    runs = [run_peer("nest_microcircuit", {**job, "seed": 1 + seed}, **arrays) for seed in range(SEEDS)]
    return np.array([statistics(run["spike_time_ms"], run["spike_index"]) for run in runs])


def ours(given: microcircuit.Circuit) -> np.ndarray:
    return np.array([statistics(*microcircuit.run(given, seed, TO_MS)) for seed in range(SEEDS)])


def test_statistics_lie_within_the_seeds_of_nest(reference):
    mine = ours(circuit())
    t = t_of(mine, reference)
    assert np.abs(t).max() < LARGEST_T
    assert np.mean(t**2) < MEAN_SQUARE_T
    np.testing.assert_allclose(mine[:, 0].mean(axis=0), reference[:, 0].mean(axis=0), rtol=0.1)


def test_a_slightly_wrong_circuit_does_not(reference):
    given = circuit()
    stronger = dataclasses.replace(given, weight=np.where(given.weight < 0, 1.1, 1.0) * given.weight)
    t = t_of(ours(stronger), reference)
    assert np.abs(t).max() > LARGEST_T
    assert np.mean(t**2) > MEAN_SQUARE_T
