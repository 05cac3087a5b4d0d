"""Elastic weight consolidation."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from neurotwin.transfer.continual.learner import (
    LEARNERS,
    Answer,
    Batch,
    Learner,
    State,
    quadratic,
    zeros_like,
)


def begin(weights: Any, strength: float) -> State:
    """No importance yet."""
    return {
        "strength": jnp.asarray(strength, jnp.float32),
        "anchor": weights,
        "importance": zeros_like(weights),
    }


def fisher(weights: Any, answer: Answer, seen: Batch, key: jax.Array) -> Any:
    """The diagonal of the Fisher information, a tree like ``weights``: F = E_x E_{y ~ p(y|x)} (∂ log p(y|x) / ∂θ)².

    One answer y is drawn from the network's own for each example, which makes it an unbiased estimate of the Fisher information
    (and not the "empirical" one with the true answers, which vanishes where these are learned). ``seen``: the examples, as
    batches of one ``[example, 1, ...]``.
    """

    def slope(weights: Any, batch: Batch, y: jax.Array) -> Any:
        return jax.grad(lambda w: answer(w, batch)[0, y])(weights)

    def add(total: Any, one: tuple[Batch, jax.Array]) -> tuple[Any, None]:
        batch, own_key = one
        y = jax.random.categorical(own_key, answer(weights, batch)[0])
        return jax.tree.map(lambda t, s: t + s**2, total, slope(weights, batch, y)), None

    keys = jax.random.split(key, len(seen.y))
    total, _ = jax.lax.scan(add, zeros_like(weights), (seen, keys))
    return jax.tree.map(lambda t: t / len(seen.y), total)


def end(state: State, weights: Any, answer: Answer, seen: Batch, key: jax.Array) -> State:
    """The Fisher information of this experience is added, and the weights as they are become the anchor."""
    found = fisher(weights, answer, seen, key)
    importance = jax.tree.map(jnp.add, state["importance"], found)
    return {**state, "anchor": weights, "importance": importance}


LEARNERS.register("ewc")(
    Learner(
        "elastic weight consolidation (Kirkpatrick et al. 2017): loss + λ/2 Σ F (θ − θ*)², F the diagonal of the Fisher "
        "information. Online (Huszár 2018; Schwarz et al. 2018, with no decay): one sum of F over all experiences around "
        "the latest θ*, where the first paper keeps one penalty for each experience",
        begin=begin,
        penalty=quadratic,
        end=end,
        keeps="2 numbers for each weight",
        strengths=(1e2, 1e3, 1e4, 1e5, 1e6, 1e7),
    )
)
