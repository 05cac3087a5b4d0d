"""One network taken through a sequence by one learner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from neurotwin._base.errors import DivergenceError
from neurotwin.tasks import outputs_of
from neurotwin.tasks.data import Examples
from neurotwin.tasks.task import Encoder
from neurotwin.training import TrainingConfig
from neurotwin.training.optimisers import make_optimiser
from neurotwin.transfer.continual.learner import Answer, Batch, Learner, Moment
from neurotwin.transfer.continual.reservoir import kept
from neurotwin.transfer.continual.sequences import Sequence
from neurotwin.transfer.continual.settings import ContinualSettings

CLOSED = -1e9
"""Score of an output that does not compete."""


@dataclass(frozen=True, eq=False)
class Course:
    """What came of it.

    Attributes
    ----------
    first
        The network before anything was learned.
    networks
        The network after each experience.
    losses
        Mean cross-entropy over the steps of each experience, nats.
    """

    first: Any
    networks: tuple[Any, ...]
    losses: tuple[float, ...]


def learn(
    network: Any,
    sequence: Sequence,
    learner: Learner,
    encode: Encoder,
    settings: ContinualSettings,
    *,
    seed: int,
    strength: float = 0.0,
) -> Course:
    """Take a network through a sequence; equal arguments give equal networks on one machine.

    Parameters
    ----------
    network
        At its beginning.
    sequence, learner, encode
        What is learned, how, and how examples become arrays.
    settings, seed
        The budget; the seed of batches, memory and the learner's own draws.
    strength
        Of the learner's penalty.

    Raises
    ------
    DivergenceError
        The loss left the finite numbers.
    """
    optimiser = _optimiser(settings.learning_rate, settings.clip_norm)
    weights, static = eqx.partition(network, eqx.is_inexact_array)
    first, state = weights, learner.begin(weights, strength)
    source, rng = _Source(sequence, encode), np.random.default_rng(seed)
    memory, networks, losses = np.zeros((0, 2), int), [], []
    for now in range(len(sequence)):
        before, memory = memory, _remember(memory, now, source.sizes, settings.memory, rng)
        moment = Moment(now, source.sizes, before, memory, settings.steps, settings.batch, rng)
        weights = first if learner.afresh else weights
        moments, found = optimiser.init(weights), []
        pairs = learner.draw(moment)
        # chunks of one length, so that nothing is compiled twice
        for chunk in np.split(pairs, len(pairs) // settings.steps):
            batches = source.take(chunk)
            weights, moments, state, loss = _advance(
                learner, optimiser, weights, static, moments, state, batches
            )
            found.append(loss)
        losses.append(float(jnp.concatenate(found).mean()))
        if not np.isfinite(losses[-1]) or not _finite(weights):
            raise DivergenceError(
                "the loss left the finite numbers",
                got=f"experience {now + 1} of {len(sequence)}, strength {strength:g}",
                fix="lower --learning-rate",
            )
        seen = source.take(source.some(now, settings.fisher_examples, rng))
        state = _end(learner, state, weights, static, seen, jax.random.fold_in(jax.random.key(seed), now))
        networks.append(eqx.combine(weights, static))
    return Course(network, tuple(networks), tuple(losses))


def accuracies(network: Any, sequence: Sequence, part: str, encode: Encoder) -> np.ndarray:
    """Share of right answers on the part of each experience, among the outputs that compete there, ``[experience]``."""
    parts: list[Examples] = [getattr(one, part) for one in sequence.experiences]
    # all at once: the batches have one shape, whatever the sizes of the parts
    together = Examples(*(np.concatenate([np.asarray(getattr(p, k)) for p in parts]) for k in ("x", "y")))
    outputs = outputs_of(network, together, encode)
    found, start = [], 0
    for one, examples in zip(sequence.experiences, parts, strict=True):
        own = np.where(one.competing, outputs[start : start + len(examples)], -np.inf)
        found.append(float((own.argmax(-1) == np.asarray(examples.y)).mean()))
        start += len(examples)
    return np.array(found)


def _remember(
    memory: np.ndarray, now: int, sizes: tuple[int, ...], size: int, rng: np.random.Generator
) -> np.ndarray:
    """The reservoir after one pass over the experience's examples in a new order."""
    rows = rng.permutation(sizes[now])
    new = np.stack([np.full_like(rows, now), rows], axis=1)
    return kept(memory, sum(sizes[:now]), new, size, rng)


class _Source:
    """The training examples of a sequence as arrays."""

    def __init__(self, sequence: Sequence, encode: Encoder) -> None:
        encoded = [encode(one.train, None) for one in sequence.experiences]
        self.sizes = tuple(len(one.train) for one in sequence.experiences)
        self._starts = np.cumsum([0, *self.sizes[:-1]])
        self._x = np.concatenate([np.asarray(one.x) for one in encoded])
        self._y = np.concatenate([np.asarray(one.y) for one in encoded])
        self._competing = np.stack([one.competing for one in sequence.experiences])

    def take(self, pairs: np.ndarray) -> Batch:
        """Pairs ``[..., 2]`` → arrays ``[..., ...]``."""
        rows = self._starts[pairs[..., 0]] + pairs[..., 1]
        return Batch(*map(jnp.asarray, (self._x[rows], self._y[rows], self._competing[pairs[..., 0]])))

    def some(self, now: int, most: int, rng: np.random.Generator) -> np.ndarray:
        """At most so many examples of an experience, as batches of one: pairs ``[example, 1, 2]``."""
        rows = rng.permutation(min(self.sizes))[:most]  # the same number for all: nothing is compiled twice
        return np.stack([np.full_like(rows, now), rows], axis=1)[:, None]


@cache
def _optimiser(learning_rate: float, clip_norm: float) -> optax.GradientTransformation:
    # one object for one setting: compiled programs are found again by it
    return make_optimiser(
        TrainingConfig(learning_rate=learning_rate, schedule="constant", clip_norm=clip_norm)
    )


def _answer(static: Any) -> Answer:
    def answer(weights: Any, batch: Batch) -> jax.Array:
        outputs = eqx.combine(weights, static)(batch.x)
        return jax.nn.log_softmax(jnp.where(batch.competing, outputs, CLOSED))

    return answer


@eqx.filter_jit
def _advance(
    learner: Learner,
    optimiser: optax.GradientTransformation,
    weights: Any,
    static: Any,
    moments: Any,
    state: Any,
    batches: Batch,
) -> tuple[Any, Any, Any, jax.Array]:
    answer = _answer(static)

    def loss_of(weights: Any, batch: Batch) -> jax.Array:
        return -jnp.take_along_axis(answer(weights, batch), batch.y[:, None], axis=-1).mean()

    def one(carry: Any, batch: Batch) -> tuple[Any, jax.Array]:
        weights, moments, state = carry
        loss, slope = jax.value_and_grad(loss_of)(weights, batch)
        total = slope
        if learner.penalty is not None:
            total = jax.tree.map(jnp.add, slope, jax.grad(learner.penalty)(weights, state))
        change, moments = optimiser.update(total, moments, weights)
        if learner.watch is not None:
            state = learner.watch(state, slope, change)
        return (eqx.apply_updates(weights, change), moments, state), loss

    (weights, moments, state), losses = jax.lax.scan(one, (weights, moments, state), batches)
    return weights, moments, state, losses


@eqx.filter_jit
def _end(learner: Learner, state: Any, weights: Any, static: Any, seen: Batch, key: jax.Array) -> Any:
    return learner.end(state, weights, _answer(static), seen, key)


def _finite(weights: Any) -> bool:
    return all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(weights))
