"""Synapses against closed forms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network.neurons import LIF
from neurotwin.network.synapses import (
    AMPA,
    GABAA,
    NMDA,
    Alpha,
    Conductance,
    DoubleExponential,
    DoubleExponentialConductance,
    Exponential,
    TsodyksMarkram,
)


def course(model, dt_ms: float, steps: int, v: float = 0.0, conductance: bool = False) -> np.ndarray:
    """What one spike of weight 1 gives at the beginning of each step, float64 [steps]."""
    state = {key: jnp.zeros(1) + value for key, value in model.initial().items()}
    arriving = jnp.zeros((steps, 1)).at[0].set(1.0)

    def step(state, arrived):
        state, drive = model.step(state, arrived, jnp.full(1, v), dt_ms)
        return state, drive.conductance if conductance else drive.current

    return np.asarray(jax.lax.scan(step, state, arriving)[1])[:, 0]


@pytest.mark.parametrize("dt", [0.01, 0.1, 1.0, 7.0])
def test_one_spike_has_the_closed_form_at_any_step(dt):
    with jax.enable_x64():
        t = dt * np.arange(30)
        np.testing.assert_allclose(course(Exponential(5.0), dt, 30), np.exp(-t / 5), rtol=1e-12)
        np.testing.assert_allclose(
            course(Alpha(2.0), dt, 30), np.e * t / 2 * np.exp(-t / 2), rtol=1e-11, atol=1e-14
        )
        np.testing.assert_allclose(
            course(Conductance(5.0), dt, 30, conductance=True), np.exp(-t / 5), rtol=1e-12
        )
        peak = 0.5 * 5 / 4.5 * np.log(10)
        shape = lambda t: np.exp(-t / 5) - np.exp(-t / 0.5)  # noqa: E731
        np.testing.assert_allclose(
            course(DoubleExponential(0.5, 5.0), dt, 30), shape(t) / shape(peak), rtol=1e-10, atol=1e-14
        )


@pytest.mark.parametrize(
    "model", [Exponential(), Alpha(), DoubleExponential(), Conductance(), DoubleExponentialConductance()]
)
def test_a_spike_peaks_at_its_weight(model):
    is_conductance = isinstance(model, Conductance | DoubleExponentialConductance)
    assert course(model, 0.002, 5000, conductance=is_conductance).max() == pytest.approx(1.0, abs=1e-4)


def test_the_double_exponential_becomes_the_alpha_function():
    with jax.enable_x64():
        close = course(DoubleExponential(2.0, 2.0002), 0.1, 100)
        np.testing.assert_allclose(close, course(Alpha(2.0), 0.1, 100), atol=1e-4)


@pytest.mark.parametrize(
    "model", [Exponential(3.0), Exponential(10.0), Alpha(2.0), Alpha(10.0), DoubleExponential(0.5, 5.0)]
)
def test_a_linear_membrane_is_moved_exactly_at_any_step(model):
    """Steps of 1 ms end where steps of 0.001 ms end; time constants equal to the membrane's are among them."""
    with jax.enable_x64():
        cell = LIF(tau_m_ms=10.0, v_threshold_mV=1e6)

        def end(dt_ms: float) -> float:
            steps = round(20.0 / dt_ms)
            arriving = jnp.zeros((steps, 1)).at[0].set(500.0).at[steps // 4].set(-200.0)
            synapse = {key: jnp.zeros(1) + value for key, value in model.initial().items()}
            state = {key: jnp.zeros(1) + value for key, value in cell.initial().items()}

            def step(carry, arrived):
                synapse, state = carry
                synapse, drive = model.step(
                    synapse, arrived, state["v"], dt_ms, membrane_ms=cell.membrane_ms()
                )
                return (synapse, cell.update(state, drive, dt_ms)[0]), None

            return float(jax.lax.scan(step, (synapse, state), arriving)[0][1]["v"][0])

        assert end(1.0) == pytest.approx(end(0.001), abs=1e-8)
        assert end(1.0) != pytest.approx(-70.0, abs=0.1)


@pytest.mark.parametrize(("model", "reversal"), [(AMPA(), 0.0), (NMDA(), 0.0), (GABAA(), -70.0)])
def test_no_current_flows_at_the_reversal_potential_and_it_turns_there(model, reversal):
    state = {key: jnp.ones(3) for key in model.initial()}
    v = jnp.array([reversal - 10, reversal, reversal + 10])
    state = {**state, "fast": jnp.zeros(3)} if "fast" in state else state
    _, drive = model.step(state, jnp.zeros(3), v, 0.1)
    current = np.asarray(drive.at(v))
    assert current[0] > 0 > current[2]
    assert current[1] == pytest.approx(0.0, abs=1e-5)


def test_magnesium_blocks_as_measured():
    """Jahr & Stevens 1990: B = 1 / (1 + [Mg] / 3.57 e^{-0.062 v})."""
    v = jnp.array([-80.0, -40.0, 0.0, 40.0])
    np.testing.assert_allclose(
        NMDA(magnesium_mM=1.0).opening(v), [0.0244247, 0.2301553, 0.7811816, 0.9770800], rtol=1e-5
    )
    np.testing.assert_array_equal(NMDA(magnesium_mM=0.0).opening(v), 1.0)
    with pytest.raises(InputError, match="magnesium_mM"):
        NMDA(magnesium_mM=-1.0)


def released(model: TsodyksMarkram, interval_ms: float, spikes: int) -> np.ndarray:
    dt = 0.5
    every = round(interval_ms / dt)
    sent = jnp.zeros((every * spikes, 1)).at[::every].set(1.0)
    state = {key: jnp.zeros(1) + value for key, value in model.initial().items()}
    out = jax.lax.scan(lambda s, x: model.step(s, x, dt), state, sent)[1]
    return np.asarray(out)[::every, 0]


def test_depression_reaches_its_steady_state():
    """Without facilitation: x* = (1 - e^{-Δ/τ}) / (1 - (1 - U) e^{-Δ/τ})."""
    with jax.enable_x64():
        e = np.exp(-20.0 / 300.0)
        got = released(TsodyksMarkram(0.4, 300.0, 1e-3), 20.0, 60)
        assert got[0] == pytest.approx(0.4)
        assert got[-1] == pytest.approx(0.4 * (1 - e) / (1 - 0.6 * e), rel=1e-9)


def test_facilitation_reaches_its_steady_state():
    """With resources that recover at once: u* = U / (1 - (1 - U) e^{-Δ/τ})."""
    with jax.enable_x64():
        e = np.exp(-20.0 / 500.0)
        got = released(TsodyksMarkram(0.1, 1e-3, 500.0), 20.0, 200)
        assert got[0] == pytest.approx(0.1)
        assert got[-1] == pytest.approx(0.1 / (1 - 0.9 * e), rel=1e-9)
        assert (np.diff(got[:20]) > 0).all()


def test_refuses_to_use_more_than_there_is():
    with pytest.raises(InputError, match="cannot use more"):
        TsodyksMarkram(u=1.5)
    with pytest.raises(InputError, match="rise_ms is not below decay_ms"):
        DoubleExponential(5.0, 5.0)
