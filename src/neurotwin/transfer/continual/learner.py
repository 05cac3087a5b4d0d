"""What a method of continual learning is: which examples it sees, what it adds to the loss, what it remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.registry import Registry

State = dict[str, Any]
"""What a learner keeps beside the network: a tree of arrays."""


@dataclass(frozen=True, eq=False)
class Moment:
    """Where in its sequence a learner is; examples are pairs ``[any, 2]`` of experience and row in its training part.

    Attributes
    ----------
    now
        Number of the experience that begins, from 0.
    sizes
        Training examples of every experience.
    before, after
        The reservoir as it was before this experience, and as it is with it.
    steps, batch
        Gradient steps of one experience, and examples of a step.
    rng
        Of the draws.
    """

    now: int
    sizes: tuple[int, ...]
    before: np.ndarray
    after: np.ndarray
    steps: int
    batch: int
    rng: np.random.Generator


class Batch(NamedTuple):
    """Images ``[example, ...]``, class numbers ``[example]``, bool ``[example, class]`` of the outputs that compete."""

    x: jax.Array
    y: jax.Array
    competing: jax.Array


Answer = Callable[[Any, Batch], jax.Array]
"""``(weights, batch) → log-probabilities [example, class]``."""


def own(moment: Moment) -> np.ndarray:
    """The experience's own examples, epoch after epoch in new orders: pairs ``[steps, batch, 2]``."""
    rows = cycled(moment.sizes[moment.now], moment.steps * moment.batch, moment.rng)
    return np.stack([np.full_like(rows, moment.now), rows], axis=-1).reshape(moment.steps, moment.batch, 2)


def nothing(weights: Any, strength: float) -> State:
    """No state."""
    return {}


def unchanged(state: State, weights: Any, answer: Answer, seen: Batch, key: jax.Array) -> State:
    """The state as it was."""
    return state


@dataclass(frozen=True)
class Learner:
    """A method, as pure functions.

    Attributes
    ----------
    about
        A line for people.
    draw
        ``moment → pairs [steps, batch, 2]`` that are learned in it.
    afresh
        Every experience begins with the first weights.
    begin
        ``(weights, strength) → state``.
    penalty
        ``(weights, state) → number`` that is added to the mean cross-entropy; None for nothing.
    watch
        ``(state, slope of the cross-entropy, change of the weights) → state`` after each gradient step; None for nothing.
    end
        ``(state, weights, answer, examples of the experience, key) → state`` after each experience.
    strengths
        Of the penalty, to choose from on the validation part; empty where there is none.
    keeps
        What it costs in memory, in words.
    """

    about: str
    draw: Callable[[Moment], np.ndarray] = own
    afresh: bool = False
    begin: Callable[[Any, float], State] = nothing
    penalty: Callable[[Any, State], jax.Array] | None = None
    watch: Callable[[State, Any, Any], State] | None = None
    end: Callable[[State, Any, Answer, Batch, jax.Array], State] = unchanged
    strengths: tuple[float, ...] = ()
    keeps: str = "nothing"


LEARNERS: Registry[Learner] = Registry("continual learner")


def cycled(n: int, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """``wanted`` rows of ``n``, each once before any comes again, in a new order every time."""
    rounds = -(-wanted // n)
    return np.concatenate([rng.permutation(n) for _ in range(rounds)])[:wanted]


def quadratic(weights: Any, state: State) -> jax.Array:
    """½ strength · Σ importance · (weight − anchor)²: what the learners that hold weights back have in common."""
    parts = jax.tree.map(
        lambda w, a, i: jnp.sum(i * (w - a) ** 2), weights, state["anchor"], state["importance"]
    )
    return 0.5 * state["strength"] * sum(jax.tree.leaves(parts))


def zeros_like(weights: Any) -> Any:
    """A tree of zeros."""
    return jax.tree.map(jnp.zeros_like, weights)
