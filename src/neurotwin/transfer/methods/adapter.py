"""Bottleneck adapters: small trained layers between frozen ones."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.tasks import Spec
from neurotwin.tasks.layers import Convolution
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, everything, interfaces

WIDTH = 8
LAYERS = (eqx.nn.Linear, Convolution)


class Bottleneck(eqx.Module):
    """h + U relu(D h + b) on the last axis. U begins at 0, so that at first h passes unchanged."""

    down: jax.Array
    bias: jax.Array
    up: jax.Array

    def __init__(self, features: int, width: int, key: jax.Array) -> None:
        """D normal with variance 1 / features."""
        self.down = jax.random.normal(key, (width, features)) / features**0.5
        self.bias = jnp.zeros(width)
        self.up = jnp.zeros((features, width))

    def __call__(self, h: jax.Array) -> jax.Array:
        """``[..., feature]`` → ``[..., feature]``."""
        return h + jax.nn.relu(h @ self.down.T + self.bias) @ self.up.T


class _Unread(eqx.Module):
    """Refuses networks that take a layer's weights instead of calling it: they would pass the adapter by."""

    @property
    def weight(self) -> Any:
        raise _passed_by()

    @property
    def bias(self) -> Any:
        raise _passed_by()


class Behind(_Unread):
    """A layer, then an adapter."""

    layer: Any
    adapter: Bottleneck

    def __call__(self, x: jax.Array, **options: Any) -> jax.Array:
        """As the layer, adapted."""
        return self.adapter(self.layer(x, **options))


class Before(_Unread):
    """An adapter, then the read-out."""

    adapter: Bottleneck
    layer: Any

    def __call__(self, x: jax.Array, **options: Any) -> jax.Array:
        """As the read-out, of adapted features."""
        return self.layer(self.adapter(x), **options)


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """Adapters behind every dense or convolutional layer of the network and in front of the read-out ``out``.

    ``spec`` may hold ``bottleneck``, the width. In a network on a wiring the adapters are on the way in and on the way out; within
    the loop there is none, since it would join neurons that the wiring does not join.

    Raises
    ------
    InputError
        The width is no whole number >= 1. When the network is used: it reads its layers' weights itself.
    """
    width = spec.get("bottleneck", WIDTH)
    if not (isinstance(width, int) and width >= 1):
        raise InputError("the adapters' width cannot be used", got=width, expected="a whole number >= 1")
    found, structure = jax.tree_util.tree_flatten_with_path(network, is_leaf=_is_layer)
    trained = jax.tree.leaves(interfaces(network, spec))
    masks, at, leaves = [], 0, []
    for path, leaf in found:
        count = len(jax.tree.leaves(leaf))
        mask = jax.tree.unflatten(jax.tree.structure(leaf), trained[at : at + count])
        at += count
        if _is_layer(leaf):
            key, one = jax.random.split(key)
            readout = getattr(path[-1], "name", "") == "out" and len(path) == 1
            features = leaf.weight.shape[1] if readout else _outputs(leaf)
            adapter, kind = Bottleneck(features, width, one), Before if readout else Behind
            every = everything(adapter)
            leaf = Before(adapter, leaf) if readout else Behind(leaf, adapter)
            mask = kind(every, mask) if readout else kind(mask, every)
        leaves.append(leaf)
        masks.append(mask)
    return Adapted(structure.unflatten(leaves), structure.unflatten(masks))


def _is_layer(node: Any) -> bool:
    return isinstance(node, LAYERS)


def _outputs(layer: Any) -> int:
    return layer.weight.shape[0] if isinstance(layer, eqx.nn.Linear) else layer.weight.shape[-1]


def _passed_by() -> InputError:
    return InputError(
        "the network reads its layers' weights itself, so that adapters would be passed by", fix="take lora"
    )


METHODS.register("adapter")(
    Method(
        prepare,
        "bottleneck adapters behind frozen layers and in front of the read-out; none within a wiring's loop",
        "Houlsby et al. 2019, ICML, arXiv:1902.00751",
        learning_rate=3e-2,
        merge=None,
        moves_body=False,
    )
)
