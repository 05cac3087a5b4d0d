"""The dynamics against closed forms: leak, gap junctions, fixed points, and what a clamp leaves behind."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from neurotwin import network
from neurotwin.network import Drive

pytestmark = pytest.mark.usefixtures("float64")

rollout = jax.jit(network.rollout)  # compiled once for each shape


def test_a_free_neuron_charges_and_discharges_exponentially_whatever_the_step(cells, matrices, free_run):
    tau = 7.0
    for dt in (0.1, 1.0, 5.0):  # exponential Euler is exact for a leak with constant drive
        on, off = 12, 15
        current = np.r_[np.full(on, 2.0), np.zeros(off)][:, None]
        found = np.asarray(rollout(cells(1, dt / tau), matrices(1), free_run(current)))[0, 0, :, 0]
        time = dt * np.arange(1, on + 1)  # frame k is the state at the end of step k
        charged = 2.0 * (1 - np.exp(-time / tau))
        np.testing.assert_allclose(found[:on], charged, rtol=1e-12)
        later = dt * np.arange(1, off + 1)
        np.testing.assert_allclose(found[on:], charged[-1] * np.exp(-later / tau), rtol=1e-12)


def test_time_constants_are_each_neurons_own(cells, matrices, free_run):
    both = cells(2, 1.0, log_rate=np.log([0.05, 0.5]))
    found = np.asarray(rollout(both, matrices(2), free_run(np.ones((10, 2)))))[0, 0]
    steps = np.arange(1, 11)[:, None]
    np.testing.assert_allclose(found, 1 - np.exp(-steps * [0.05, 0.5]), rtol=1e-12)


@pytest.fixture
def coupled_error(cells, matrices, free_run):
    """Largest error of two neurons joined by a gap junction, at the end of ``duration``, for a time step."""
    tau, conductance, duration = 5.0, 1.5, 6.0
    inflow = np.array([1.0, -0.2])
    # τ dm/dt = A m + I, from m = 0
    a = np.array([[-1 - conductance, conductance], [conductance, -1 - conductance]])
    exact = np.linalg.solve(a, (expm(a * duration / tau) - np.eye(2)) @ inflow)

    def error(dt: float) -> float:
        junction = matrices(2, electrical=[[0, conductance], [conductance, 0]])
        found = rollout(cells(2, dt / tau), junction, free_run(np.tile(inflow, (240, 1))))
        return float(np.abs(np.asarray(found)[0, 0, round(duration / dt) - 1] - exact).max())

    return error


def test_a_gap_junction_follows_the_matrix_exponential_to_first_order(coupled_error):
    errors = [coupled_error(dt) for dt in (0.2, 0.1, 0.05, 0.025)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 2e-3
    np.testing.assert_allclose(orders, 1.0, atol=0.06)


def test_a_strong_gap_junction_cannot_make_the_integration_unstable(cells, matrices, free_run):
    junction = matrices(2, electrical=[[0, 500.0], [500.0, 0]])
    found = np.asarray(rollout(cells(2, 0.5), junction, free_run(np.tile([1.0, 0.0], (20_000, 1)))))[0, 0]
    assert np.abs(found).max() <= 1.0
    # the current of one neuron is shared by both
    np.testing.assert_allclose(found[-1], 0.5, atol=2e-3)


def test_a_long_run_ends_in_a_fixed_point_of_the_equation(cells, matrices, free_run):
    rng, n = np.random.default_rng(0), 6
    w = rng.normal(0, 0.3, (n, n))
    g = rng.uniform(0, 0.5, (n, n)) * (rng.random((n, n)) < 0.4)
    g = np.triu(g, 1) + np.triu(g, 1).T
    bias, inflow = rng.normal(0, 0.5, n), rng.normal(0, 0.5, n)
    run = free_run(np.tile(inflow, (2000, 1)))
    m = np.asarray(rollout(cells(n, 0.3, bias=bias), matrices(n, directed=w, electrical=g), run))[0, 0, -1]
    residual = -m + (g * (m[None] - m[:, None])).sum(1) + w @ np.tanh(m) + bias + inflow
    assert np.abs(residual).max() < 1e-10
    assert np.abs(m).max() > 0.3  # the fixed point is not the trivial one


def test_a_weight_runs_from_its_column_to_its_row(cells, matrices, free_run):
    current = np.zeros((5, 2))
    current[:, 0] = 1.0
    found = np.asarray(rollout(cells(2, 0.5), matrices(2, directed=[[0, 0], [0.8, 0]]), free_run(current)))[
        0, 0
    ]
    source = 1 - np.exp(-0.5 * np.arange(1, 6))
    np.testing.assert_allclose(found[:, 0], source, rtol=1e-12)
    target, expected = 0.0, []
    for before in np.r_[0.0, source[:-1]]:  # the second neuron sees what the first was one step ago
        target += (1 - np.exp(-0.5)) * (0.8 * np.tanh(before) - target)
        expected.append(target)
    np.testing.assert_allclose(found[:, 1], expected, rtol=1e-12)


@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_a_released_clamp_starts_at_the_recorded_value_and_decays(cells, matrices, bias):
    frames, release, logit = 30, 12, 2.0
    decay = 1 / (1 + np.exp(-logit))
    recorded = jnp.asarray(np.random.default_rng(1).normal(size=frames))[None, None, :, None]
    drive = Drive(recorded, jnp.ones((1, 1, 1), bool), jnp.full((1, 1), release, jnp.int32))
    one = cells(
        1, 0.5, bias=bias, private_decay=logit, private_gain=40.0
    )  # tracks what is unexplained at once
    found = np.asarray(rollout(one, matrices(1), drive))[0, 0, :, 0]
    network = bias * (1 - np.exp(-0.5 * np.arange(1, frames + 1)))
    np.testing.assert_allclose(found[:release], network[:release], rtol=1e-12)  # clamped: what was expected
    last = float(recorded[0, 0, release - 1, 0])
    unexplained = last - network[release - 1]
    later = np.arange(1, frames - release + 1)
    np.testing.assert_allclose(found[release:], network[release:] + unexplained * decay**later, rtol=1e-10)


def test_the_dynamics_are_the_equations_of_the_docstring(cells, matrices):
    """A plain loop over the equations, all parts at once: weights, junctions, observer, private part."""
    rng, n, frames, release = np.random.default_rng(2), 4, 25, 15
    off = 1 - np.eye(n)
    w, k = rng.normal(0, 0.5, (n, n)) * off, rng.normal(0, 0.3, (n, n)) * off
    g = rng.uniform(0, 1, (n, n)) * off
    g = g + g.T
    value = {name: rng.normal(0, 0.5, n) for name in ("log_gain", "bias", "private_decay", "private_gain")}
    y, current = rng.normal(size=(frames, n)), rng.normal(0, 0.3, (frames, n))
    clamped = np.array([True, True, True, False])
    drive = Drive(
        jnp.asarray(y)[None, None],
        jnp.asarray(clamped)[None, None],
        jnp.full((1, 1), release, jnp.int32),
        jnp.asarray(current)[None, None],
    )
    network = matrices(n, directed=w, observer=k, electrical=g)
    found = np.asarray(rollout(cells(n, 0.4, **value), network, drive))[0, 0]

    squash = lambda logit: 1 / (1 + np.exp(-logit))  # noqa: E731
    decay, kappa = squash(value["private_decay"]), squash(value["private_gain"])
    total = 1 + g.sum(1)
    m, xi, c = np.zeros(n), np.zeros(n), np.zeros(n)
    for t in range(frames):
        held = clamped & (t < release)
        s = np.where(held, y[t], m + xi)
        c = k @ np.where(held, y[t] - m, 0) if t < release else decay * c
        drive_in = w @ np.tanh(np.exp(value["log_gain"]) * s) + total * c + value["bias"] + current[t]
        target = (g @ s + drive_in) / total
        m = target + np.exp(-0.4 * total) * (m - target)
        xi = decay * xi + np.where(held, kappa * (y[t] - m - decay * xi), 0)
        np.testing.assert_allclose(found[t], np.where(held, m, m + xi), rtol=1e-9, err_msg=f"frame {t}")


def test_an_error_moves_only_the_partners_that_the_observer_names(cells, matrices):
    recorded = np.zeros((1, 1, 6, 3))
    recorded[..., 0] = 1e-3  # small: the neurons' activations are linear
    drive = Drive(
        jnp.asarray(recorded), jnp.asarray([[[True, False, False]]]), jnp.full((1, 1), 100, jnp.int32)
    )
    observer = np.zeros((3, 3))
    observer[1, 0] = 0.7  # [post, pre]
    found = np.asarray(rollout(cells(3, 0.5), matrices(3, observer=observer), drive))[0, 0]
    m, expected = 0.0, []
    for _ in range(6):
        m += (1 - np.exp(-0.5)) * (0.7 * 1e-3 - m)
        expected.append(m)
    np.testing.assert_allclose(found[:, 1], expected, rtol=1e-5)
    assert not found[:, [0, 2]].any()


def test_an_animals_deviation_moves_that_animal_alone(cells, matrices):
    rng = np.random.default_rng(3)
    both = cells(3, 0.4, animals=2)
    shared = matrices(3, directed=rng.normal(size=(3, 3)), observer=rng.normal(size=(3, 3)))
    double = lambda leaf: jnp.repeat(leaf, 2, 0)  # noqa: E731
    same = shared.__class__(double(shared.directed), double(shared.observer), shared.electrical)
    recorded = jnp.asarray(np.tile(rng.normal(size=(1, 1, 10, 3)), (2, 1, 1, 1)))
    clamped = jnp.tile(jnp.asarray([[[True, False, False]]]), (2, 1, 1))
    drive = Drive(recorded, clamped, jnp.full((2, 1), 7, jnp.int32))
    before = np.asarray(rollout(both, same, drive))
    np.testing.assert_array_equal(before[0], before[1])
    changes = {
        "directed": (
            both,
            same.__class__(same.directed.at[1, 1, 0].add(0.5), same.observer, same.electrical),
        ),
        "observer": (
            both,
            same.__class__(same.directed, same.observer.at[1, 1, 0].add(0.5), same.electrical),
        ),
        "bias": (cells(3, 0.4, animals=2, animal_bias=[[0, 0, 0], [0, 0, 0.5]]), same),
    }
    for name, (changed_cells, changed_matrices) in changes.items():
        after = np.asarray(rollout(changed_cells, changed_matrices, drive))
        np.testing.assert_array_equal(after[0], before[0], err_msg=name)
        assert np.abs(after[1] - before[1]).max() > 1e-3, name
