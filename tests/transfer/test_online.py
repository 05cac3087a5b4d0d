"""Online learning: detectors on synthetic streams, the guard's rule, streams, and one short run."""

from __future__ import annotations

import json

import jax
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.online import run_online
from neurotwin.tasks import TASKS
from neurotwin.transfer.online import (
    DETECTORS,
    DRIFTS,
    POLICIES,
    Event,
    Guard,
    OnlineSettings,
    Served,
    make_stream,
    measures,
    serve,
    smoothed,
)
from neurotwin.transfer.online.guard import wins
from neurotwin.transfer.online.linear import serve_linear

TASK = TASKS["images"]


@pytest.fixture(scope="module")
def digits():
    return TASK.load(None, False)


def alarms(name, errors):
    detector = DETECTORS[name]()
    return [
        (time, age) for time, error in enumerate(errors) if (age := detector.update(float(error))) is not None
    ]


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_false_alarms_are_rare(name, rate):
    rng = np.random.default_rng(0)
    found = [alarms(name, rng.random(1000) < rate) for _ in range(12)]
    # at most one stream of twelve, over 1,000 answers each
    assert sum(map(bool, found)) <= 2


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(("after", "longest"), [(0.9, 30), (0.4, 100)])
def test_a_jump_is_found_soon_and_dated(name, after, longest):
    rng = np.random.default_rng(1)
    delays, dated = [], []
    for _ in range(20):
        errors = np.concatenate([rng.random(400) < 0.08, rng.random(200) < after])
        first = next(((t, age) for t, age in alarms(name, errors) if t >= 400), None)
        assert first is not None
        delays.append(first[0] - 400)
        dated.append(first[0] - first[1] + 1 - 400)
    assert np.median(delays) < longest
    assert np.abs(np.median(dated)) <= 15


@pytest.mark.parametrize("name", DETECTORS)
def test_a_fall_of_the_error_is_no_alarm(name):
    rng = np.random.default_rng(2)
    assert not alarms(name, np.concatenate([rng.random(300) < 0.7, rng.random(300) < 0.05]))


def test_adwin_drops_what_came_before():
    detector = DETECTORS["adwin"]()
    for error in [0.0] * 200 + [1.0] * 60:
        detector.update(error)
    assert set(detector.window) == {1.0}


def held(guard, n):
    for time in range(n):
        guard.hold(time)
    return guard


def judged(guard, update, in_use, at_alarm=None):
    update, in_use = np.array(update, bool), np.array(in_use, bool)
    return guard.verdict(update, in_use, in_use if at_alarm is None else np.array(at_alarm, bool))


def test_an_update_that_loses_more_than_it_wins_is_rolled_back():
    assert judged(held(Guard(4, 0.05), 4), [1, 1, 0, 0], [1, 0, 1, 1]) == "rolled back"
    assert judged(held(Guard(4, 0.05), 4), [1, 1, 1, 0], [1, 0, 1, 1]) == "kept"  # wins one, loses one
    assert judged(held(Guard(4, 0.05), 4), [1, 1, 1, 1], [1, 1, 1, 1]) == "kept"


def test_after_an_alarm_only_what_wins_on_the_new_may_lose_the_old():
    update, before = [0] * 20 + [1] * 6, [1] * 20 + [0] * 6
    guard = held(Guard(26, 0.05), 26)
    assert judged(guard, update, before) == "rolled back"
    guard.alarm(20)
    assert judged(guard, update, before) == "drift accepted"
    assert guard.rows == list(range(20, 26)) and guard.changed_at is None
    # false labels: nothing is won on what came since
    guard = held(Guard(26, 0.05), 26)
    guard.alarm(20)
    assert judged(guard, [0] * 20 + [1, 0] * 3, [1] * 20 + [0, 1] * 3) == "rolled back"
    assert guard.changed_at == 20


def test_a_drift_is_judged_against_the_model_that_met_it():
    guard = held(Guard(26, 0.05), 26)
    guard.alarm(20)
    learned = [0] * 20 + [1] * 6
    assert judged(guard, learned, learned, at_alarm=[1] * 20 + [0] * 6) == "drift accepted"


def test_an_alarm_ends_when_nothing_from_before_is_left():
    guard = held(Guard(5, 0.05), 5)
    guard.alarm(3)
    guard.hold(5)
    guard.hold(6)
    assert guard.rows == [2, 3, 4, 5, 6] and guard.changed_at == 3
    guard.hold(7)
    assert guard.changed_at is None


@pytest.mark.parametrize(("won", "lost", "p"), [(5, 0, 1 / 32), (3, 1, 5 / 16), (0, 0, 1.0), (0, 4, 1.0)])
def test_the_sign_test(won, lost, p):
    one = np.array([True] * won + [False] * lost + [True], bool)
    other = np.array([False] * won + [True] * lost + [True], bool)
    assert wins(one, other) == pytest.approx(p)


