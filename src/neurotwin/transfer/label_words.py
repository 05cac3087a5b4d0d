"""Zero-shot types of named entities: a span is of the type whose label words an encoder places nearest to it.

The prompt is discrete: a few plain words for each type ("person", "place" …). Their vectors and that of the span come from one
encoder that nothing trains; no tag is used. Schick & Schütze (2021) call such words a verbaliser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation import Score, Scorecard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.metrics import CLASSIFICATION, interval
from neurotwin.tasks.tagging import spans_of
from neurotwin.tasks.task import Encoder

LABEL_WORDS: Mapping[str, tuple[str, ...]] = {
    "PER": ("person", "name of a person"),
    "LOC": ("place", "city", "country"),
    "ORG": ("organisation", "company", "team"),
    "MISC": ("nationality", "event", "work of art"),
    "person": ("person", "name of a person"),
    "location": ("place", "city", "country"),
    "corporation": ("company", "brand"),
    "group": ("team", "band", "group"),
    "product": ("product", "device"),
    "creative-work": ("film", "song", "book"),
}
"""For the types of wikigold and WNUT17."""
CHUNK = 32
"""Sentences that are encoded at once."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Named entities whose beginnings and ends are given.

    Attributes
    ----------
    vectors
        float ``[span, unit]``, of length 1.
    kinds
        Number of each span's type, ``[span]``.
    groups
        ``[span]``: the document of each span, or its sentence where there are no documents; what is resampled together.
    """

    vectors: np.ndarray
    kinds: np.ndarray
    groups: np.ndarray


def spans_in(part: Examples, tags: Sequence[str], types: Sequence[str], encode: Encoder) -> Spans:
    """The entities of ``part``, each with the mean of its words' vectors.

    Parameters
    ----------
    part
        Sentences and the numbers of their tags.
    tags, types
        Names of the tags and of the types.
    encode
        Gives ``vector`` ``[sentence, place, unit]``, as :func:`neurotwin.tasks.pieces.encode_vectors` does.

    Raises
    ------
    InputError
        There is no entity.
    """
    vectors, kinds, groups = [], [], []
    for start in range(0, len(part), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(part)))
        x = encode(part.take(rows), None).x["vector"]
        for row, i in enumerate(rows.tolist()):
            for kind, begin, end in spans_of([tags[int(t)] for t in part.y[i]]):
                vectors.append(x[row, begin:end].mean(0))
                kinds.append(types.index(kind))
                groups.append(i if part.groups is None else part.groups[i])
    if not vectors:
        raise InputError("the part has no entity", expected="one or more", fix="take other sentences")
    return Spans(_unit(np.stack(vectors)), np.array(kinds), np.array(groups))


def phrase_vectors(phrases: Sequence[str], encode: Encoder) -> np.ndarray:
    """Of each phrase the mean of its words' vectors, ``[phrase, unit]``, of length 1."""
    words = [np.array(phrase.split()) for phrase in phrases]
    x = encode(Examples(words, [np.zeros(len(own), np.int32) for own in words]), None).x["vector"]
    return _unit(np.stack([row[: len(own)].mean(0) for row, own in zip(x, words, strict=True)]))


def label_vectors(
    types: Sequence[str], encode: Encoder, label_words: Mapping[str, Sequence[str]] = LABEL_WORDS
) -> np.ndarray:
    """Of each type the mean vector of its label words, ``[type, unit]``, of length 1.

    Raises
    ------
    InputError
        A type has no label words.
    """
    missing = [kind for kind in types if not label_words.get(kind)]
    if missing:
        raise InputError(
            "types without label words",
            got=", ".join(missing),
            expected="a few plain words for each type",
            fix=f"label_words={{{missing[0]!r}: ('…',), …}}",
        )
    return _unit(np.stack([phrase_vectors(label_words[kind], encode).mean(0) for kind in types]))


def prototypes(spans: Spans, n_types: int, shots: int, rng: np.random.Generator) -> np.ndarray:
    """Of each type the mean vector of ``shots`` spans drawn for it (all, where it has fewer), ``[type, unit]``, of length 1.

    Snell, Swersky & Zemel (2017). A type without a span has the vector 0, and is never the nearest of several.
    """
    found = np.zeros((n_types, spans.vectors.shape[1]))
    for kind in range(n_types):
        own = np.flatnonzero(spans.kinds == kind)
        if len(own):
            found[kind] = spans.vectors[rng.permutation(own)[:shots]].mean(0)
    return _unit(found)


def label_word_scores(
    data: TaskData,
    encode: Encoder,
    *,
    part: str = "test",
    label_words: Mapping[str, Sequence[str]] = LABEL_WORDS,
    shots: Sequence[int] = (1, 5, 20),
    draws: int = 200,
    seed: int = 0,
) -> Scorecard:
    """How often a given span gets its type: by label words, by the most frequent type, by prototypes of a few tagged spans.

    Parameters
    ----------
    data
        Of the task entities.
    encode
        See :func:`spans_in`.
    part
        Which part is scored; choices are made on "validation".
    label_words
        Type → words.
    shots, draws, seed
        Tagged training spans of each type behind a prototype, how often they are drawn, and the seed of draws and resampling.

    Returns
    -------
    Scorecard
        ``accuracy`` and ``balanced_accuracy`` (mean over types). Intervals of 95 % resample documents (sentences); those of
        prototypes are over draws.
    """
    tags, types = (list((data.facts or {})[name]) for name in ("tags", "types"))
    train, asked = (spans_in(data.parts()[name], tags, types, encode) for name in ("train", part))
    labels = label_vectors(types, encode, label_words)
    frequent = np.tile(np.bincount(train.kinds, minlength=len(types)), (len(asked.kinds), 1))
    truth = Examples(asked.vectors, asked.kinds)
    rng = np.random.default_rng(seed)
    scores = []
    for metric in CLASSIFICATION[:2]:
        for name, outputs in (
            ("label words", asked.vectors @ labels.T),
            ("baseline: most frequent type", frequent),
        ):
            found = interval(metric.of(outputs, truth), len(truth), asked.groups, seed=seed)
            scores.append(
                Score("task", metric.name, part, name, found.value, found.low, found.high, n=len(truth))
            )
    drawn = {n: [prototypes(train, len(types), n, rng) for _ in range(draws)] for n in shots}
    everything = np.arange(len(truth))
    for metric in CLASSIFICATION[:2]:
        for n, centres in drawn.items():
            values = [metric.of(asked.vectors @ centre.T, truth)(everything) for centre in centres]
            low, high = np.percentile(values, [2.5, 97.5])
            name = f"prototypes of {n} tagged span{'s' * (n > 1)} a type"
            scores.append(
                Score("task", metric.name, part, name, float(np.mean(values)), low, high, n=len(truth))
            )
    return Scorecard(scores)


def _unit(x: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1)
