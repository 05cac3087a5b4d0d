"""Tag schemes and spans, on examples worked by hand; spans as conlleval and seqeval's default mode have them."""

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.entity_metrics import count_spans, precision_recall_f1
from neurotwin.tasks.tagging import scheme_of, spans_of, to_iob2


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O B-PER I-PER O B-LOC", [("PER", 1, 3), ("LOC", 4, 5)]),
        ("I-PER I-PER O I-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("I-PER B-PER I-PER", [("PER", 0, 1), ("PER", 1, 3)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 1), ("LOC", 1, 3)]),
        ("S-PER S-PER B-LOC I-LOC E-LOC O", [("PER", 0, 1), ("PER", 1, 2), ("LOC", 2, 5)]),
        ("B-ORG L-ORG U-PER", [("ORG", 0, 2), ("PER", 2, 3)]),
        ("B-PER E-PER I-PER", [("PER", 0, 2), ("PER", 2, 3)]),
        ("O O", []),
    ],
)
def test_spans(tags: str, spans: list) -> None:
    assert spans_of(tags.split()) == spans


def _scheme(*sentences: str) -> str:
    tags = [sentence.split() for sentence in sentences]
    return scheme_of(tags, [list(range(1, len(own) + 1)) for own in tags], "file.conll")


@pytest.mark.parametrize(
    ("scheme", "sentences"),
    [
        ("IOB2", ("O B-PER I-PER", "B-LOC B-LOC")),
        ("IOB1", ("I-PER I-PER O", "I-LOC B-LOC I-LOC")),
        ("IOB1", ("O I-PER", "I-LOC I-PER")),
        ("BIOES", ("S-PER O B-LOC I-LOC E-LOC", "O")),
        ("BIOES", ("U-PER O B-LOC L-LOC",)),
        ("IOB2", ("O O",)),
    ],
)
def test_scheme(scheme: str, sentences: tuple[str, ...]) -> None:
    assert _scheme(*sentences) == scheme


@pytest.mark.parametrize(
    ("sentences", "words"),
    [
        (("B-PER O", "I-PER O"), "not IOB2, line 1: I-PER after O; not IOB1, line 1: B-PER after O"),
        (("B-PER I-LOC",), "not IOB2, line 2: I-LOC after B-PER"),
        (("B-PER O S-PER",), "not BIOES, line 2: O after B-PER"),
        (("S-PER B-LOC",), "the sentence ends after B-LOC"),
        (("S-PER I-PER E-PER",), "not BIOES, line 2: I-PER after S-PER"),
    ],
)
def test_mixed_or_invalid_tags_are_refused(sentences: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match="follow no scheme") as error:
        _scheme(*sentences)
    assert words in str(error.value)


def test_conversion_keeps_the_spans_that_every_scheme_marks() -> None:
    spans = [("PER", 0, 1), ("PER", 1, 3), ("LOC", 4, 7)]
    iob2 = to_iob2(8, spans)
    assert iob2 == ["B-PER", "B-PER", "I-PER", "O", "B-LOC", "I-LOC", "I-LOC", "O"]
    bioes = ["S-PER", "B-PER", "E-PER", "O", "B-LOC", "I-LOC", "E-LOC", "O"]
    assert spans_of(iob2) == spans_of(bioes) == spans


def test_f1_by_hand() -> None:
    truth = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "I-LOC", "O"]]
    # right: the person; wrong: type of the place, a place that is too short, one that is not there
    told = [["B-PER", "I-PER", "O", "B-PER"], ["B-LOC", "O", "B-LOC"]]
    counts = count_spans(truth, told, ["LOC", "PER"])
    np.testing.assert_array_equal(counts.sum(0), [[0, 2, 2], [1, 2, 1]])
    assert precision_recall_f1(*counts.sum((0, 1))) == (1 / 4, 1 / 3, 2 / 7)
    assert precision_recall_f1(0, 0, 0) == (0, 0, 0)
