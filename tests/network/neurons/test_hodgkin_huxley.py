"""Hodgkin and Huxley's axon against what is known of it. Currents in µA/cm² × 200 pA."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.neurons import Drive, HodgkinHuxley

PER_AREA = 200.0


def test_gates_start_in_balance_at_rest():
    """The paper's resting values (its table 3, and every textbook): m 0.053, h 0.596, n 0.318."""
    initial = HodgkinHuxley().initial()
    assert [round(float(initial[gate]), 3) for gate in "mhn"] == [0.053, 0.596, 0.318]


def test_it_rests(run):
    _, states = run(HodgkinHuxley(), np.zeros(1), 20_000, 0.025)
    np.testing.assert_allclose(states["v"], -65.0, atol=0.01)
    np.testing.assert_allclose(states["v"][-1], -64.9964, atol=1e-4)


def test_rates_at_their_singular_potentials_are_the_limits():
    """α_m(-40) = 1 and α_n(-55) = 0.1 per ms, smooth there: the slope is half of that over 10 mV."""
    cell = HodgkinHuxley()

    def opening(v, gate):
        state = {"v": v, **dict.fromkeys("mhn", jnp.zeros(()))}
        return cell.derivative(state, Drive(jnp.zeros(())))[gate]  # a closed gate opens at α

    for v, gate, rate in ((-40.0, "m", 1.0), (-55.0, "n", 0.1)):
        for shift in (0.0, 1e-9, -1e-9, 1e-4, 0.0099, 0.0101):
            x = shift / 10
            value, slope = jax.value_and_grad(opening)(jnp.asarray(v + shift), gate)
            assert float(value) == pytest.approx(rate * (1 + x / 2 + x * x / 12), rel=1e-9)
            assert float(slope) == pytest.approx(rate / 10 * (1 / 2 + x / 6), rel=1e-6)


def test_gates_of_a_held_potential_relax_exactly(run):
    """x = x∞ + (x₀ - x∞) e^{-(α + β) t}, with v nailed by a huge capacitance."""
    cell = HodgkinHuxley(capacitance_pF=1e15)
    _, states = run(cell, np.zeros(1), 10, 0.5, start={"v": -30.0, "m": 0.1, "h": 0.6, "n": 0.3})
    v, t = -30.0, 0.5 * np.arange(1, 11)
    rates = {
        "m": (0.1 * (v + 40) / -np.expm1(-(v + 40) / 10), 4 * np.exp(-(v + 65) / 18)),
        "h": (0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))),
        "n": (0.01 * (v + 55) / -np.expm1(-(v + 55) / 10), 0.125 * np.exp(-(v + 65) / 80)),
    }
    for gate, start in (("m", 0.1), ("h", 0.6), ("n", 0.3)):
        alpha, beta = rates[gate]
        steady = alpha / (alpha + beta)
        expected = steady + (start - steady) * np.exp(-(alpha + beta) * t)
        np.testing.assert_allclose(states[gate][:, 0], expected, rtol=1e-8)


@pytest.mark.parametrize(("method", "dt_ms"), [("exponential_euler", 0.01), ("rk4", 0.025)])
def test_firing_known_from_the_literature(run, method, dt_ms):
    """Onset of a single spike at 2.2-2.3, of repetitive firing at 6.2-6.3, 68 Hz at 10 and none for long at 160 µA/cm²."""
    current = PER_AREA * np.array([2.2, 2.3, 6.2, 6.3, 10.0, 160.0])
    out, states = run(HodgkinHuxley(method=method), current, round(1000 / dt_ms), dt_ms)
    count = out.sum(0)
    assert count[0] == 0
    assert count[1] == 1
    assert count[2] <= 3
    assert count[3] > 45
    assert 1000 / (np.diff(np.flatnonzero(out[:, 4]))[-10:].mean() * dt_ms) == pytest.approx(68.3, abs=0.8)
    assert count[5] <= 2
    assert states["v"][:, 4].max() == pytest.approx(40, abs=1.5)


def test_a_spike_is_one_upward_crossing_and_nothing_is_reset(run):
    cell = HodgkinHuxley(v_threshold_mV=-20.0)
    out, states = run(cell, np.array([10 * PER_AREA]), 10_000, 0.01)
    v = np.concatenate([[-65.0], states["v"][:, 0]])
    np.testing.assert_array_equal(out[:, 0] > 0, (v[:-1] < -20) & (v[1:] >= -20))
    assert np.abs(np.diff(v)).max() < 8
    assert set(states) == {"v", "m", "h", "n"}
