"""Synaptic intelligence."""

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

DAMPING = 1e-3
"""ξ: keeps the importance of a weight that hardly moved from growing without bound."""


def begin(weights: Any, strength: float) -> State:
    """No importance yet, and a path of no length."""
    return {
        "strength": jnp.asarray(strength, jnp.float32),
        "anchor": weights,
        "importance": zeros_like(weights),
        "path": zeros_like(weights),
    }


def watch(state: State, slope: Any, change: Any) -> State:
    """ω ← ω − g Δθ: what each weight's own change took off the loss, whatever the optimiser that made the change."""
    path = jax.tree.map(lambda p, g, d: p - g * d, state["path"], slope, change)
    return {**state, "path": path}


def end(state: State, weights: Any, answer: Answer, seen: Batch, key: jax.Array) -> State:
    """Ω ← Ω + max(0, ω) / (Δ² + ξ), Δ the way from the last anchor; the path begins anew."""

    def grown(importance: jax.Array, path: jax.Array, weight: jax.Array, anchor: jax.Array) -> jax.Array:
        return importance + 2 * jnp.maximum(0.0, path) / ((weight - anchor) ** 2 + DAMPING)

    importance = jax.tree.map(grown, state["importance"], state["path"], weights, state["anchor"])
    return {**state, "anchor": weights, "importance": importance, "path": zeros_like(weights)}


LEARNERS.register("si")(
    Learner(
        "synaptic intelligence (Zenke, Poole & Ganguli 2017): loss + c Σ Ω (θ − θ*)², Ω what a weight's changes took off the "
        "cross-entropy along the way (gradient × change made by Adam, summed over steps), over its squared way",
        begin=begin,
        penalty=quadratic,
        watch=watch,
        end=end,
        keeps="3 numbers for each weight",
        strengths=(0.1, 1.0, 10.0, 100.0, 1e3),
    )
)
