"""What an adaptation method is: it says which numbers of a network may move, and what is put beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.network import Wiring
from neurotwin.network.kernels import Pattern
from neurotwin.tasks import Spec

FIXED = (Pattern, Wiring)
"""Anatomy: parts of a network that no method trains, although some of their arrays are not whole numbers."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """A network that is ready for ``tasks.fit``.

    Attributes
    ----------
    network
        Answers like the one that was given, until it is trained.
    trained
        Tree of bools like ``network``: which arrays may move.
    penalty
        Of a network of this kind, added to the loss; None for none.
    """

    network: Any
    trained: Any
    penalty: Callable[[Any], jax.Array] | None = None


@dataclass(frozen=True)
class Method:
    """A way of adapting a trained network to another task.

    Attributes
    ----------
    prepare
        ``(network, spec, key) → Adapted``. ``spec`` may hold ``interfaces``, the names of the parts that are trained whatever the
        method (``("out",)``, the read-out, where nothing is said), and what single methods take.
    about, source
        A line for people; where it comes from.
    learning_rate
        Its default: of full fine-tuning, LoRA and the frozen body the best of two or three on the validation part of the digits
        with the worm's twin; the anchor has that of full fine-tuning, the others that of the frozen body.
    merge
        Trained network → a plain one that answers the same; None where there is no such thing.
    moves_body
        Whether weights that were there before are changed.
    """

    prepare: Callable[[Any, Spec, jax.Array], Adapted]
    about: str
    source: str
    learning_rate: float
    merge: Callable[[Any], Any] | None
    moves_body: bool


METHODS: Registry[Method] = Registry("adaptation method")


def with_readout(network: Any, classes: int, key: jax.Array) -> Any:
    """The network with a new dense read-out ``out`` for so many classes, drawn at random."""
    old = _part(network, "out")
    if not isinstance(old, eqx.nn.Linear):
        raise InputError(
            "the read-out cannot be replaced", got=type(old).__name__, expected="a dense layer named out"
        )
    return eqx.tree_at(lambda n: n.out, network, eqx.nn.Linear(old.in_features, classes, key=key))


def nothing(network: Any) -> Any:
    """A tree of bools like the network, all False."""
    return jax.tree.map(lambda _: False, network)


def everything(network: Any) -> Any:
    """Which leaves are weights: arrays that are not whole numbers and no anatomy."""

    def judge(node: Any) -> Any:
        return nothing(node) if isinstance(node, FIXED) else eqx.is_inexact_array(node)

    return jax.tree.map(judge, network, is_leaf=lambda node: isinstance(node, FIXED))


def interfaces(network: Any, spec: Spec) -> Any:
    """Which leaves belong to the parts that every method trains."""
    mask = nothing(network)
    for name in interface_names(spec):
        _part(network, name)
        mask = eqx.tree_at(lambda n, name=name: getattr(n, name), mask, everything(getattr(network, name)))
    return mask


def body(network: Any, spec: Spec) -> Any:
    """Which leaves are weights of what was there before: all but the interfaces'."""
    return jax.tree.map(lambda all_, new: all_ and not new, everything(network), interfaces(network, spec))


def either(first: Any, second: Any) -> Any:
    """Leaves that are in the one or the other."""
    return jax.tree.map(lambda a, b: a or b, first, second)


def interface_names(spec: Spec) -> tuple[str, ...]:
    """Names of the parts that are trained whatever the method."""
    return tuple(spec.get("interfaces", ("out",)))


def n_trained(adapted: Adapted) -> int:
    """How many numbers are trained."""
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(adapted.network, adapted.trained)))


def squared_distance(network: Any, start: Any, mask: Any) -> jax.Array:
    """Σ (w - w₀)² over the leaves that ``mask`` names."""
    pairs = zip(*(jax.tree.leaves(eqx.filter(tree, mask)) for tree in (network, start)), strict=True)
    return sum((jnp.sum((now - then) ** 2) for now, then in pairs), jnp.zeros(()))


def _part(network: Any, name: str) -> Any:
    if not hasattr(network, name):
        raise InputError(
            "the network has no part of this name",
            got=name,
            expected=", ".join(getattr(type(network), "__dataclass_fields__", ())) or "an Equinox module",
        )
    return getattr(network, name)
