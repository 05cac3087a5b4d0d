"""Networks for rows of standardised features, and how their answers come to the units of the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.tasks.networks.together import mean_answer
from neurotwin.tasks.task import Spec

MEMBERS, WIDTH, BLOCKS = 8, 128, 2
SOFT = 3.0
"""Features beyond so many standard deviations are squeezed."""


class InUnits(eqx.Module):
    """A network whose only output is brought to the units of the target: mean + sd · output; scores of classes pass as they are.

    Attributes
    ----------
    mean, sd
        Of the training targets; None where the target is a class.
    """

    body: Any
    mean: float | None = eqx.field(static=True)
    sd: float | None = eqx.field(static=True)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, ...]`` → ``[example]`` in units of the target, or scores ``[example, class]``; with a key as ``body``."""
        y = self.body(x, key)
        return y if self.mean is None or self.sd is None else self.mean + self.sd * y[..., 0]


def in_units(build: Callable[[Spec, jax.Array], Any]) -> Callable[[Spec, jax.Array], InUnits]:
    """The builder of a network with ``spec["classes"]`` outputs as one of answers; ``spec["target"]`` is (mean, sd) or None."""

    def built(spec: Spec, key: jax.Array) -> InUnits:
        mean, sd = spec["target"] or (None, None)
        return InUnits(build(spec, key), mean, sd)

    return built


class ResidualMember(eqx.Module):
    """A dense layer, then blocks h + dropout(dense(GELU(norm(h)))), then the read-out."""

    first: eqx.nn.Linear
    norms: tuple[eqx.nn.LayerNorm, ...]
    layers: tuple[eqx.nn.Linear, ...]
    out: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, inputs: int, outputs: int, dropout: float, key: jax.Array) -> None:
        keys = jax.random.split(key, BLOCKS + 2)
        self.first = eqx.nn.Linear(inputs, WIDTH, key=keys[0])
        self.norms = tuple(eqx.nn.LayerNorm(WIDTH) for _ in range(BLOCKS))
        self.layers = tuple(eqx.nn.Linear(WIDTH, WIDTH, key=k) for k in keys[1:-1])
        self.out = eqx.nn.Linear(WIDTH, outputs, key=keys[-1])
        self.dropout = eqx.nn.Dropout(dropout)

    def __call__(self, x: jax.Array, key: jax.Array | None) -> jax.Array:
        """``[example, feature]`` → ``[example, output]``."""
        keys = [None] * (BLOCKS + 1) if key is None else list(jax.random.split(key, BLOCKS + 1))
        h = jax.vmap(self.first)(self.dropout(x, key=keys[0], inference=key is None))
        for norm, layer, own in zip(self.norms, self.layers, keys[1:], strict=True):
            change = jax.vmap(layer)(jax.nn.gelu(jax.vmap(norm)(h)))
            h = h + self.dropout(change, key=own, inference=key is None)
        return jax.vmap(self.out)(h)


class ResidualEnsemble(eqx.Module):
    """Eight residual networks that are trained side by side and answer together.

    In training every member answers for itself and is held to the truth by itself; after it their mean answers, of
    probabilities where there are classes (Lakshminarayanan, Pritzel & Blundell 2017). Inputs are squeezed as x / √(1 + (x/3)²)
    (Holzmüller, Grinsztajn & Steinwart 2024), so that a rare feature does not outweigh all others.
    """

    members: ResidualMember

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: shape (features,), classes (1 for a number), dropout."""

        def make(key: jax.Array) -> ResidualMember:
            return ResidualMember(spec["shape"][0], spec["classes"], spec.get("dropout", 0.0), key)

        self.members = eqx.filter_vmap(make)(jax.random.split(key, MEMBERS))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """``[example, feature]`` → ``[example, output]``, or ``[example, member, output]`` with a key."""
        x = x / jnp.sqrt(1 + (x / SOFT) ** 2)
        if key is not None:
            keys = jax.random.split(key, MEMBERS)
            return eqx.filter_vmap(lambda member, k: member(x, k), out_axes=1)(self.members, keys)
        each = eqx.filter_vmap(lambda member: member(x, None))(self.members)
        if each.shape[-1] == 1:
            return each.mean(0)
        return mean_answer(each)
