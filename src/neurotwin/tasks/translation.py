"""Translation: ``neurotwin task translation --data FOLDER``."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.byte_pairs import text_of_pieces
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.networks.translator import translator
from neurotwin.tasks.readers.translation import read_translation
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Explained, Model, Spec, Task, Trained
from neurotwin.tasks.translation_baselines import copy, word_by_word
from neurotwin.tasks.translation_metrics import TRANSLATION, references
from neurotwin.tasks.translation_search import beam, encode_pairs, greedy, lengths_of

MODELS: Registry[Model] = Registry("network of the task translation")
SHOWN = 6


def describe(data: TaskData) -> Spec:
    """The pieces of both languages that the training part has."""
    facts = data.facts or {}
    return {name: list(facts[name]) for name in ("source_pieces", "target_pieces")}


def loss(outputs: Any, y: Any) -> jax.Array:
    """-log p of a sentence's pieces and end, over the batch's mean number of them: nats a piece once averaged, ``[sentence]``."""
    return -(outputs * y).sum(-1) / (y.sum() / len(y))


def shown(trained: Trained) -> Explained:
    """Test sentences drawn by the seed: source, reference, translation."""
    test, told = trained.data.test, trained.outputs
    rows = np.random.default_rng(trained.seed).permutation(len(test))[:SHOWN]
    sources = [text_of_pieces(test.x[int(i)].tolist()) for i in rows]
    right = references(test.take(rows))
    examples = tuple(
        (f"Test sentence {row + 1}", f"source:      {a}\nreference:   {b}\ntranslation: {told[row]}")
        for row, a, b in zip(rows.tolist(), sources, right, strict=True)
    )
    return Explained(excerpts=examples)


TRAINING = Settings(epochs=8, batch=32, learning_rate=3e-3, dropout=0.2)
MODELS.register("gru-attention")(
    Model(
        translator(),
        "bidirectional GRU encoder, GRU decoder, global attention, tied read-out",
        TRAINING,
        least_steps=1000,
        rival="gru",
    )
)
MODELS.register("gru")(
    Model(
        translator(attention=False),
        "the same without attention: the decoder sees the encoder's last states only",
        TRAINING,
        least_steps=1000,
    )
)

TASKS.register("translation")(
    Task(
        name="translation",
        title="Translation",
        about="sentences from one language into another; two line-aligned files for each part",
        load=read_translation,
        describe=describe,
        encode=encode_pairs,
        loss=loss,
        metrics=TRANSLATION,
        models=MODELS,
        default="gru-attention",
        baselines={"word by word (IBM model 1)": word_by_word, "the source as it is": copy},
        searches={"beam search": beam, "greedy search": greedy},
        lengths=lengths_of,
        explain=shown,
        limits=(
            "BLEU and chrF count what a translation shares with one reference: a good translation in other words scores low. "
            "Nobody read and judged them.",
            "Networks learn from these pairs alone, for a few epochs; those that were trained on far more text or for longer "
            "translate far better.",
            "Test sentences are of the same kind as the training sentences.",
            "One seed is one draw of first weights and of the order of examples: differences between networks that are "
            "smaller than those between seeds mean nothing.",
        ),
    )
)
