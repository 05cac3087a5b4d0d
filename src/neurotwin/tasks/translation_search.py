"""The search for a translation: the likeliest piece at each step, or several hypotheses beside each other."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.tasks.byte_pairs import number_of, text_of_pieces
from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Batch

STEP = 10
"""Sentences are padded to a multiple of this length, so that few shapes are compiled."""
AT_ONCE = 100
"""Sentences translated beside each other."""
LONGER = 1.5
"""A translation has at most so many times the pieces of the longest source beside it, and ``STEP`` more."""


def encode_pairs(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Padded pieces of sources and targets, to one length.

    Returns
    -------
    Batch
        ``x``: a dict of ``source`` and ``target`` int32 ``[sentence, place]`` (:func:`number_of` each piece), ``source_length`` and
        ``target_length`` int32 ``[sentence]``. ``y``: float32 ``[sentence, place]``, 1 for each piece of the target and the end
        behind it, 0 for what is padded.
    """
    longest = -(-int(lengths_of(examples).max()) // STEP) * STEP
    source, source_length = _padded(examples.x, longest)
    target, target_length = _padded(examples.y, longest)
    asked = (np.arange(longest) <= target_length[:, None]).astype(np.float32)
    x = {"source": source, "source_length": source_length, "target": target, "target_length": target_length}
    return Batch(x, asked)


def lengths_of(examples: Examples) -> np.ndarray:
    """Places that a pair takes, ``[sentence]``."""
    return np.array([max(len(x), len(y) + 1) for x, y in zip(examples.x, examples.y, strict=True)])


def _padded(texts: Any, longest: int) -> tuple[np.ndarray, np.ndarray]:
    length = np.array([len(text) for text in texts], np.int32)
    numbers = np.zeros((len(length), longest), np.int32)
    for row, text in zip(numbers, texts, strict=True):
        row[: len(text)] = [number_of(piece) for piece in text.tolist()]
    return numbers, length


def greedy(network: Any, examples: Examples) -> np.ndarray:
    """The likeliest piece at each step: texts ``[sentence]``."""
    return translate(network, examples, 1)


def beam(network: Any, examples: Examples) -> np.ndarray:
    """Five hypotheses, ranked by their mean log probability: texts ``[sentence]``."""
    return translate(network, examples, 5)


def translate(network: Any, examples: Examples, width: int) -> np.ndarray:
    """Translations of the sources, found by beam search with so many hypotheses; the targets are not looked at.

    Hypotheses are ranked by their log probability over their length, the end included, also while they grow.
    """
    order = np.argsort([len(x) for x in examples.x], kind="stable")
    told: list[str] = [""] * len(examples)
    for start in range(0, len(order), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        filled = np.append(rows, np.full(AT_ONCE - len(rows), rows[0])) if len(order) > AT_ONCE else rows
        sources = [examples.x[int(i)] for i in filled]
        longest = -(-max(map(len, sources)) // STEP) * STEP
        source, length = _padded(sources, longest)
        x = {"source": source, "source_length": length}
        found = np.asarray(_search(network, x, width, int(LONGER * longest) + STEP))
        for i, numbers in zip(rows, found, strict=False):
            told[i] = text_of_pieces(network.pieces[n] for n in numbers if n < network.end)
    return np.array(told)


@eqx.filter_jit
def _search(network: Any, x: dict[str, Any], width: int, steps: int) -> jax.Array:
    """Numbers of the best hypothesis, ``[sentence, step]``, the end's from there on."""
    n, end = len(x["source"]), network.end
    memory = jax.tree.map(lambda a: jnp.repeat(a, width, axis=0), network.read(x))
    choices = jnp.arange(n)[:, None]

    def step(carry: Any, place: jax.Array) -> tuple[Any, None]:
        h, last, total, length, written = carry
        h, told = network.advance(memory, h, last.reshape(-1))
        told = told.reshape(n, width, -1)
        done = last == end
        # what has ended stays as it is: one way to go on, that costs nothing
        only = jnp.where(jnp.arange(told.shape[-1]) == end, 0.0, -jnp.inf)
        sums = total[..., None] + jnp.where(done[..., None], only, told)
        lengths = length + ~done
        ranked = (sums / lengths[..., None]).reshape(n, -1)
        best = jax.lax.top_k(ranked, width)[1]
        parent, piece = best // told.shape[-1], best % told.shape[-1]
        h = h.reshape(n, width, -1)[choices, parent].reshape(n * width, -1)
        written = written[choices, parent].at[:, :, place].set(piece)
        total = jnp.take_along_axis(sums.reshape(n, -1), best, 1)
        return (h, piece, total, lengths[choices, parent], written), None

    first = jnp.full((n, width), end + 1)
    # one hypothesis to begin with: the others would be the same
    total = jnp.tile(jnp.where(jnp.arange(width) == 0, 0.0, -jnp.inf), (n, 1))
    carry = (
        network.start(memory),
        first,
        total,
        jnp.zeros((n, width), int),
        jnp.full((n, width, steps), end),
    )
    (_, _, total, length, written), _ = jax.lax.scan(step, carry, jnp.arange(steps))
    return written[jnp.arange(n), (total / length).argmax(1)]
