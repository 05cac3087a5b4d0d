"""LIF against its closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.network.neurons import LIF


@pytest.mark.parametrize("dt_ms", [0.1, 1.0, 7.0])
def test_the_answer_to_a_current_step_is_exact_at_any_step(run, dt_ms):
    """v = E + R I (1 - e^{-t/τ}), R = τ / C."""
    current = np.array([-300.0, 100.0, 350.0])
    steps = 20
    _, states = run(LIF(), current, steps, dt_ms)
    t = dt_ms * np.arange(1, steps + 1)[:, None]
    np.testing.assert_allclose(states["v"], -70 + 10 / 250 * current * -np.expm1(-t / 10), rtol=1e-13)


@pytest.mark.parametrize("dt_ms", [0.1, 1.0, 7.0])
def test_a_conductance_is_exact_at_any_step(run, dt_ms):
    """With g open to a reversal potential of 0 mV: τ' = C / (g_L + g), v → g_L E_L / (g_L + g)."""
    leak, g, steps = 25.0, 5.0, 20
    _, states = run(LIF(), np.zeros(1), steps, dt_ms, conductance=g)
    t, target = dt_ms * np.arange(1, steps + 1), -70 * leak / (leak + g)
    expected = target + (-70 - target) * np.exp(-t * (leak + g) / 250)
    np.testing.assert_allclose(states["v"][:, 0], expected, rtol=1e-13)


@pytest.mark.parametrize(("dt_ms", "refractory_ms"), [(0.1, 2.0), (0.1, 0.0), (0.025, 5.0), (0.5, 2.0)])
def test_the_rate_for_a_current_is_the_formula(run, dt_ms, refractory_ms):
    """Interval = t_ref + τ ln((R I + E - v_r) / (R I + E - v_th)), the second part rounded up to the step."""
    current = np.array([376.0, 400.0, 500.0, 800.0, 2000.0])
    out, _ = run(LIF(refractory_ms=refractory_ms), current, round(300 / dt_ms), dt_ms)
    drive = current * 10 / 250
    charging = 10 * np.log(drive / (drive - 15))
    expected = np.ceil(charging / dt_ms) + round(refractory_ms / dt_ms)
    for i, steps in enumerate(expected):
        intervals = np.diff(np.flatnonzero(out[:, i]))
        assert len(intervals) >= 3
        assert set(intervals) == {steps}


def test_it_fires_above_its_rheobase_alone(run):
    """(v_th - E_L) C / τ = 375 pA."""
    out, _ = run(LIF(), np.array([374.99, 375.01]), 3000, 0.1)
    assert out[:, 0].sum() == 0
    assert out[:, 1].sum() > 0


def test_the_potential_stays_at_reset_for_the_refractory_time(run):
    out, states = run(LIF(refractory_ms=1.5, v_reset_mV=-65.0), np.array([600.0]), 500, 0.1)
    first = np.flatnonzero(out[:, 0])[0]
    assert (states["v"][first : first + 16, 0] == -65.0).all()
    assert states["v"][first + 16, 0] > -65.0


def test_a_leak_above_threshold_makes_a_pacemaker(run):
    """E_L = -49, v_th = -50, v_r = -60 (Brette et al. 2007): the interval is t_ref + 20 ln(11), and nothing fires below."""
    cell = LIF(tau_m_ms=20.0, v_rest_mV=-49.0, v_threshold_mV=-50.0, v_reset_mV=-60.0, refractory_ms=5.0)
    out, states = run(cell, np.zeros(1), 4000, 0.1, start={"v": -60.0})
    spikes = np.flatnonzero(out[:, 0])
    assert set(np.diff(spikes)) == {np.ceil(20 * np.log(11) / 0.1) + 50}
    assert states["v"].max() < -50.0


def test_each_neuron_has_its_own_parameters(run):
    cell = LIF(tau_m_ms=np.array([5.0, 20.0]), v_rest_mV=np.array([-70.0, -65.0]))
    _, states = run(cell, np.array([100.0, 100.0]), 1, 3.0)
    for i, (tau, rest) in enumerate(((5.0, -70.0), (20.0, -65.0))):
        assert states["v"][0, i] == pytest.approx(rest + tau * 100 / 250 * -np.expm1(-3 / tau), rel=1e-13)
