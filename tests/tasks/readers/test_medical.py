"""MedMNIST's files: what a diagnosis needs of them."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.medical import read_medical, shares

RNG = np.random.default_rng(0)


def file(path, *, shape=(8, 8), **other):
    arrays = {}
    for part, n in (("train", 40), ("val", 10), ("test", 12)):
        arrays[f"{part}_images"] = RNG.integers(0, 256, (n, *shape), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(n) % 2)[:, None].astype(np.uint8)
    np.savez(path, **{**arrays, **other})
    return path


def test_the_second_class_is_pneumonia_and_the_card_says_what_is_missing(tmp_path):
    data = read_medical(file(tmp_path / "pneumoniamnist_subset.npz"))
    assert data.classes == ("normal", "pneumonia")
    assert data.cards[0].licence == "CC BY 4.0"
    assert any("4,708" in caveat for caveat in data.cards[0].caveats)
    assert shares(data) == (
        "Shares of the classes: train 50.0% pneumonia; validation 50.0% pneumonia; test 50.0% pneumonia."
    )


def test_other_files_keep_their_numbers_and_colours(tmp_path):
    data = read_medical(file(tmp_path / "dermamnist.npz", shape=(8, 8, 3)))
    assert data.classes == ("0", "1")
    assert data.train.x.shape[1:] == (8, 8, 3)
    assert "0 " not in shares(data).split(";")[0] or data.classes[0] == "0"


def test_training_images_that_are_tested_are_left_out(tmp_path):
    path = file(tmp_path / "a.npz")
    stored = dict(np.load(path))
    stored["train_images"][3] = stored["test_images"][5]
    stored["train_images"][4] = stored["val_images"][0]
    np.savez(path, **stored)
    data = read_medical(path)
    assert len(data.train) == 38
    assert "2 training images" in data.split


@pytest.mark.parametrize(
    ("shape", "other", "what"),
    [
        ((8, 8), {"train_labels": np.zeros((40, 14), np.uint8)}, r"several answers \(multi-label\)"),
        ((8, 8, 8), {}, "these are no flat images"),
        (
            (8, 8),
            {"val_labels": np.zeros((10, 1), np.uint8)},
            r"the validation part lacks a class[\s\S]*no 1",
        ),
        ((8, 8), {"test_labels": np.ones((12, 1), np.uint8)}, "the test part lacks a class"),
    ],
)
def test_what_cannot_be_diagnosed_is_refused(tmp_path, shape, other, what):
    with pytest.raises(InputError, match=what):
        read_medical(file(tmp_path / "a.npz", shape=shape, **other))


def test_without_data_the_way_to_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROTWIN_DATA", str(tmp_path))
    with pytest.raises(InputError, match="no medical images come with the package"):
        read_medical(None)


def test_the_real_subset(data_folder):
    data = read_medical(data_folder / "pneumoniamnist_subset.npz")
    assert [len(part) for part in data.parts().values()] == [3872, 524, 624]
    assert "train 90.0% pneumonia; validation 74.2% pneumonia; test 62.5% pneumonia" in shares(data)
    assert data.repeated() == 0
