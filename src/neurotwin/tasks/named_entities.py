"""Named entities: ``neurotwin task entities``."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import jax

from neurotwin._base.registry import Registry
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.entity_baselines import most_frequent_tag, word_regression
from neurotwin.tasks.entity_metrics import ENTITIES, by_type
from neurotwin.tasks.layers.crf import negative_log_likelihood
from neurotwin.tasks.networks.encoder_tagger import EncoderTagger, frozen_tagger, pretrained_tagger
from neurotwin.tasks.networks.tagger import RecurrentTagger, WindowTagger
from neurotwin.tasks.pieces import encode_pieces, encode_vectors
from neurotwin.tasks.readers.bert import read_bert
from neurotwin.tasks.readers.entities import read_entities
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Model, Spec, Task
from neurotwin.tasks.words import encode_sentences, hash_of

MODELS: Registry[Model] = Registry("network of the task entities")


def describe(data: TaskData) -> Spec:
    """Tags, and the words of the training sentences by their hashes in order, with their counts."""
    counts = Counter(hash_of(str(word)) for sentence in data.train.x for word in sentence)
    words = sorted(counts)
    tags = list((data.facts or {})["tags"])
    return {"tags": tags, "words": words, "counts": [counts[word] for word in words]}


def loss(outputs: Any, y: Any) -> jax.Array:
    """-log p of a sentence's tags, nats, ``[sentence]``."""
    return negative_log_likelihood(outputs, y)


def _unchained(spec: Spec, key: jax.Array) -> RecurrentTagger:
    return RecurrentTagger(spec, key, chained=False)


TRAINING = Settings(epochs=30, batch=32, learning_rate=3e-3, dropout=0.5)
READ_BEFORE = (
    "What a pretrained encoder brings was learned from far more text than the training part, and that text may hold sentences "
    "of the test part, without their tags.",
)
MODELS.register("bilstm-crf")(
    Model(
        RecurrentTagger,
        "words and character filters, bidirectional LSTM, conditional random field over the tags",
        TRAINING,
        least_steps=600,
        rival="window",
    )
)
MODELS.register("bilstm")(
    Model(
        _unchained, "the same without the random field: a softmax at each word", TRAINING, 600, rival="window"
    )
)
MODELS.register("window")(
    Model(WindowTagger, "two dense layers on a word and two neighbours on each side", TRAINING, 600)
)
FINE_TUNING = Settings(
    epochs=4, batch=16, optimiser="adamw", schedule="warmup", learning_rate=3e-3, body_rate=0.05, dropout=0.5
)
MODELS.register("encoder")(
    Model(
        EncoderTagger,
        "a pretrained Transformer encoder under the bilstm-crf, fine-tuned with it",
        FINE_TUNING,
        rival="transformer",
        limits=READ_BEFORE,
        encode=encode_pieces,
        pretrained=read_bert,
        start=pretrained_tagger,
    )
)
MODELS.register("transformer")(
    Model(
        EncoderTagger,
        "the same network from random weights",
        replace(FINE_TUNING, body_rate=0.2),
        encode=encode_pieces,
        pretrained=read_bert,
    )
)
MODELS.register("encoder-frozen")(
    Model(
        frozen_tagger,
        "the bilstm-crf with the vectors of a pretrained encoder that stays as it is",
        replace(TRAINING, epochs=12),
        rival="bilstm-crf",
        limits=READ_BEFORE,
        encode=encode_vectors,
        pretrained=read_bert,
    )
)

TASKS.register("entities")(
    Task(
        name="entities",
        title="Named entities",
        about="persons, places, organisations … in sentences; wikigold, or any CoNLL file",
        load=read_entities,
        describe=describe,
        encode=encode_sentences,
        loss=loss,
        metrics=ENTITIES,
        by_class=by_type,
        keep="metric",
        models=MODELS,
        default="bilstm-crf",
        baselines={
            "features and regression": word_regression,
            "most frequent tag of a word": most_frequent_tag,
        },
        limits=(
            "Networks without a pretrained encoder learn from these sentences alone.",
            "Test sentences are of the same kind as the training sentences, unless the publisher's split says otherwise.",
            "One seed is one draw of first weights and of the order of examples: differences between networks that are "
            "smaller than those between seeds mean nothing.",
        ),
    )
)
