"""The twin as an object: simulate, run, stimulate, weights, and what it refuses."""

from __future__ import annotations

import equinox as eqx
import numpy as np
import pytest

from neurotwin._base.errors import DivergenceError, InputError, UnknownName
from neurotwin.biology import Recording
from neurotwin.network import NEVER, Clamp, Twin
from neurotwin.network import twin as twin_module


@pytest.fixture(scope="module")
def recording(twin) -> Recording:
    activity = np.random.default_rng(1).normal(size=(12, 4))
    return Recording(activity, ("AL", "BL", "C", "D"), dt_ms=500.0, subject="w0").align(twin.neurons)


def test_a_simulation_is_a_recording_of_all_neurons(twin, recording):
    result = twin.simulate(clamp=Clamp(recording), subject="w0")
    assert result.names == twin.neurons
    assert result.activity.shape == (12, 6)
    assert result.dt_ms == 500.0
    assert result.subject == "twin"


def test_simulate_is_run_with_one_run(twin, recording):
    inputs = np.random.default_rng(2).normal(size=(12, 6))
    one = twin.simulate(inputs, Clamp(recording, free=["C"], until=8), subject="w1").activity
    mask = recording.observed & (np.array(twin.neurons) != "C")
    many = twin.run(recording.activity[None], mask[None], np.array([8]), subject="w1", current=inputs[None])
    np.testing.assert_array_equal(one, many[0])


def test_a_recording_in_another_order_is_aligned_by_name(twin, recording):
    turned = recording.select(["D", "C", "BL", "AL"])
    one, other = (twin.simulate(clamp=Clamp(r)).activity for r in (recording, turned))
    np.testing.assert_array_equal(one, other)


def test_what_a_free_neuron_recorded_is_not_in_the_result(twin, recording):
    noise = recording.activity.copy()
    noise[:, twin.blueprint.index_of("C")] = np.random.default_rng(3).normal(0, 9, 12)
    noisy = Recording(noise, recording.names, 500.0, observed=recording.observed)
    one, other = (twin.simulate(clamp=Clamp(r, free=["C"])).activity for r in (recording, noisy))
    np.testing.assert_array_equal(one, other)
    held = twin.simulate(clamp=Clamp(noisy)).activity
    assert not np.array_equal(held, twin.simulate(clamp=Clamp(recording)).activity)


def test_after_the_clamp_nothing_of_the_recording_is_seen(twin, recording):
    late = recording.activity.copy()
    late[7:, recording.observed] = 50.0
    changed = Recording(late, recording.names, 500.0, observed=recording.observed)
    one, other = (twin.simulate(clamp=Clamp(r, until=7)).activity for r in (recording, changed))
    np.testing.assert_array_equal(one, other)
    other = twin.simulate(clamp=Clamp(changed, until=8)).activity
    np.testing.assert_array_equal(one[:7], other[:7])
    assert not np.array_equal(one, other)


def test_subjects_have_deviations_and_strangers_have_none(twin, recording):
    run = lambda subject, of=twin: of.simulate(clamp=Clamp(recording), subject=subject).activity  # noqa: E731
    shared = run(None)
    np.testing.assert_array_equal(run("never seen"), shared)
    assert np.abs(run("w0") - shared).max() > 1e-2
    assert np.abs(run("w0") - run("w1")).max() > 1e-2
    where = lambda t: t.parameters.directed_deviation  # noqa: E731
    moved = eqx.tree_at(where, twin, where(twin).at[:, 1].add(0.3))
    np.testing.assert_array_equal(run("w0", moved), run("w0"))
    np.testing.assert_array_equal(run(None, moved), shared)
    assert np.abs(run("w1", moved) - run("w1")).max() > 1e-2


@pytest.fixture(scope="module")
def batch(twin) -> dict[str, np.ndarray]:
    rng, runs = np.random.default_rng(4), 7
    return {
        "recorded": rng.normal(size=(runs, 10, 6)).astype(np.float32),
        "clamped": rng.random((runs, 6)) < 0.5,
        "release": rng.choice([0, 4, NEVER], runs),
        "current": rng.normal(size=(runs, 10, 6)).astype(np.float32),
    }


def test_a_batch_is_its_runs_one_by_one(twin, batch):
    whole = twin.run(**batch, subject="w0")
    for row in range(7):
        alone = twin.run(**{name: value[row : row + 1] for name, value in batch.items()}, subject="w0")
        np.testing.assert_allclose(alone[0], whole[row], atol=1e-6)
    assert np.abs(whole[0] - whole[1]).max() > 1e-2


@pytest.mark.parametrize("size", [1, 3, 7])
def test_how_many_runs_go_side_by_side_does_not_matter(twin, batch, monkeypatch, size):
    whole = twin.run(**batch)
    monkeypatch.setattr(twin_module, "BATCH", size)
    np.testing.assert_allclose(twin.run(**batch), whole, atol=1e-6)


def test_more_runs_than_a_batch_keep_their_order(twin, batch):
    many = {name: np.concatenate([value] * 10) for name, value in batch.items()}
    assert len(many["release"]) > twin_module.BATCH
    np.testing.assert_allclose(twin.run(**many), np.tile(twin.run(**batch), (10, 1, 1)), atol=1e-6)


