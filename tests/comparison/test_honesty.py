"""A prediction never sees what it predicts: put noise in its place, and no bit of the prediction changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurotwin.biology import Biology, Recording
from neurotwin.comparison import Examiner, cosmooth, forecast, generate
from neurotwin.network import Clamp

STRETCH = slice(45, 70)


def with_noise(recording: Recording, frames: slice, column: int | None = None) -> Recording:
    activity = recording.activity.copy()
    columns = np.flatnonzero(recording.observed) if column is None else np.array([column])
    rows = np.arange(len(activity))[frames]
    activity[np.ix_(rows, columns)] = np.random.default_rng(9).normal(0, 30, (len(rows), len(columns)))
    return replace(recording, activity=activity)


def test_cosmoothing_of_a_neuron_never_sees_its_trace(twin, examiner):
    recording = examiner.recordings[0]
    before = cosmooth(twin, recording, STRETCH, subject="w0")
    for k, column in enumerate(np.flatnonzero(recording.observed).tolist()):
        after = cosmooth(twin, with_noise(recording, slice(None), column), STRETCH, subject="w0")
        np.testing.assert_array_equal(after[:, k], before[:, k])
        others = np.delete(after - before, k, axis=1)
        assert (np.abs(others).max(0) > 1e-3).any()  # the noise did arrive in the others' predictions


def test_cosmoothing_sees_no_later_frame(twin, examiner):
    recording = examiner.recordings[0]
    before = cosmooth(twin, recording, STRETCH)
    after = cosmooth(twin, with_noise(recording, slice(60, None)), STRETCH)
    np.testing.assert_array_equal(after[: 60 - 45], before[: 60 - 45])
    assert not np.array_equal(after[60 - 45], before[60 - 45])


@pytest.mark.parametrize("cut", [50, 58])
def test_a_forecast_never_sees_what_follows_its_origin(twin, examiner, cut):
    recording, horizons = examiner.recordings[1], (1, 5, 10)
    before = forecast(twin, recording, STRETCH, horizons, subject="w1")
    after = forecast(twin, with_noise(recording, slice(cut, None)), STRETCH, horizons, subject="w1")
    for horizon in horizons:
        known = cut - STRETCH.start  # origins before the noise
        np.testing.assert_array_equal(after[horizon][:known], before[horizon][:known])
        assert not np.array_equal(after[horizon][known], before[horizon][known])


def test_a_free_run_never_sees_what_follows_its_start(twin, examiner):
    recording = examiner.recordings[0]
    before = generate(twin, recording, 20, start=45, subject="w0").activity
    after = generate(twin, with_noise(recording, slice(45, None)), 20, start=45, subject="w0").activity
    np.testing.assert_array_equal(after, before)
    assert not np.array_equal(
        generate(twin, with_noise(recording, slice(44, 45)), 20, start=45, subject="w0").activity, before
    )


def test_from_the_raw_recording_on_a_neurons_test_frames_are_not_in_its_prediction(
    twin, biology, examiner, split
):
    """With the scaling included: noise in the raw test frames of one neuron leaves its prediction alone."""
    raw = biology.recordings[0]
    column = raw.names.index("C")
    noisy = with_noise(raw, split.of(raw).test, column)
    changed = Examiner(Biology("noisy", biology.connectome, (noisy, biology.recordings[1])), split)
    before, after = examiner.later(twin)[0][0], changed.later(twin)[0][0]
    np.testing.assert_array_equal(after[:, column], before[:, column])
    assert not np.array_equal(after, before)
    assert not np.array_equal(changed.truths[0][:, column], examiner.truths[0][:, column])


def test_an_unseen_worm_gets_no_deviation_of_its_own(twin, examiner):
    """The twin knows the subject; the test of a worm that it never saw must not use that."""
    found = examiner.unseen(twin, 0)
    shared = cosmooth(twin, examiner.recordings[0], examiner.stretches[0], subject=None)
    np.testing.assert_array_equal(found, shared)
    assert not np.array_equal(found, examiner.later(twin)[0][0])


def test_baselines_see_nothing_of_the_test_stretch(biology, examiner, split):
    """What is fitted before: at the first test frame noise from there on changes no forecast's weights."""
    noisy = tuple(with_noise(raw, slice(split.of(raw).test.start + 12, None)) for raw in biology.recordings)
    before = examiner.baseline_predictions()
    after = Examiner(biology.with_recordings(noisy), split).baseline_predictions()
    for name in ("baseline: ridge", "baseline: autoregressive", "baseline: mean"):
        for one, other in zip(before[name].forecasts, after[name].forecasts, strict=True):
            np.testing.assert_allclose(other[1][:11], one[1][:11], atol=1e-5, err_msg=name)
    for one, other in zip(before["baseline: ridge"].later, after["baseline: ridge"].later, strict=True):
        np.testing.assert_allclose(other[:12], one[:12], atol=1e-5)


def test_predictions_are_those_of_simulate(twin, examiner):
    """The batched experiments against the plain public call, one by one."""
    recording = examiner.recordings[0]
    filled = cosmooth(twin, recording, STRETCH, subject="w0")
    ahead = forecast(twin, recording, STRETCH, (1, 5), subject="w0")
    burnt = recording.slice(STRETCH.start - 40, STRETCH.stop)
    seen = np.flatnonzero(recording.observed)
    for k, column in enumerate(seen):
        alone = twin.simulate(clamp=Clamp(burnt, free=[recording.names[column]]), subject="w0").activity
        np.testing.assert_allclose(filled[:, k], alone[40:, column], atol=1e-5)
    # the forecast of the fifth frame after the origin t is frame t + 5 of a run whose clamp ends after t
    origin = STRETCH.start + 3
    window = recording.slice(origin - 40, origin + 6)
    alone = twin.simulate(clamp=Clamp(window, until=41), subject="w0").activity
    np.testing.assert_allclose(ahead[5][3], alone[45, seen], atol=1e-5)
    np.testing.assert_allclose(ahead[1][3], alone[41, seen], atol=1e-5)
    assert ahead[1].shape == (24, 4)
    assert ahead[5].shape == (20, 4)
