"""The adaptive LIF against what adaptation adds to LIF."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from neurotwin.network.neurons import LIF, AdaptiveLIF


def test_without_adaptation_it_is_lif(run):
    current = np.array([300.0, 500.0, 900.0])
    plain, _ = run(LIF(), current, 3000, 0.1)
    adaptive, _ = run(AdaptiveLIF(adaptation_mV=0.0), current, 3000, 0.1)
    np.testing.assert_array_equal(plain, adaptive)


def test_the_trace_counts_spikes_and_decays(run):
    """Σ e^{-(t - t_k)/τ_a} over all spikes t_k, at any step."""
    out, states = run(AdaptiveLIF(), np.array([600.0]), 2000, 0.1)
    t = 0.1 * np.arange(2000)
    spikes = t[out[:, 0] > 0]
    since = t[:, None] - spikes
    expected = np.where(since >= 0, np.exp(-since / 200), 0.0).sum(1)
    np.testing.assert_allclose(states["a"][:, 0], expected, rtol=1e-10)


def test_the_adapted_interval_solves_its_equation(run):
    """In the long run R I (1 - e^{-(T - t_ref)/τ}) = v_th - E + β a with a = e^{-T/τ_a} / (1 - e^{-T/τ_a})."""
    current, dt_ms = 600.0, 0.01
    out, _ = run(AdaptiveLIF(), np.array([current]), 200_000, dt_ms)
    intervals = np.diff(np.flatnonzero(out[:, 0])) * dt_ms

    def missing(interval):
        reached = current * 10 / 250 * -np.expm1(-(interval - 2) / 10)
        return reached - 15 - 2 / np.expm1(interval / 200)

    assert abs(intervals[-20:].mean() - brentq(missing, 5, 200)) < 2 * dt_ms
    assert intervals[0] < 0.7 * intervals[-1]


def test_an_adaptation_current_slows_it_too(run):
    """The n-th interval grows; the first, before any adaptation, is LIF's."""
    out, _ = run(AdaptiveLIF(adaptation_mV=0.0, adaptation_pA=20.0), np.array([600.0]), 20_000, 0.05)
    plain, _ = run(LIF(), np.array([600.0]), 2000, 0.05)
    spikes = np.flatnonzero(out[:, 0])
    assert spikes[0] == np.flatnonzero(plain[:, 0])[0]
    assert np.diff(spikes)[-1] > 1.3 * np.diff(spikes)[0]
