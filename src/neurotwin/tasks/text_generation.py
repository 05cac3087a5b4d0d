"""Text generation, character by character: ``neurotwin task text --data FILE``."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from neurotwin._base.registry import Registry
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.generation import generate
from neurotwin.tasks.language_baselines import compressor, n_gram, uniform, unigram
from neurotwin.tasks.language_metrics import LANGUAGE
from neurotwin.tasks.networks.language import recurrent, transformer
from neurotwin.tasks.readers.text import PAD, WINDOW, read_text
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Batch, Explained, Model, Spec, Task, Trained

MODELS: Registry[Model] = Registry("network of the task text")
PROMPT, WRITTEN = 40, 400
"""Characters of the test part that a sample begins with, and characters that the network writes."""
TEMPERATURES = (0.5, 0.8, 1.0)


def describe(data: TaskData) -> Spec:
    """The alphabet, and how many characters a network sees at once."""
    return {"characters": (data.facts or {})["characters"], "window": WINDOW}


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Windows as they are: ``x`` and ``y`` int32 ``[window, place]``."""
    return Batch(np.asarray(examples.x), np.asarray(examples.y))


def loss(outputs: Any, y: Any) -> jax.Array:
    """Cross-entropy of the places that are asked for, their mean, nats, ``[window]``."""
    asked = y != PAD
    told = optax.softmax_cross_entropy_with_integer_labels(outputs, jnp.maximum(y, 0))
    return (told * asked).sum(-1) / asked.sum(-1)


def samples(trained: Trained) -> Explained:
    """What a network writes behind the first characters of the test part, at several temperatures."""
    network, seed = trained.network, trained.seed
    prompt = (
        "".join(network.characters[i] for i in np.asarray(trained.data.test.x)[0, :PROMPT] if i)
        or network.characters[1]
    )
    written = tuple(
        (
            f"Temperature {temperature:g}, seed {seed}; the first {len(prompt)} characters are the prompt",
            prompt + generate(network, prompt, WRITTEN, temperature, seed),
        )
        for temperature in TEMPERATURES
    )
    return Explained(excerpts=written)


TRAINING = Settings(epochs=3, batch=32, learning_rate=5e-3)
MODELS.register("gru")(
    Model(
        recurrent("gru"),
        "embedding, one layer of gated recurrent units, softmax",
        TRAINING,
        500,
        rival="transformer",
    )
)
MODELS.register("lstm")(
    Model(recurrent("lstm"), "the same with an LSTM layer", TRAINING, 500, rival="transformer")
)
MODELS.register("transformer")(
    Model(
        transformer,
        f"two blocks of masked attention (4 heads) over the last {WINDOW} characters, softmax",
        Settings(epochs=3, batch=32, learning_rate=2e-3, schedule="warmup"),
        500,
        rival="gru",
    )
)

TASKS.register("text")(
    Task(
        name="text",
        title="Text, character by character",
        about="the next character of a text, and texts that go on from a prompt; any UTF-8 file",
        load=read_text,
        describe=describe,
        encode=encode,
        loss=loss,
        metrics=LANGUAGE,
        models=MODELS,
        default="gru",
        baselines={
            "n-grams, order and smoothing by validation": n_gram,
            "compressor, primed with the training text": compressor,
            "unigram": unigram,
            "uniform": uniform,
        },
        explain=samples,
        limits=(
            f"Every network and the n-grams see {WINDOW} characters at most: what lies further back helps none of them here.",
            "The compressor's bits are spread evenly over the test part, so its interval has no width; it learns on from the test "
            "text as it goes, which the others do not.",
            "The test part is the end of the same text: how well the network does on another author was not tested. "
            "Samples are shown as they were drawn; that they look like the text says nothing about their sense.",
            "One seed is one draw of first weights and of the order of windows: differences between networks that are "
            "smaller than those between seeds mean nothing.",
        ),
    )
)
