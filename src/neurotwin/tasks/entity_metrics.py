"""Measures of named entities: exact spans and types as the CoNLL evaluation counts them, and tokens."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.layers.crf import viterbi
from neurotwin.tasks.tagging import spans_of
from neurotwin.tasks.task import Metric, Statistic

SIZE = 500
"""Sentences decoded at once."""


def count_spans(
    truth: Sequence[Sequence[str]], told: Sequence[Sequence[str]], kinds: Sequence[str]
) -> np.ndarray:
    """Entities found rightly, entities told, entities there: whole numbers ``[sentence, type, 3]``."""
    counts = np.zeros((len(truth), len(kinds), 3), int)
    at = {kind: i for i, kind in enumerate(kinds)}
    for row, true_tags, told_tags in zip(counts, truth, told, strict=True):
        true_spans, told_spans = set(spans_of(true_tags)), set(spans_of(told_tags))
        for column, spans in enumerate((true_spans & told_spans, told_spans, true_spans)):
            for kind, _, _ in spans:
                row[at[kind], column] += 1
    return counts


def precision_recall_f1(right: int, told: int, there: int) -> tuple[float, float, float]:
    """right / told, right / there, 2 right / (told + there); 0 where nothing was told or is there, as conlleval has it."""
    return (
        right / told if told else 0.0,
        right / there if there else 0.0,
        2 * right / (told + there) if told + there else 0.0,
    )


def decode(outputs: np.ndarray, examples: Examples) -> list[np.ndarray]:
    """Tag numbers ``[place]`` of each sentence from packed potentials ``[sentence, row, tag]``."""
    lengths = np.array([len(x) for x in examples.x])
    found = [
        np.asarray(viterbi(jnp.asarray(outputs[i : i + SIZE]), jnp.asarray(lengths[i : i + SIZE])))
        for i in range(0, len(lengths), SIZE)
    ]
    return [tags[:n] for tags, n in zip(np.concatenate(found), lengths, strict=True)]


def _counts(outputs: np.ndarray, examples: Examples) -> np.ndarray:
    """``[sentence, type, 3]``; tag numbers are 0 outside, then B and I of each type in turn."""
    tags = ["O", *(f"{prefix}-{i}" for i in range((outputs.shape[-1] - 1) // 2) for prefix in "BI")]
    kinds = [str(i) for i in range((outputs.shape[-1] - 1) // 2)]
    truth = [[tags[i] for i in y] for y in examples.y]
    told = [[tags[i] for i in y] for y in decode(outputs, examples)]
    return count_spans(truth, told, kinds)


def _entity(which: int, kind: int | None = None):
    def of(outputs: np.ndarray, examples: Examples) -> Statistic:
        counts = _counts(outputs, examples)
        counts = counts.sum(1) if kind is None else counts[:, kind]
        return lambda rows: precision_recall_f1(*counts[rows].sum(0).tolist())[which]

    return of


def _token_accuracy(outputs: np.ndarray, examples: Examples) -> Statistic:
    pairs = zip(decode(outputs, examples), examples.y, strict=True)
    counts = np.array([[(told == y).sum(), len(y)] for told, y in pairs])

    def statistic(rows: np.ndarray) -> float:
        right, there = counts[rows].sum(0)
        return float(right / there)

    return statistic


ENTITIES = (
    Metric("entity_f1", _entity(2)),
    Metric("entity_precision", _entity(0)),
    Metric("entity_recall", _entity(1)),
    Metric("token_accuracy", _token_accuracy),
)
"""For packed potentials ``[sentence, row, tag]`` and tag numbers: micro averages over entities, and the share of right tokens."""


def by_type(data: TaskData) -> tuple[Metric, ...]:
    """The F1 of each type of entity."""
    kinds = (data.facts or {})["types"]
    return tuple(Metric(f"entity_f1_{kind}", _entity(2, i)) for i, kind in enumerate(kinds))
