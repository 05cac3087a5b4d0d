"""Which frames training sees: no test frame in a window, in the scaling or in the validation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology
from neurotwin.network import NEVER, Drive
from neurotwin.training import Dataset, Split, TrainingConfig, dataset_of, standardised_recordings
from neurotwin.training.windows import draw_windows, validation_windows


@pytest.fixture(scope="module")
def short(config):
    return replace(config, window_frames=12, horizon_frames=4)


@partial(jax.jit, static_argnums=(2,))
def _draw(keys: jax.Array, data: Dataset, config: TrainingConfig) -> Drive:
    return jax.vmap(lambda key: draw_windows(key, data, config))(keys)


def many(data: Dataset, config: TrainingConfig) -> Drive:
    """400 batches; compiled once for each budget and shape."""
    return _draw(jax.random.split(jax.random.key(1), 400), data, config)


def test_windows_never_reach_past_the_training_stretch(recordings, split, short):
    data = dataset_of(recordings, split)
    stops = np.asarray(data.train_stop)
    frames = np.arange(data.activity.shape[1])
    late = frames[None, :, None] >= stops[:, None, None]
    marked = replace_activity(data, np.where(late, 1e6, np.asarray(data.activity)))
    recorded = np.asarray(many(marked, short).recorded)
    assert recorded.max() < 1e3
    # the last training frame is used, so the bound is tight
    last = np.where(frames[None, :, None] == stops[:, None, None] - 1, 1e6, np.asarray(data.activity))
    assert np.asarray(many(replace_activity(data, last), short).recorded).max() == 1e6


def replace_activity(data: Dataset, activity: np.ndarray) -> Dataset:
    return Dataset(jax.numpy.asarray(activity, jax.numpy.float32), data.observed, data.train_stop)


def test_every_training_frame_can_be_drawn_and_windows_are_contiguous(recordings, split, short):
    data = dataset_of(recordings, split)
    index = np.broadcast_to(np.arange(data.activity.shape[1])[None, :, None], data.activity.shape)
    recorded = np.asarray(many(replace_activity(data, index), short).recorded)[..., 0]
    assert (np.diff(recorded, axis=-1) == 1).all()
    assert set(np.unique(recorded)) == set(range(int(data.train_stop[0])))


def test_recordings_of_different_length_keep_their_own_stop(recordings, split, short):
    shorter = recordings[1].slice(0, 45)
    data = dataset_of((recordings[0], shorter), split)
    assert np.asarray(data.train_stop).tolist() == [40, 25]
    index = np.broadcast_to(np.arange(data.activity.shape[1])[None, :, None], data.activity.shape)
    recorded = np.asarray(many(replace_activity(data, index), short).recorded)
    assert recorded[:, 0].max() == 39
    assert recorded[:, 1].max() == 24


def test_a_share_of_the_recorded_neurons_runs_free_and_forecasts_release_all(recordings, split, short):
    data = dataset_of(recordings, split)
    drive = many(data, short)
    clamped, release = np.asarray(drive.clamped), np.asarray(drive.release)
    seen = np.asarray(data.observed)
    assert not clamped[..., ~seen[0]].any()  # nobody is clamped to what was not recorded
    forecast, filling = slice(0, short.forecast_windows), slice(short.forecast_windows, None)
    assert clamped[:, :, forecast][..., seen[0]].all()
    assert 1 - clamped[:, :, filling][..., seen[0]].mean() == pytest.approx(short.free_fraction, abs=0.02)
    assert (release[:, :, filling] == NEVER).all()
    late = release[:, :, forecast]
    assert late.min() >= short.burn_frames
    assert late.max() == short.window_frames - short.horizon_frames  # room for the whole horizon
    assert drive.keep is None


def test_dropout_silences_its_share_and_keeps_the_mean(recordings, split, short):
    keep = np.asarray(many(dataset_of(recordings, split), replace(short, dropout=0.4)).keep)
    np.testing.assert_allclose(np.unique(keep), [0, 1 / 0.6], rtol=1e-6)
    assert (keep == 0).mean() == pytest.approx(0.4, abs=0.02)
    assert keep.mean() == pytest.approx(1.0, abs=0.04)


def test_the_scaling_uses_no_test_frame(biology, split):
    before = standardised_recordings(biology, split)
    spoilt = []
    for recording in biology.recordings:
        activity = recording.activity.copy()
        activity[split.of(recording).test] = 1e6
        spoilt.append(replace(recording, activity=activity))
    after = standardised_recordings(biology.with_recordings(tuple(spoilt)), split)
    for one, other in zip(before, after, strict=True):
        stop = split.of(one).test.start
        np.testing.assert_array_equal(one.activity[:stop], other.activity[:stop])
        scaled = one.activity[:stop, one.observed]
        np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(scaled.std(0), 1, rtol=1e-5)


def test_validation_frees_each_recorded_neuron_once_and_shows_no_test_frame(recordings, split):
    marked = []
    for recording in recordings:
        activity = np.zeros_like(recording.activity)
        activity[:, recording.observed] = np.arange(len(activity))[:, None]
        marked.append(replace(recording, activity=activity))
    drive, scored = validation_windows(tuple(marked), split, groups=3, burn_frames=7)
    recorded, clamped, scored = np.asarray(drive.recorded), np.asarray(drive.clamped), np.asarray(scored)
    stretch = split.of(recordings[0]).validation
    seen = recordings[0].observed
    np.testing.assert_array_equal(recorded[0, 0, :, 0], np.arange(stretch.start - 7, stretch.stop))
    np.testing.assert_array_equal((~clamped & seen).sum(1), np.tile(seen, (2, 1)))
    for animal, group, frame, neuron in np.argwhere(scored):
        assert not clamped[animal, group, neuron]
        assert stretch.start <= recorded[animal, group, frame, neuron] < stretch.stop
    assert (scored.sum((1, 2)) == np.where(seen, stretch.stop - stretch.start, 0)).all()


def test_a_training_stretch_shorter_than_a_window_is_refused(recordings, split):
    with pytest.raises(
        InputError, match="(?s)shorter than a window.*40 frames in w0.*41 or more.*smaller window_frames"
    ):
        dataset_of(recordings, split, min_frames=41)
    with pytest.raises(InputError, match="no recording to train on"):
        dataset_of((), split)


def test_a_recording_too_short_to_split_is_refused(biology: Biology):
    with pytest.raises(InputError, match="too short to split"):
        standardised_recordings(biology, Split(validation_frames=30, test_frames=30))
