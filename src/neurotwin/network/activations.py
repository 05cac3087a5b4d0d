"""Activation functions of the units, by name."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from neurotwin._base.registry import Registry

ACTIVATIONS: Registry[Callable[[jax.Array], jax.Array]] = Registry("activation")

ACTIVATIONS.register("tanh")(jnp.tanh)
ACTIVATIONS.register("sigmoid")(jax.nn.sigmoid)
ACTIVATIONS.register("relu")(jax.nn.relu)
ACTIVATIONS.register("softplus")(jax.nn.softplus)
ACTIVATIONS.register("softmax")(jax.nn.softmax)
