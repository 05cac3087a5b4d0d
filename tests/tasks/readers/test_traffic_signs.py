"""Traffic signs: a track is on one side only, whatever the layout."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.traffic_signs import SIDE, read_signs

RNG = np.random.default_rng(0)


def file(path, **other):
    """Three signs with 2, 6 and 10 tracks of 3 images; tracks are counted anew for each sign."""
    y = np.repeat([0, 1, 2], [6, 18, 30])
    tracks = np.concatenate([np.repeat(np.arange(n), 3) for n in (2, 6, 10)])
    x = RNG.integers(0, 256, (len(y), 8, 8, 3), dtype=np.uint8)
    arrays = {
        "x_train": x,
        "y_train": y,
        "track_train": tracks,
        "class_names": np.array(["stop", "yield", "go"]),
    }
    arrays |= other
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def folder(root, name="00000"):
    for kind, n_tracks in (("00000", 4), ("00014", 6)):
        (root / kind).mkdir(parents=True)
        lines = ["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"]
        for track in range(n_tracks):
            for i in range(2):
                picture = np.zeros((20, 24, 3), np.uint8)
                picture[5:15, 6:18] = 200
                Image.fromarray(picture).save(root / kind / f"{track:05d}_{i:05d}.ppm")
                lines.append(f"{track:05d}_{i:05d}.ppm;24;20;6;5;17;14;{int(kind)}")
        (root / kind / f"GT-{kind}.csv").write_text("\n".join(lines))
    return root


def tracks(data):
    return [set(part.groups) for part in data.parts().values()]


def test_whole_tracks_are_held_out_by_sign(tmp_path):
    data = read_signs(file(tmp_path / "a.npz"))
    assert data.classes == ("stop", "yield", "go")
    train, validation, test = tracks(data)
    assert not (train & validation or train & test or validation & test)
    assert len(train | validation | test) == 18
    assert {name.split("/")[0] for name in test} == {"0", "1", "2"}
    assert {name.split("/")[0] for name in train} == {"0", "1", "2"}
    assert "tracks: " in data.split
    assert tracks(read_signs(tmp_path / "a.npz")) == [train, validation, test]


def test_names_may_stand_in_another_order_than_labels(tmp_path):
    names = np.array(["go", "stop", "yield"])
    path = file(tmp_path / "a.npz", class_names=names, class_ids=np.array([2, 0, 1]))
    assert read_signs(path).classes == ("stop", "yield", "go")
    with pytest.raises(InputError, match="class_ids does not number the names"):
        read_signs(file(tmp_path / "b.npz", class_ids=np.array([0, 0, 1])))


def test_the_folders_of_the_benchmark(tmp_path):
    data = read_signs(folder(tmp_path / "Final_Training" / "Images"))
    assert data.classes == ("0", "14")
    assert data.train.x.shape[1:] == (SIDE, SIDE, 3)
    assert data.train.x.min() == 200  # cut to the sign: no background is left
    assert sum(len(part) for part in data.parts().values()) == 20
    assert data.leaks() == {}


def test_images_of_unknown_track_are_refused_unless_forced(tmp_path):
    y = np.repeat([0, 1], 30)
    x = RNG.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:12], y_test=y[24:36])
    with pytest.raises(InputError, match=r"the split may leak[\s\S]*no track_train"):
        read_signs(tmp_path / "a.npz")
    assert len(read_signs(tmp_path / "a.npz", allow_leaks=True).test) == 12


def test_a_track_in_training_and_test_is_refused(tmp_path):
    x, y = RNG.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8), np.array([0, 0, 0, 1, 1, 1])
    path = file(tmp_path / "a.npz", x_test=x, y_test=y, track_test=np.full(6, 1))
    with pytest.raises(InputError, match=r"the split leaks[\s\S]*0/1"):
        read_signs(path)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"track_train": np.zeros(5, int)}, "track_train does not fit the images"),
        ({"class_names": np.array(["stop"])}, "the names of the classes do not fit"),
        ({"x_train": None}, "no images by a known name"),
    ],
)
def test_a_wrong_npz_is_refused(tmp_path, other, what):
    with pytest.raises(InputError, match=what):
        read_signs(file(tmp_path / "a.npz", **other))


def test_wrong_folders_are_refused(tmp_path):
    root = folder(tmp_path / "a")
    (root / "00014" / "GT-00014.csv").write_text("Filename;Roi.X1\n00000_00000.ppm;x")
    with pytest.raises(InputError, match="the list of signs cannot be read"):
        read_signs(root)
    Image.new("RGB", (8, 8)).save(root / "00000" / "first_00001.ppm")
    with pytest.raises(InputError, match="does not tell class and track"):
        read_signs(root)
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="the folder holds no pictures"):
        read_signs(tmp_path / "b")
    with pytest.raises(InputError, match="no such file"):
        read_signs(tmp_path / "none.npz")


def test_every_sign_is_in_every_part_of_the_real_data(data_folder):
    data = read_signs(data_folder / "gtsrb_small_train.npz")
    assert data.classes[0] == "20_kmh" and data.classes[14] == "stopp"  # of the benchmark's own numbers
    assert len(data.classes) == 43
    assert all(len(np.unique(part.y)) == 43 for part in data.parts().values())
    assert data.leaks() == {}
