"""Files of images: every layout that is promised, every fault that a file can have."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from PIL import Image

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.images import read_images

RNG = np.random.default_rng(0)


def pictures(n, *shape):
    return RNG.integers(0, 256, (n, *(shape or (8, 8))), dtype=np.uint8)


def labels(n, classes=3):
    return (np.arange(n) % classes).astype(np.uint8)


def mnist(path, **other):
    arrays = {"x_train": pictures(60), "y_train": labels(60), "x_test": pictures(12), "y_test": labels(12)}
    np.savez(path, **{**arrays, **other})
    return path


def idx(path, values):
    data = (
        b"\0\0\x08"
        + bytes([values.ndim])
        + b"".join(n.to_bytes(4, "big") for n in values.shape)
        + values.tobytes()
    )
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def idx_folder(folder, suffix="", wrong=None):
    for prefix, n in (("train", 60), ("t10k", 12)):
        idx(folder / f"{prefix}-images-idx3-ubyte{suffix}", pictures(n))
        idx(folder / f"{prefix}-labels-idx1-ubyte{suffix}", labels(n))
    return folder


def image_folder(root, classes=("cat", "dog"), n=15, size=(8, 8), mode="L"):
    for kind in classes:
        (root / kind).mkdir(parents=True)
        for i in range(n):
            shape = size if mode == "L" else (*size, 3)
            Image.fromarray(pictures(1, *shape)[0]).save(root / kind / f"{i}.png")
    return root


def sizes(data):
    return {name: len(part) for name, part in data.parts().items()}


def test_the_digits_come_with_a_dependency():
    data = read_images(None)
    assert sizes(data) == {"train": 1318, "validation": 120, "test": 359}
    assert data.train.x.shape[1:] == (8, 8, 1)
    assert data.repeated() == 0
    assert data.cards[0].licence


def test_the_layout_of_mnist(tmp_path):
    data = read_images(mnist(tmp_path / "a.npz"))
    assert sizes(data) == {"train": 54, "validation": 6, "test": 12}
    assert data.classes == ("0", "1", "2")


def test_the_layout_of_medmnist(tmp_path):
    arrays = {}
    for part, n in (("train", 30), ("val", 6), ("test", 9)):
        arrays |= {f"{part}_images": pictures(n, 8, 8, 3), f"{part}_labels": labels(n)[:, None]}
    np.savez(tmp_path / "med.npz", **arrays)
    data = read_images(tmp_path / "med.npz")
    assert sizes(data) == {"train": 30, "validation": 6, "test": 9}
    assert data.train.x.shape[1:] == (8, 8, 3)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files(tmp_path, suffix):
    data = read_images(idx_folder(tmp_path, suffix))
    assert sizes(data) == {"train": 54, "validation": 6, "test": 12}


def test_folders_of_pictures_split_or_not(tmp_path):
    data = read_images(image_folder(tmp_path / "flat"))
    assert sizes(data) == {"train": 22, "validation": 2, "test": 6}
    assert data.classes == ("cat", "dog")
    image_folder(tmp_path / "two" / "train", mode="RGB")
    image_folder(tmp_path / "two" / "test", n=3, mode="RGB")
    data = read_images(tmp_path / "two")
    assert len(data.test) == 6
    assert data.train.x.shape[1:] == (8, 8, 3)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"y_train": labels(59)}, "60 images, 59 labels"),
        ({"y_test": labels(12, 4)}, "unknown labels in the test part"),
        ({"x_test": pictures(12, 9, 8)}, "an input of the test part has another shape"),
        ({"x_train": pictures(60, 8)}, "a shape that is not read"),
        ({"y_train": np.linspace(0, 1, 60)}, "the labels of the train part cannot be used"),
        ({"x_train": np.full((60, 8, 8), np.nan)}, "NaN or infinity"),
        ({"x_train": np.full((60, 8, 8), "a")}, "are not numbers"),
        ({"y_train": np.zeros(60, int), "y_test": np.zeros(12, int)}, "there is one class only"),
    ],
)
def test_a_wrong_npz_is_refused(tmp_path, other, what):
    with pytest.raises(InputError, match=what):
        read_images(mnist(tmp_path / "bad.npz", **other))


def test_what_is_no_npz_is_refused(tmp_path):
    whole = mnist(tmp_path / "a.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "names.npz", images=pictures(3))
    for name, what in (
        ("half", "cannot be read as npz"),
        ("text", "cannot be read"),
        ("names", "no images by a known"),
    ):
        with pytest.raises(InputError, match=what):
            read_images(tmp_path / f"{name}.npz")
    for path, what in ((tmp_path / "none.npz", "no such file"), (__file__, "of no kind that is read")):
        with pytest.raises(InputError, match=what):
            read_images(type(tmp_path)(path))


def test_wrong_idx_files_are_refused(tmp_path):
    name = "train-images-idx3-ubyte"
    whole = (idx_folder(tmp_path) / name).read_bytes()
    for content, what in (
        (whole[:-5], "not whole"),
        (b"\0\0\x0d\x03" + whole[4:], "not idx of unsigned bytes"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=what):
            read_images(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match="no train-images"):
        read_images(tmp_path)


def test_broken_and_odd_pictures_are_named(tmp_path):
    root = image_folder(tmp_path / "all")
    good = (root / "dog" / "3.png").read_bytes()
    (root / "dog" / "3.png").write_bytes(good[:40])
    with pytest.raises(InputError, match=r"a picture cannot be read[\s\S]*dog/3.png"):
        read_images(root)
    Image.fromarray(pictures(1, 9, 9)[0]).save(root / "dog" / "3.png")
    with pytest.raises(InputError, match=r"the pictures differ in size[\s\S]*dog/3.png"):
        read_images(root)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="the folder holds no pictures"):
        read_images(tmp_path / "empty")


def test_the_real_mnist(data_folder):
    data = read_images(data_folder / "mnist.npz")
    assert sizes(data) == {"train": 54999, "validation": 5001, "test": 10000}
    assert data.train.x.dtype == np.uint8
