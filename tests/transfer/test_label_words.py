"""Types of spans by label words, with an encoder whose vectors are worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.task import Batch
from neurotwin.transfer.label_words import (
    Spans,
    label_vectors,
    label_word_scores,
    phrase_vectors,
    prototypes,
    spans_in,
)

TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
TYPES = ("LOC", "PER")
VECTORS = {
    "York": (3, 1),
    "New": (1, 1),
    "Ann": (1, 3),
    "Bell": (0, 1),
    "Paris": (1, 2),
    "place": (2, 0),
    "person": (0, 5),
}
WORDS = {"LOC": ("place",), "PER": ("person",)}


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    longest = max(map(len, examples.x))
    vector = np.zeros((len(examples), longest, 2), np.float32)
    for row, sentence in zip(vector, examples.x, strict=True):
        row[: len(sentence)] = [VECTORS.get(word, (0, 0)) for word in sentence.tolist()]
    return Batch({"vector": vector}, None)


def _part(*sentences: str, groups: list[int] | None = None) -> Examples:
    pairs = [[token.split("/") for token in sentence.split()] for sentence in sentences]
    return Examples(
        [np.array([word for word, _ in pair]) for pair in pairs],
        [np.array([TAGS.index(tag) for _, tag in pair], np.int32) for pair in pairs],
        None if groups is None else np.array(groups),
    )


TRAIN = _part("Ann/B-PER Bell/I-PER in/O York/B-LOC", "York/B-LOC")
TEST = _part("New/B-LOC York/I-LOC", "Ann/B-PER Paris/B-LOC", groups=[7, 8])


def test_a_span_is_the_mean_of_its_words() -> None:
    found = spans_in(TEST, TAGS, TYPES, encode)
    np.testing.assert_allclose(found.vectors[0], np.array([2, 1]) / np.sqrt(5), rtol=1e-6)
    assert found.kinds.tolist() == [0, 1, 0]
    assert found.groups.tolist() == [7, 8, 8]
    assert spans_in(TRAIN, TAGS, TYPES, encode).groups.tolist() == [0, 0, 1]


def test_label_words_are_means_of_phrases_of_length_one() -> None:
    np.testing.assert_allclose(
        phrase_vectors(["New York", "person"], encode)[0], np.array([2, 1]) / np.sqrt(5)
    )
    both = label_vectors(["X"], encode, {"X": ("place", "person")})
    np.testing.assert_allclose(both, [[np.sqrt(0.5), np.sqrt(0.5)]], rtol=1e-6)


def test_scores_by_hand() -> None:
    data = TaskData(TRAIN, TRAIN, TEST, facts={"tags": TAGS, "types": TYPES})
    card = label_word_scores(data, encode, label_words=WORDS, shots=(1, 5), draws=5)
    # Paris lies nearer to "person"; New York and Ann are where they belong
    assert card.get(model="label words", metric="accuracy").value == pytest.approx(2 / 3)
    assert card.get(model="label words", metric="balanced_accuracy").value == pytest.approx((1 / 2 + 1) / 2)
    # two of three training spans are places
    assert card.get(model="baseline: most frequent type", metric="accuracy").value == pytest.approx(2 / 3)
    assert card.get(model="baseline: most frequent type", metric="balanced_accuracy").value == 0.5
    few = card.get(model="prototypes of 5 tagged spans a type", metric="accuracy")
    assert few.value == few.low == few.high == pytest.approx(2 / 3)  # every draw takes all there are
    assert {score.split for score in card} == {"test"}


def test_prototypes_take_so_many_spans_and_no_other_types() -> None:
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 1, 50)
    vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    spans = Spans(vectors, np.repeat([0, 1], 25), np.arange(50))
    one = prototypes(spans, 3, 1, rng)
    assert all((one[kind] == vectors[spans.kinds == kind]).all(1).any() for kind in (0, 1))
    assert not one[2].any()
    two = prototypes(spans, 2, 25, rng)
    mean = vectors[:25].mean(0)
    np.testing.assert_allclose(two[0], mean / np.linalg.norm(mean))


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(InputError, match=r"types without label words"):
        label_vectors(["LOC", "GENE"], encode)
    with pytest.raises(InputError, match="the part has no entity"):
        spans_in(_part("in/O"), TAGS, TYPES, encode)
