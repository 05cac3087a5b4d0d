"""A fit: the same each time, stopped at its best, resumed to the same bits, without leaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from neurotwin._base.errors import DivergenceError, InputError
from neurotwin.network import Twin
from neurotwin.training import History, loop, standardised_recordings


@pytest.fixture(scope="module")
def undisturbed(tiny_fit) -> tuple[Twin, History]:
    return tiny_fit()


def leaves(twin: Twin) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(twin.parameters)]


def same(one: Twin, other: Twin) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(leaves(one), leaves(other), strict=True))


def test_a_fit_learns_and_says_so(undisturbed, config):
    twin, history = undisturbed
    table = history.to_frame()
    assert twin.n_members == len(config.seeds)
    assert twin.subjects == ("w0", "w1")
    assert table["step"].tolist() == [10, 10, 20, 20, 30, 30, 40, 40]
    assert table["seed"].tolist() == [*config.seeds] * 4
    for _, member in table.groupby("seed"):
        assert member["function"].iloc[-1] < member["function"].iloc[0]
        assert member["validation"].min() < 0.8  # r > 0.2 on what it was not shown
    assert history.stopped == "all steps taken"


def test_an_equal_seed_gives_equal_bits_and_another_seed_does_not(undisturbed, tiny_fit):
    again, history = tiny_fit()
    assert same(again, undisturbed[0])
    assert history.rows == undisturbed[1].rows
    for leaf in (again.parameters.directed, again.parameters.observer, again.parameters.cells.bias):
        assert not np.array_equal(leaf[0], leaf[1])


def test_a_member_of_the_ensemble_is_the_fit_of_its_seed_alone(undisturbed, tiny_fit, config):
    alone, _ = tiny_fit(config=replace(config, seeds=config.seeds[1:]))
    for one, both in zip(leaves(alone), leaves(undisturbed[0]), strict=True):
        np.testing.assert_allclose(one[0], both[1], atol=2e-4)


def test_no_test_frame_has_any_influence_on_a_fit(undisturbed, tiny_fit, biology, split, blueprint):
    """The whole way from the raw recording: scaling, windows, validation."""
    spoilt = []
    for recording in biology.recordings:
        activity = recording.activity.copy()
        activity[split.of(recording).test] = 1e6
        spoilt.append(replace(recording, activity=activity))
    data = standardised_recordings(biology.with_recordings(tuple(spoilt)), split)
    twin, history = loop.fit(blueprint, data, config=tiny_fit.keywords["config"], split=split)
    assert same(twin, undisturbed[0])
    assert history.rows == undisturbed[1].rows


def test_the_first_state_has_the_types_of_every_later_one(blueprint, recordings, config, split):
    """A weakly typed number in it had the whole program compiled a second time."""
    problem = loop._problem(blueprint, recordings, config, split, None)
    state = loop._start(blueprint, problem, config, "counts", 0.5, len(recordings))
    assert not [leaf for leaf in jax.tree.leaves(state) if leaf.weak_type]


def test_early_stopping_keeps_the_best_of_each_member(monkeypatch, tiny_fit, config):
    scripted = [[0.9, 0.5], [0.4, 0.6], [0.7, 0.6], [0.7, 0.6]]
    seen = []

    def validate(parameters, problem, activation):
        del problem, activation
        seen.append(parameters)
        return np.array(scripted[len(seen) - 1], np.float32)

    monkeypatch.setattr(loop, "_validate", validate)
    twin, history = tiny_fit()
    assert history.stopped == "all steps taken"
    for member, best in ((0, 1), (1, 0)):
        for kept, then in zip(leaves(twin), jax.tree.leaves(seen[best]), strict=True):
            np.testing.assert_array_equal(kept[member], np.asarray(then)[member])
    assert history.to_frame()["validation"].tolist() == pytest.approx(np.ravel(scripted).tolist())


def test_a_fit_stops_when_no_member_improves_any_more(monkeypatch, tiny_fit, config):
    errors = iter([[0.9, 0.5], [0.9, 0.4], [0.9, 0.6], [0.9, 0.6], [0.9, 0.6], [0.9, 0.6]])
    monkeypatch.setattr(loop, "_validate", lambda *_: np.array(next(errors), np.float32))
    monkeypatch.setattr(loop, "_exhausted", exhausted_after(1))
    _, history = tiny_fit()
    assert history.to_frame()["step"].max() == 30  # the best was at 20, and one check more brought nothing
    assert history.stopped == f"no better validation error in {config.patience} checks"


def exhausted_after(patience: int):
    """The rule of the loop at another patience, so that the program need not be compiled for it."""
    rule = loop._exhausted
    return lambda state, config: rule(state, replace(config, patience=patience))


def test_patience_0_never_stops_early(monkeypatch, tiny_fit):
    monkeypatch.setattr(loop, "_validate", lambda *_: np.array([0.5, 0.5], np.float32))
    monkeypatch.setattr(loop, "_exhausted", exhausted_after(0))
    assert tiny_fit()[1].to_frame()["step"].max() == 40


class Killed(Exception):
    """Stands for kill -9: nothing of the loop runs after it."""


def killed_at(step: int):
    def progress(now: int, steps: int, values: dict[str, float]) -> None:
        del steps, values
        if now == step:
            raise Killed

    return progress


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    return tmp_path / "checkpoint.safetensors"


ALWAYS = 0.0  # seconds between two writes of the checkpoint


@pytest.mark.parametrize("step", [10, 30])
def test_a_killed_fit_resumes_to_the_same_bits(undisturbed, tiny_fit, checkpoint, step):
    with pytest.raises(Killed):
        tiny_fit(checkpoint=checkpoint, checkpoint_seconds=ALWAYS, progress=killed_at(step))
    steps = []
    twin, history = tiny_fit(checkpoint=checkpoint, progress=lambda now, *_: steps.append(now))
    assert steps == list(range(step + 10, 41, 10))  # what was done is not done again
    assert same(twin, undisturbed[0])
    assert history == undisturbed[1]


def test_a_finished_fit_is_not_repeated(undisturbed, tiny_fit, checkpoint):
    tiny_fit(checkpoint=checkpoint, checkpoint_seconds=ALWAYS)
    steps = []
    twin, history = tiny_fit(checkpoint=checkpoint, progress=lambda now, *_: steps.append(now))
    assert not steps
    assert same(twin, undisturbed[0])
    assert history == undisturbed[1]


@pytest.mark.parametrize("other", [{"radius": 0.7}, {"init": "glorot"}])
def test_a_checkpoint_of_other_settings_is_ignored(undisturbed, tiny_fit, checkpoint, other):
    with pytest.raises(Killed):
        tiny_fit(checkpoint=checkpoint, checkpoint_seconds=ALWAYS, progress=killed_at(20), **other)
    steps = []
    twin, history = tiny_fit(checkpoint=checkpoint, progress=lambda now, *_: steps.append(now))
    assert steps == [10, 20, 30, 40]
    assert same(twin, undisturbed[0])
    assert history == undisturbed[1]


def test_a_checkpoint_of_other_recordings_is_ignored(undisturbed, tiny_fit, checkpoint, recordings):
    changed = replace(recordings[0], activity=recordings[0].activity * 1.01)
    with pytest.raises(Killed):
        loop.fit(
            *(tiny_fit.args[0], (changed, recordings[1])),
            **tiny_fit.keywords,
            checkpoint=checkpoint,
            checkpoint_seconds=ALWAYS,
            progress=killed_at(20),
        )
    assert same(tiny_fit(checkpoint=checkpoint)[0], undisturbed[0])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 0.99])
def test_a_truncated_checkpoint_is_ignored(undisturbed, tiny_fit, checkpoint, share):
    with pytest.raises(Killed):
        tiny_fit(checkpoint=checkpoint, checkpoint_seconds=ALWAYS, progress=killed_at(20))
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[: int(share * len(whole))])
    steps = []
    twin, _ = tiny_fit(checkpoint=checkpoint, progress=lambda now, *_: steps.append(now))
    assert steps == [10, 20, 30, 40]
    assert same(twin, undisturbed[0])


def test_a_diverging_fit_names_its_learning_rate_and_the_way_out(tiny_fit, config, recordings):
    beyond = tuple(replace(one, activity=one.activity * 1e25) for one in recordings)  # squared, no float32
    message = (
        r"(?s)diverged.*seed \[0, 1\] between steps 0 and 10.*learning rate below 0.05.*--clip-norm than 1"
    )
    with pytest.raises(DivergenceError, match=message):
        loop.fit(tiny_fit.args[0], beyond, **tiny_fit.keywords)


def test_divergence_keeps_the_last_good_state(monkeypatch, undisturbed, tiny_fit, checkpoint):
    advance = loop._advance

    def breaks_at_20(state, *rest):
        new, terms = advance(state, *rest)
        return new, terms._replace(loss=terms.loss.at[1].set(np.nan)) if int(state.step) == 20 else terms

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_advance", breaks_at_20)
        message = (
            r"(?s)seed \[1\] between steps 20 and 30.*state at step 20 is kept in .*checkpoint.safetensors"
        )
        with pytest.raises(DivergenceError, match=message):
            tiny_fit(checkpoint=checkpoint, checkpoint_seconds=ALWAYS)
    steps = []
    twin, history = tiny_fit(checkpoint=checkpoint, progress=lambda now, *_: steps.append(now))
    assert steps == [30, 40]
    assert same(twin, undisturbed[0])
    assert history == undisturbed[1]


def test_recordings_over_other_neurons_are_refused(tiny_fit, biology):
    with pytest.raises(InputError, match="(?s)not over the blueprint's neurons.*w0.*standardised_recordings"):
        loop.fit(tiny_fit.args[0], biology.recordings)


def test_a_history_survives_its_file(undisturbed, tmp_path):
    history = undisturbed[1]
    history.to_csv(tmp_path / "history.csv")
    back = History.from_csv(tmp_path / "history.csv")
    assert back.stopped == history.stopped
    one, other = history.to_frame(), back.to_frame()
    assert list(one.columns) == list(other.columns)
    assert one[["step", "model", "seed"]].equals(other[["step", "model", "seed"]])
    np.testing.assert_allclose(one["loss"], other["loss"], rtol=1e-8)
    axes = back.plot()
    assert [line.get_label() for line in axes.get_lines()] == ["function", "validation"]


def test_refining_goes_on_from_the_best_and_lets_the_validation_stretch_train(tiny_fit, config, monkeypatch):
    plain, _ = tiny_fit()
    starts = []
    advance = loop._advance

    def watched(state, problem, *rest):
        starts.append((state, np.asarray(problem.data.train_stop)))
        return advance(state, problem, *rest)

    monkeypatch.setattr(loop, "_advance", watched)
    refined, history = tiny_fit(config=replace(config, refine_steps=5))
    state, stops = starts[-1]
    np.testing.assert_array_equal(stops, starts[0][1] + 10)  # the ten validation frames
    np.testing.assert_array_equal(
        np.asarray(state.parameters.directed), np.asarray(plain.parameters.directed)
    )
    assert not np.array_equal(np.asarray(refined.parameters.directed), np.asarray(plain.parameters.directed))
    assert "5 steps on all frames before the test stretch" in history.stopped