def test_members_are_averaged_unless_asked_for(twin, batch):
    apart = twin.run(**batch, members=True)
    assert apart.shape == (2, 7, 10, 6)
    assert np.abs(apart[0] - apart[1]).max() > 1e-2
    np.testing.assert_allclose(twin.run(**batch), apart.mean(0), atol=1e-6)


def test_no_runs_give_no_results(twin):
    empty = twin.run(np.zeros((0, 5, 6)), np.zeros((0, 6), bool), np.zeros(0, int))
    assert empty.shape == (0, 5, 6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "(?s)length of the simulation is unknown.*inputs, a clamp or n_frames"),
        ({"n_frames": 0}, "(?s)nothing to simulate.*0 frames"),
        ({"n_frames": 3, "inputs": np.zeros((4, 6))}, "(?s)lengths disagree.*'inputs': 4, 'n_frames': 3"),
        ({"inputs": np.zeros((4, 5))}, r"(?s)inputs do not fit.*\(4, 5\).*\(4, 6\)"),
        ({"inputs": np.full((4, 6), np.nan)}, "(?s)inputs do not fit.*finite: False"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused(twin, given, message):
    with pytest.raises(InputError, match=message):
        twin.simulate(**given)


def test_a_clamp_to_neurons_of_another_animal_is_refused(twin):
    stranger = Recording(np.ones((4, 1)), ("Z",), dt_ms=500.0)
    with pytest.raises(InputError, match="(?s)missing from the names to align to.*Z"):
        twin.simulate(clamp=Clamp(stranger))


def test_a_simulation_that_explodes_names_neuron_and_frame(chain):
    linear = Twin(chain.parameters, chain.wiring, chain.blueprint, chain.subjects, activation="relu")
    steep = eqx.tree_at(lambda t: t.parameters.cells.log_gain, linear, np.full((1, 2), 88.0, np.float32))
    inputs = np.zeros((6, 2))
    inputs[2:, 0] = 50.0  # A answers at frame 2; exp(88) times that, which it sends at frame 3, is no float32
    with pytest.raises(
        DivergenceError, match="(?s)left the finite numbers.*neuron [AB] at frame 3.*smaller inputs"
    ):
        steep.simulate(inputs)
    assert np.isfinite(linear.simulate(inputs).activity).all()


def test_stimulating_moves_who_is_downstream_and_nobody_else(chain):
    response = chain.stimulate()
    assert response.shape == (2, 2)
    a, b = 0, 1
    assert response[b, a] > 0.01  # [post, pre]: A was stimulated, B responds
    assert response[a, b] == 0
    assert response[a, a] > response[b, a]
    assert response[b, b] > 0


def test_a_response_is_the_difference_from_the_unstimulated_twin(twin):
    settle, read = 30, 4
    found = twin.stimulate(["C"], amplitude=0.5, pulse_frames=2, n_frames=read)
    pulse = np.zeros((settle + read, 6))
    pulse[settle : settle + 2, twin.blueprint.index_of("C")] = 0.5
    change = twin.simulate(pulse).activity - twin.simulate(n_frames=settle + read).activity
    column = twin.blueprint.index_of("C")
    np.testing.assert_allclose(found[:, column], change[settle:].mean(0), atol=1e-5)
    assert np.isnan(np.delete(found, column, axis=1)).all()


def test_responses_of_the_members(twin):
    apart = twin.stimulate(["D", "AL"], members=True)
    assert apart.shape == (2, 6, 6)
    np.testing.assert_allclose(apart.mean(0), twin.stimulate(["AL", "D"]), atol=1e-6)
    with pytest.raises(UnknownName, match="(?s)unknown neuron.*'AM'"):
        twin.stimulate(["AM"])


@pytest.mark.parametrize("kind", ["chemical", "electrical", "extrasynaptic", "observer"])
def test_weights_of_each_kind_lie_on_their_wiring(twin, kind):
    weights = twin.weights(kind)
    assert weights.shape == (6, 6)
    np.testing.assert_array_equal(weights.toarray() != 0, np.asarray(getattr(twin.wiring, kind)) > 0)
    assert (abs(weights - twin.weights(kind, subject="w0")).max() > 0) == (kind != "electrical")


def test_weights_are_the_mean_over_the_ensemble_post_by_pre(twin):
    al, bl = twin.blueprint.index_of("AL"), twin.blueprint.index_of("BL")
    expected = (
        np.asarray(twin.parameters.directed)[:, bl, al].mean() * np.asarray(twin.wiring.chemical)[bl, al]
    )
    assert twin.weights("chemical")[bl, al] == pytest.approx(expected, rel=1e-5)
    assert twin.weights("chemical")[al, bl] == 0


def test_an_unknown_kind_of_weights_is_refused(twin):
    with pytest.raises(UnknownName, match="(?s)unknown kind of weights.*'chemcal'.*did you mean chemical"):
        twin.weights("chemcal")
