"""The examiner: what is scored, under which names, and that it is paired with the right truth."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.comparison import Predictions, evaluate, response_of
from neurotwin.evaluation import HORIZONS


@pytest.fixture(scope="module")
def table(twin, biology, split):
    return evaluate(twin, biology, split=split).to_frame()


def test_a_twin_is_scored_beside_its_baselines(table):
    models = set(table["model"])
    assert {"twin", "baseline: persistence", "baseline: mean", "baseline: ridge"} <= models
    twin = table[table["model"] == "twin"]
    assert {"held_out_time"} <= set(twin["split"])
    assert "held_out_animal" not in set(table["split"])  # that needs a fit without the animal
    assert "causal" not in set(table["family"])  # and that an atlas
    assert not table.duplicated(["family", "metric", "split", "model"]).any()


def test_the_same_seed_gives_the_same_scores(table, twin, biology, split):
    again = evaluate(twin, biology, split=split).to_frame()
    assert again.equals(table)


def test_predictions_that_are_the_truth_are_perfect(examiner):
    truths = [np.array(truth) for truth in examiner.truths]
    perfect = Predictions(
        later=truths, unseen=truths, forecasts=[{h: truth[h:] for h in HORIZONS} for truth in truths]
    )
    scores = examiner.function_scores("twin", perfect)
    assert {score.split for score in scores} >= {"held_out_time", "held_out_animal"}
    for score in scores:
        if score.metric.endswith("_r"):
            assert score.value == pytest.approx(1.0, abs=1e-6), score


def test_differences_are_first_minus_second_in_both_splits(examiner):
    truths = [np.array(truth) for truth in examiner.truths]
    rng = np.random.default_rng(0)
    worse = [truth + rng.normal(0, 1, truth.shape) for truth in truths]
    first, second = Predictions(later=truths, unseen=truths), Predictions(later=worse, unseen=worse)
    ahead = examiner.differences("twin minus noise", first, second)
    behind = examiner.differences("noise minus twin", second, first)
    assert [score.split for score in ahead] == ["held_out_time", "held_out_animal"]
    for one, other in zip(ahead, behind, strict=True):
        assert one.value > 0.1
        assert other.value == pytest.approx(-one.value)
    assert examiner.differences("nothing", Predictions(later=truths), Predictions()) == []


def test_truths_are_the_test_stretch_of_the_observed_neurons(examiner, biology, split):
    for truth, raw, recording in zip(examiner.truths, biology.recordings, examiner.recordings, strict=True):
        stretch = split.of(raw).test
        assert truth.shape == (25, raw.n_neurons)
        names = [name for name, seen in zip(recording.names, recording.observed, strict=True) if seen]
        scaled = raw.standardised(slice(0, stretch.start)).select(names)
        np.testing.assert_allclose(truth, scaled.activity[stretch], atol=1e-5)


def test_persistence_forecasts_the_frame_of_the_origin(examiner):
    found = examiner.baseline_predictions()["baseline: persistence"].forecasts[0]
    for horizon in HORIZONS:
        np.testing.assert_array_equal(found[horizon], examiner.truths[0][: 25 - horizon])


def test_a_response_is_the_mean_magnitude_with_the_sign_of_the_mean(twin):
    members = twin.stimulate(members=True)
    found = response_of(twin)
    assert found.shape == (6, 6)
    np.testing.assert_allclose(np.abs(found), np.abs(members).mean(0))
    mean = members.mean(0)
    np.testing.assert_array_equal(np.sign(found), np.sign(mean))
    assert (np.abs(found) > np.abs(mean) + 1e-6).any()  # members that disagree on a sign do not cancel
