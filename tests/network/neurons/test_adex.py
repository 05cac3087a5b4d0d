"""AdEx against its bifurcation, its limits and its firing patterns."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from neurotwin.network.neurons import AdEx, Drive

C, G, E, T, SLOPE, TAU_W, A = 281.0, 30.0, -70.6, -50.4, 2.0, 144.0, 4.0


def rheobase() -> float:
    """The largest current with a fixed point; Naud et al. 2008, Biol. Cybern. 99:335. It is unstable from 0.1 pA below on."""
    return (G + A) * (T - E - SLOPE + SLOPE * np.log1p(A / G))


@pytest.mark.parametrize(("factor", "fires"), [(0.995, False), (1.005, True)])
def test_the_fixed_point_is_there_up_to_the_rheobase(run, factor, fires):
    current, saddle = factor * rheobase(), T + SLOPE * np.log1p(A / G)

    def net(v):
        return G * (E - v) + G * SLOPE * np.exp((v - T) / SLOPE) - A * (v - E) + current

    fixed = saddle if fires else float(brentq(net, -60, saddle))  # pyright: ignore[reportArgumentType]
    start = {"v": fixed + 0.05, "w": A * (fixed - E)}
    out, states = run(AdEx(), np.array([current]), 200_000, 0.02, start=start)
    assert bool(out.any()) == fires
    if not fires:
        assert abs(states["v"][-1, 0] - fixed) < 0.01


def test_it_rests_with_the_exponential_s_small_share(run):
    out, states = run(AdEx(), np.zeros(1), 20_000, 0.1)
    v = states["v"][-1, 0]
    assert out.sum() == 0
    assert (G + A) * (v - E) == pytest.approx(G * SLOPE * np.exp((v - T) / SLOPE), abs=1e-6)


def test_intervals_lengthen_by_the_adaptation_and_not_without(run):
    current, dt_ms = np.array([1000.0]), 0.05
    adapting, _ = run(AdEx(), current, 20_000, dt_ms)
    tonic, _ = run(AdEx(a_nS=0.0, b_pA=0.0), current, 20_000, dt_ms)
    lengthening, constant = (np.diff(np.flatnonzero(out[:, 0])) for out in (adapting, tonic))
    assert len(lengthening) > 20
    assert lengthening[-1] > 2 * lengthening[0]
    assert constant.max() - constant.min() <= 1


def test_a_high_reset_makes_it_burst(run):
    """Reset above v_T fires again at once until w has grown (Naud et al. 2008): intervals of two kinds."""
    out, _ = run(AdEx(v_reset_mV=-45.4, tau_w_ms=20.0, b_pA=500.0), np.array([1000.0]), 20_000, 0.05)
    intervals = np.diff(np.flatnonzero(out[:, 0])) * 0.05
    assert intervals.min() < 8
    assert intervals.max() > 5 * intervals.min()
    assert (intervals > 5 * intervals.min()).sum() > 5


def test_w_jumps_by_b_and_v_to_its_reset(run):
    out, states = run(AdEx(), np.array([1000.0]), 400, 0.1)
    first = np.flatnonzero(out[:, 0])[0]
    assert states["v"][first, 0] == -70.6
    assert states["w"][first, 0] - states["w"][first - 1, 0] == pytest.approx(80.5, abs=0.5)


def test_spike_times_converge(run):
    """The time of the fifth spike, at 0.1 and 0.025 ms against 0.0025 ms: 1.5 steps an interval."""
    times = {}
    for dt_ms in (0.1, 0.025, 0.0025):
        out, _ = run(AdEx(), np.array([1000.0]), round(150 / dt_ms), dt_ms)
        times[dt_ms] = (np.flatnonzero(out[:, 0])[4] + 1) * dt_ms
    for dt_ms in (0.1, 0.025):
        assert abs(times[dt_ms] - times[0.0025]) < 7.5 * dt_ms


@pytest.mark.parametrize("method", ["euler", "heun", "rk4"])
@pytest.mark.parametrize("slope_mV", [0.05, 0.5, 2.0])
def test_the_upstroke_cannot_overflow(method, slope_mV):
    """Steps of 1 ms into the upstroke with an almost vertical exponential, in float32: finite, and the spike is sent."""
    cell = AdEx(slope_mV=slope_mV, method=method)
    state = {"v": jnp.float32(-45.0), "w": jnp.float32(0.0), "refractory": jnp.float32(0.0)}
    fired = 0.0
    for _ in range(3):
        state, out = cell.update(state, Drive(jnp.float32(1e5), jnp.float32(3.0)), 1.0)
        fired += float(out)
        assert all(np.isfinite(value) for value in state.values())
        assert abs(float(state["w"])) < 1000
    assert fired == 3
