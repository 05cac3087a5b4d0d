"""A text in windows: every character of a part but its first is asked for once, and what is no text is refused."""

from __future__ import annotations

import gzip

import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.text import BLOCK, CONTEXT, LEAST, OTHER, PAD, WINDOW, read_text

TEXT = "".join(chr(97 + (i * i + i // 7) % 26) for i in range(12_345))


def written(tmp_path, text, name="a.txt"):
    path = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def spelt(numbers, data):
    return "".join(data.facts["characters"][i] for i in numbers)


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_windows_give_back_the_text(tmp_path, name):
    data = read_text(written(tmp_path, TEXT, name))
    cuts = [round(len(TEXT) * 0.9), round(len(TEXT) * 0.95)]
    assert spelt(data.train.x.ravel(), data) == TEXT[: len(data.train) * WINDOW]
    assert spelt(data.train.y.ravel(), data) == TEXT[1 : len(data.train) * WINDOW + 1]
    assert len(data.train) == (cuts[0] - 1) // WINDOW
    for part, expected in ((data.validation, TEXT[cuts[0] : cuts[1]]), (data.test, TEXT[cuts[1] :])):
        asked = part.y != PAD
        assert spelt(part.y[asked], data) == expected[1:]
        assert (part.x[:, 1:][asked[:, :-1]] == part.y[:, :-1][asked[:, :-1]]).all()
        assert (~asked[1:, :CONTEXT]).all() and asked[0].all()


def test_blocks_of_windows_are_groups(tmp_path):
    data = read_text(written(tmp_path, TEXT * 4))
    assert list(data.test.groups[:BLOCK]) == ["test block 0"] * BLOCK
    assert data.test.groups[BLOCK] == "test block 1"
    assert data.leaks() == {}


def test_line_ends_and_marks_are_brought_to_one_form(tmp_path):
    text = "\ufeff" + TEXT.replace("a", "\r\n")
    data = read_text(written(tmp_path, text))
    assert "\r" not in data.facts["characters"] and "\ufeff" not in data.facts["characters"]


def test_a_character_that_training_does_not_have_is_number_0_and_told(tmp_path):
    data = read_text(written(tmp_path, TEXT[:-100] + "ÄÖ" * 50))
    assert data.facts["characters"][0] == OTHER
    assert (data.test.y[data.test.y != PAD][-100:] == 0).all() and (data.train.y != 0).all()
    assert "16.21% of the test part" in data.split


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.txt", "ab" * (LEAST // 2 - 1), "the text is too short"),
        ("a.txt", "a" * LEAST, "one character only"),
        ("a.txt", b"\xff\xfe" * LEAST, "not UTF-8"),
        ("a.csv", TEXT, "not a text file"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, name, text, what):
    with pytest.raises(InputError, match=what):
        read_text(written(tmp_path, text, name))


def test_a_broken_gzip_file_and_none_at_all(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(b"plain")
    with pytest.raises(InputError, match="cannot be unpacked"):
        read_text(path)
    with pytest.raises(InputError, match="comes with no sample") as error:
        read_text(None)
    assert "--data tinyshakespeare.txt.gz" in str(error.value)
