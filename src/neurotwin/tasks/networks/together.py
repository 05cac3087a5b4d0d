"""Several networks of one kind that are trained side by side and answer together (Lakshminarayanan, Pritzel & Blundell 2017)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.tasks.task import Spec

MEMBERS = 3
"""Where a task's description does not say how many."""


class Together(eqx.Module):
    """Networks that see the same examples. In training each answers for itself, then by their mean probabilities."""

    members: tuple[Any, ...]

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, ...]`` → log probabilities ``[example, class]``, or scores ``[example, member, class]`` with a key."""
        if key is None:
            return mean_answer(jnp.stack([member(x) for member in self.members]))
        keys = jax.random.split(key, len(self.members))
        return jnp.stack([member(x, own) for member, own in zip(self.members, keys, strict=True)], axis=1)


def together(build: Callable[[Spec, jax.Array], Any]) -> Callable[[Spec, jax.Array], Together]:
    """The builder of ``spec["members"]`` such networks; ``spec["parameters"]``, where it is given, is shared between them."""

    def built(spec: Spec, key: jax.Array) -> Together:
        members = spec.get("members", MEMBERS)
        if "parameters" in spec:
            spec = {**spec, "parameters": spec["parameters"] // members}
        return Together(tuple(build(spec, own) for own in jax.random.split(key, members)))

    return built


def mean_answer(scores: jax.Array) -> jax.Array:
    """Logarithm of the members' mean probabilities, ``[example, class]``, of scores ``[member, example, class]``."""
    return jax.nn.logsumexp(jax.nn.log_softmax(scores), axis=0) - jnp.log(len(scores))
