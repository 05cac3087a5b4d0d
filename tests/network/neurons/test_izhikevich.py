"""The firing classes of Izhikevich 2003 (its figure 2), by their intervals; parameters are the paper's."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network.neurons import Drive, Izhikevich

CLASSES = {
    "regular spiking": {},
    "fast spiking": {"a_per_ms": 0.1, "d_mV_per_ms": 2.0},
    "chattering": {"c_mV": -50.0, "d_mV_per_ms": 2.0},
    "intrinsically bursting": {"c_mV": -55.0, "d_mV_per_ms": 4.0},
    "low threshold": {"b_per_ms": 0.25, "d_mV_per_ms": 2.0},
}


@pytest.fixture
def intervals(run):
    def of(kind: str, current: float = 10.0, dt_ms: float = 0.1) -> np.ndarray:
        out, _ = run(Izhikevich(**CLASSES[kind]), np.array([current]), round(1000 / dt_ms), dt_ms)
        return np.diff(np.flatnonzero(out[:, 0])) * dt_ms

    return of


def test_it_rests_at_minus_70(run):
    """0.04 v² + (5 - b) v + 140 = 0 has its stable root at -70 for b = 0.2."""
    _, states = run(Izhikevich(v_initial_mV=-72.0), np.zeros(1), 50_000, 0.1)
    assert states["v"][-1, 0] == pytest.approx(-70.0, abs=1e-6)
    assert states["u"][-1, 0] == pytest.approx(-14.0, abs=1e-6)


def test_regular_spiking_adapts(intervals):
    found = intervals("regular spiking")
    assert found[1] > 1.5 * found[0]
    assert np.ptp(found[2:]) < 0.5


def test_fast_spiking_is_faster_without_much_adaptation(intervals):
    fast, regular = intervals("fast spiking"), intervals("regular spiking")
    assert len(fast) > 4 * len(regular)
    assert fast[-1] < 2 * fast[0]


def test_chattering_bursts_again_and_again(intervals):
    found = intervals("chattering")
    inside, between = found < 10, found > 30
    assert (inside | between).all()
    assert between.sum() > 10
    assert inside.sum() > 3 * between.sum()


def test_intrinsically_bursting_bursts_once(intervals):
    found = intervals("intrinsically bursting")
    assert (found[:2] < 6).all()
    assert (found[2:] > 20).all()


def test_low_threshold_spikes_where_regular_spiking_is_silent(intervals):
    assert len(intervals("low threshold", 2.0)) > 5
    assert len(intervals("regular spiking", 2.0)) == 0


@pytest.mark.parametrize("kind", CLASSES)
def test_spike_counts_converge_in_the_step(intervals, kind):
    coarse, fine = (len(intervals(kind, dt_ms=dt_ms)) for dt_ms in (0.1, 0.02))
    assert abs(coarse - fine) <= 0.03 * fine + 1


def test_a_current_needs_a_capacitance(run):
    """10 pA on 1 pF is 1000 pA on 100 pF; a conductance counts likewise."""
    small, _ = run(Izhikevich(), np.array([10.0]), 5000, 0.1, conductance=0.02)
    large, _ = run(Izhikevich(capacitance_pF=100.0), np.array([1000.0]), 5000, 0.1, conductance=2.0)
    assert small.sum() > 5
    np.testing.assert_array_equal(small, large)


@pytest.mark.parametrize("method", ["euler", "heun", "rk4"])
def test_large_steps_do_not_overflow(method):
    """In float32: beyond the peak a slope of v² would square itself in each stage."""
    cell = Izhikevich(method=method)
    state = {key: jnp.float32(value) for key, value in cell.initial().items()}
    for _ in range(50):
        state, out = cell.update(state, Drive(jnp.float32(1e8)), 1.0)
        assert float(out) == 1.0
        assert float(state["v"]) == -65.0
    assert 0 < float(state["u"]) < 8 / 0.02 + 10
