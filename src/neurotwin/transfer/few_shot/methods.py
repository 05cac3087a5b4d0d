"""From a few examples to a classifier, one method a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.tasks import Examples, outputs_of
from neurotwin.tasks.task import Encoder

ON_VECTORS: Registry[Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = Registry("few-shot method")
"""``(vectors of the drawn examples [example, feature], their classes, vectors of the queries) → classes of the queries``."""
STEPS, LEARNING_RATE = 100, 1e-3
"""Of fine-tuning all weights: fixed beforehand, not tuned, since new classes have no validation part."""


@ON_VECTORS.register("prototype")
def prototype(drawn: np.ndarray, y: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """The class with the nearest mean, squared Euclidean distance.

    Source: Snell, Swersky & Zemel 2017, equations 1 and 2 (of a body that was trained as a classifier, not on episodes).
    """
    means = np.stack([drawn[y == c].mean(0) for c in range(y.max() + 1)])
    # |q − m|² without |q|², which is the same for all classes
    return ((means**2).sum(1) - 2 * queries @ means.T).argmin(1)


@ON_VECTORS.register("read-out")
def read_out(drawn: np.ndarray, y: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Logistic regression (scikit-learn, C = 1) on vectors that are brought to one scale, that of the drawn ones."""
    from sklearn.linear_model import LogisticRegression

    mean, sd = drawn.mean(), drawn.std() or 1.0
    return LogisticRegression(max_iter=200).fit((drawn - mean) / sd, y).predict((queries - mean) / sd)


def features(network: Any, examples: Examples, encode: Encoder) -> np.ndarray:
    """What the read-out ``out`` of a network reads, ``[example, feature]``.

    Raises
    ------
    InputError
        The network has no layer of that name.
    """
    return outputs_of(_with(network, eqx.nn.Identity()), examples, encode)


def fine_tuned(
    network: Any, x: np.ndarray, y: np.ndarray, queries: np.ndarray, *, steps: int = STEPS
) -> np.ndarray:
    """All weights trained on the drawn examples, from the network's own with a read-out of zeros.

    Parameters
    ----------
    network
        The body.
    x, y
        Drawn images ``[draw, example, ...]`` and their classes ``[example]``, the same in every draw.
    queries
        Images ``[query, ...]``.
    steps
        Of Adam, each on all drawn examples.

    Returns
    -------
    Classes ``[draw, query]``.
    """
    old = _read_out_of(network)
    fresh = eqx.nn.Linear(old.in_features, int(y.max()) + 1, key=jax.random.key(0))
    zeros = jax.tree.map(jnp.zeros_like, fresh)
    return np.asarray(
        _tune(_with(network, zeros), jnp.asarray(x), jnp.asarray(y), jnp.asarray(queries), steps)
    )


@eqx.filter_jit
def _tune(network: Any, x: jax.Array, y: jax.Array, queries: jax.Array, steps: int) -> jax.Array:
    first, static = eqx.partition(network, eqx.is_inexact_array)
    optimiser = optax.adam(LEARNING_RATE)

    def loss_of(weights: Any, images: jax.Array) -> jax.Array:
        outputs = eqx.combine(weights, static)(images)
        return optax.softmax_cross_entropy_with_integer_labels(outputs, y).mean()

    def one_draw(images: jax.Array) -> jax.Array:
        def one(carry: Any, _: None) -> tuple[Any, None]:
            weights, moments = carry
            change, moments = optimiser.update(jax.grad(loss_of)(weights, images), moments)
            return (eqx.apply_updates(weights, change), moments), None

        (weights, _), _ = jax.lax.scan(one, (first, optimiser.init(first)), None, length=steps)
        return eqx.combine(weights, static)(queries).argmax(-1)

    return jax.lax.map(one_draw, x)


def _with(network: Any, out: Any) -> Any:
    _read_out_of(network)
    return eqx.tree_at(lambda n: n.out, network, out)


def _read_out_of(network: Any) -> eqx.nn.Linear:
    out = getattr(network, "out", None)
    if not isinstance(out, eqx.nn.Linear):
        raise InputError(
            "the network has no read-out to be replaced",
            got=type(network).__name__,
            expected="a network whose last layer is an equinox.nn.Linear named out",
            fix="choose another --model",
        )
    return out
