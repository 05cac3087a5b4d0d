"""Clips of a camera: what is read, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from neurotwin._base.errors import InputError
from neurotwin.tasks.pasted_objects import LEAST_SPEED, cut_out, paste
from neurotwin.tasks.readers.frames import read_clips

RNG = np.random.default_rng(0)


def frames(n, rows=24, columns=30):
    return RNG.integers(0, 256, (n, rows, columns), dtype=np.uint8)


def arrays(**other):
    found = {
        "training_frames": frames(250),
        "training_clip": np.repeat(np.arange(5), 50),
        "testing_frames": frames(60),
        "testing_clip": np.repeat([1, 2], 30),
        "testing_label": np.repeat([0, 1], 30),
    }
    return {name: value for name, value in {**found, **other}.items() if value is not None}


def npz(path, **other):
    np.savez(path, **arrays(**other))
    return path


def folder(root, labels="clip,first,last\nb,3,20\n"):
    for part, names in (("train", "abcde"), ("test", "ab")):
        for name in names:
            (root / part / name).mkdir(parents=True)
            for t, frame in enumerate(frames(24)):
                Image.fromarray(frame).save(root / part / name / f"{t:03d}.png")
    if labels is not None:
        (root / "anomalies.csv").write_text(labels)
    return root


def test_an_npz(tmp_path):
    data = read_clips(npz(tmp_path / "a.npz"))
    # one of five clips is held out, four give one whole stretch of 40 frames each
    assert [len(x) for x in data.train.x] == [40] * 4
    assert [len(x) for x in data.validation.x] == [50, 50]
    assert [int(y.sum()) for y in data.test.y] == [0, 30]
    assert all(not y.any() for y in data.train.y)
    assert not set(data.train.groups) & set(data.validation.groups)
    stacked = np.concatenate([x[::5] for x in data.train.x])
    np.testing.assert_array_equal(data.facts["background"], np.median(stacked, 0).round().astype(np.uint8))


def test_a_folder_of_frames(tmp_path):
    data = read_clips(folder(tmp_path))
    np.testing.assert_array_equal(data.test.y[1], [0, 0, *[1] * 18, 0, 0, 0, 0])
    assert not data.test.y[0].any()
    first = np.asarray(Image.open(tmp_path / "test" / "a" / "000.png"))
    np.testing.assert_array_equal(data.test.x[0][0], first)


def test_large_frames_are_reduced(tmp_path):
    big = {"training_frames": frames(250, 120, 128), "testing_frames": frames(60, 120, 128)}
    data = read_clips(npz(tmp_path / "a.npz", **big))
    assert data.test.x[0].shape == (30, 60, 64)
    assert data.test.x[0][0, 0, 0] == round(float(big["testing_frames"][0, :2, :2].mean()))
    assert "reduced 2 times" in data.split


def test_a_training_clip_among_the_test_clips_is_refused(tmp_path):
    shared = arrays()
    shared["testing_frames"][30:] = shared["training_frames"][50:80]
    np.savez(tmp_path / "a.npz", **shared)
    with pytest.raises(InputError, match=r"the split leaks[\s\S]*train 1"):
        read_clips(tmp_path / "a.npz")
    assert read_clips(tmp_path / "a.npz", allow_leaks=True).leaks()


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"testing_label": None}, r"the npz lacks arrays[\s\S]*no testing_label"),
        ({"testing_label": np.zeros(60, int)}, "all normal or all anomalous"),
        ({"testing_label": np.repeat([0, 2], 30)}, r"the labels cannot be used[\s\S]*\[0, 2\]"),
        ({"testing_label": np.zeros(59, int)}, r"the labels cannot be used[\s\S]*60 labels"),
        ({"training_frames": frames(250).astype(float)}, "the training frames cannot be used"),
        ({"training_clip": np.zeros(249, int)}, "the training frames cannot be used"),
        ({"testing_frames": frames(60, 25)}, "the test clip 1 cannot be used"),
        ({"training_clip": np.repeat([0, 1], [240, 10])}, "the training clip 1 cannot be used"),
        ({"training_clip": np.zeros(250, int)}, "too little to hold something out"),
    ],
)
def test_a_wrong_npz_is_refused(tmp_path, other, what):
    with pytest.raises(InputError, match=what):
        read_clips(npz(tmp_path / "bad.npz", **other))


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (None, "there is no anomalies.csv"),
        ("c,1,2\n", r"a line of the labels cannot be used[\s\S]*line 1: c,1,2"),
        ("clip,first,last\na,0,3\n", "line 2: a,0,3"),
        ("a,5,3\n", "line 1: a,5,3"),
        ("a,5,25\n", "line 1: a,5,25"),
        ("a,5\n", "line 1: a,5"),
        ("", "all normal or all anomalous"),
    ],
)
def test_wrong_labels_of_a_folder_are_refused(tmp_path, labels, what):
    with pytest.raises(InputError, match=what):
        read_clips(folder(tmp_path, labels))


def test_what_cannot_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "text.npz").write_text("no")
    (tmp_path / "train").mkdir()
    for name, what in (
        ("text.npz", "cannot be read as npz"),
        ("none.npz", "no such file"),
        (".", "the folder has no test/"),
        (__file__, "of no kind that is read"),
    ):
        with pytest.raises(InputError, match=what):
            read_clips(tmp_path / name)
    monkeypatch.setenv("NEUROTWIN_DATA", str(tmp_path))
    with pytest.raises(InputError, match="no clips come with the package"):
        read_clips(None)


def walker(n=60, speed=0.5):
    ground = np.full((40, 60), 100, np.uint8)
    clip = np.tile(ground, (n, 1, 1))
    for t in range(n):
        at = round(5 + speed * t)
        clip[t, 12:20, at : at + 4] = 30
    return clip, ground


def test_what_moves_is_cut_out_and_pasted_in_faster():
    clip, ground = walker()
    found = cut_out(clip, ground, np.random.default_rng(0))
    assert found
    assert all(thing.speed == pytest.approx(0.5, abs=0.05) for thing in found)
    assert found[0].speed > LEAST_SPEED
    empty = np.tile(ground, (60, 1, 1))
    copy, seen = paste(empty, found[0], 2.0, 1.0, np.random.default_rng(1))
    assert 0 < seen.sum() < 60
    dark = [np.argwhere(frame < 70)[:, 1].mean() for frame in copy if (frame < 70).sum() == 32]
    assert np.diff(dark).mean() == pytest.approx(1.0, abs=0.1)
    np.testing.assert_array_equal(copy[~seen], empty[~seen])
    larger, _ = paste(empty, found[0], 2.0, 1.5, np.random.default_rng(1))
    assert (larger < 70).sum() > 1.5 * (copy < 70).sum()


def test_nothing_that_moves_gives_nothing():
    clip, ground = walker(speed=0.0)
    assert cut_out(clip, ground, np.random.default_rng(0)) == []


def test_ped2(data_folder):
    data = read_clips(data_folder / "ucsd_ped2_train_test1-6.npz")
    assert [len(x) for x in data.test.x] == [180, 180, 150, 180, 150, 180]
    assert data.repeated() == 0
    assert sum(bool(y.any()) for y in data.validation.y) == 3