def test_a_stream_holds_every_image_once_and_false_labels_only_in_the_burst(digits):
    stream = make_stream(digits, drift="permuted", warm=300, length=0, burst=100, seed=0)
    assert len(stream.x) == len(digits.train) + len(digits.test) - 300
    wrong = np.flatnonzero(stream.told != stream.truth)
    assert wrong.min() >= stream.burst[0] and wrong.max() < stream.burst[1]
    assert 75 <= len(wrong) <= 100  # one false label in ten is right by chance
    again = make_stream(digits, drift="inverted", warm=300, length=0, burst=100, seed=0)
    np.testing.assert_array_equal(stream.x[: stream.drift_at], again.x[: again.drift_at])
    assert (stream.x[stream.drift_at :] != again.x[again.drift_at :]).any()
    assert (stream.without_burst().told == stream.truth).all()


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_keeps_the_images_apart(digits, name):
    x = np.asarray(digits.test.x)
    moved = DRIFTS[name](x, np.random.default_rng(0))
    assert moved.shape == x.shape and (moved != x).any()
    assert len(np.unique(moved.reshape(len(x), -1), axis=0)) == len(np.unique(x.reshape(len(x), -1), axis=0))


def test_streams_that_cannot_be_are_refused(digits):
    with pytest.raises(InputError, match="not enough examples for such a stream"):
        make_stream(digits, drift="permuted", warm=1000, length=1000, burst=10, seed=0)
    with pytest.raises(InputError, match="unknown drift"):
        OnlineSettings(drift="sideways")
    with pytest.raises(InputError, match="share is not usable"):
        OnlineSettings(share=1)


def test_prequential_accuracy_and_measures(digits):
    np.testing.assert_allclose(smoothed(np.array([1, 0, 1, 1]), 2), [1, 0.5, 0.5, 1])
    stream = make_stream(digits, drift="permuted", warm=300, length=1000, burst=50, seed=0)
    clean = np.ones(1000, bool)
    right = clean.copy()
    right[200:250] = False  # the burst is at 200, the drift at 550
    events = (Event(100, "alarm"), Event(560, "alarm"), Event(580, "rolled back"))
    found = measures(Served(right, events), Served(clean, events), stream, POLICIES["guarded"])
    assert found == {
        "accuracy": 0.95,
        "accuracy_after_drift": 1.0,
        "lost_to_burst": pytest.approx(50 / 250),
        "detection_delay": 10.0,
        "false_alarms": 1.0,
        "roll_backs": 1.0,
    }
    frozen = measures(Served(right, ()), Served(clean, ()), stream, POLICIES["frozen"])
    assert set(frozen) == {"accuracy", "accuracy_after_drift", "lost_to_burst"}


def test_an_example_is_answered_before_it_is_learned_from(digits):
    """Labels that are false for the rest of the stream cannot change the answers of their own stretch."""
    spec = {**TASK.describe(digits), "dropout": 0.0, "parameters": 4000}
    network = TASK.models["dense"].build(spec, jax.random.key(0))
    settings = OnlineSettings(every=50, warm_steps=100)
    stream = make_stream(digits, drift="permuted", warm=300, length=200, burst=50, seed=0)
    begins = stream.burst[0]  # 40, in the first stretch
    for policy in ("always updating", "guarded"):
        runs = [
            serve(network, one, POLICIES[policy], settings, seed=0)
            for one in (stream, stream.without_burst())
        ]
        assert begins < 50
        np.testing.assert_array_equal(runs[0].right[:50], runs[1].right[:50])
        again = serve(network, stream, POLICIES[policy], settings, seed=0)
        np.testing.assert_array_equal(again.right, runs[0].right)
    assert serve_linear(stream, settings, seed=0).right[:begins].mean() > 0.7


@pytest.mark.slow
def test_a_whole_run(tmp_path):
    result = run_online(tmp_path / "run", length=500, burst=80, seeds=1, warm_steps=200, seed=10)
    assert {path.name for path in result.folder.iterdir()} == {
        "run.json", "history.csv", "scores.csv", "report.html", "figures",
    }  # fmt: skip
    card = Scorecard.from_csv(result.folder / "scores.csv")
    assert {score.split for score in card} == {"test"}
    assert card.get(model="guarded", metric="roll_backs").value >= 1
    lost = {
        name: card.get(model=name, metric="lost_to_burst").value
        for name in ("guarded", "baseline: no roll-back")
    }
    assert lost["guarded"] < 0.05 < lost["baseline: no roll-back"]
    assert card.get(model="baseline: frozen", metric="lost_to_burst").value == 0
    assert json.loads((result.folder / "run.json").read_text())["status"] == "complete"
    assert "Slow drift" in (result.folder / "report.html").read_text()
