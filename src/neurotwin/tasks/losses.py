"""What is minimised over examples, for networks that answer alone and for several that answer together."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax


def class_loss(outputs: Any, y: Any) -> jax.Array:
    """Cross-entropy, nats, ``[example]``, of scores ``[example, class]`` or the members' mean of ``[example, member, class]``."""
    if outputs.ndim == 2:
        return optax.softmax_cross_entropy_with_integer_labels(outputs, y)
    many = jnp.broadcast_to(y[:, None], outputs.shape[:2])
    return optax.softmax_cross_entropy_with_integer_labels(outputs, many).mean(1)


def number_loss(outputs: Any, y: Any) -> jax.Array:
    """Squared error, ``[example]``, of ``[example]`` or the members' mean of ``[example, member]``."""
    if outputs.ndim == 1:
        return (outputs - y) ** 2
    return ((outputs - y[:, None]) ** 2).mean(1)
