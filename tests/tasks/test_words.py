"""Words as numbers, against what they are defined to be."""

import zlib

import numpy as np
import pytest

from neurotwin.tasks.data import Examples
from neurotwin.tasks.words import CHARACTERS, MARKS, PAD, STEP, encode_sentences, hash_of, normal_form


def _encode(*sentences: str):
    words = [np.array(sentence.split()) for sentence in sentences]
    return encode_sentences(Examples(words, [np.arange(len(own), dtype=np.int32) for own in words]), None)


def test_a_word_is_looked_up_without_case_and_digits() -> None:
    assert normal_form("Born1984") == "born0000"
    assert hash_of("Born1984") == hash_of("bORN0000") != hash_of("born")
    word = next(
        w for w in map(str, range(10**6, 10**6 + 99)) if zlib.crc32(normal_form(w).encode()) >= 1 << 31
    )
    assert hash_of(word) == zlib.crc32(normal_form(word).encode()) - (1 << 32) < 0  # 32 bits, with a sign


@pytest.mark.parametrize(
    ("word", "marks"),
    [
        ("house", [0]),
        ("House", [1]),
        ("NATO", [1, 2]),
        ("A", [1, 3]),
        ("McDonald", [1, 4]),
        ("B52", [1, 5]),
        ("12.5", [5, 6]),
        ("...", [7]),
        ("@ann", [8]),
        ("#Berlin2", [4, 5, 9]),
        ("http://a.b", [10]),
        ("well-known", [11]),
    ],
)
def test_marks_of_case_and_shape(word: str, marks: list[int]) -> None:
    found = _encode(word).x["mark"][0, 0]
    assert found.shape == (len(MARKS),)
    assert np.flatnonzero(found).tolist() == marks


def test_places_lengths_and_answers() -> None:
    x, y = _encode("Ann sang", " ".join("w" * 17))
    assert x["word"].shape == y.shape == (2, 2 * STEP)
    assert x["length"].tolist() == [2, 17]
    assert y[0, :3].tolist() == [0, 1, PAD]
    assert (y[0, 2:] == PAD).all()
    assert not any(x[name][0, 2:].any() for name in ("word", "mark", "character"))
    assert x["word"][0, 0] == hash_of("Ann")


def test_characters_of_short_long_and_foreign_words() -> None:
    x = _encode("Ann é " + "a" * 15 + "b" * 15).x["character"][0]
    assert x[0].tolist() == [ord("A"), ord("n"), ord("n")] + [0] * (CHARACTERS - 3)
    assert x[1, 0] == 128 + ord("é") % 64
    # the first half and the last half of a long one
    assert x[2].tolist() == [ord("a")] * (CHARACTERS // 2) + [ord("b")] * (CHARACTERS // 2)
