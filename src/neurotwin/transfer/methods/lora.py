"""LoRA: a change of low rank for every weight matrix, dense, recurrent or sparse."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.network.kernels import Pattern
from neurotwin.tasks import Spec
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, body, interfaces, nothing

RANK = 4
ALPHA = 8.0


class Place(NamedTuple):
    """Which leaf of the network a pair of factors changes; ``post`` and ``pre`` are leaves too, for a sparse one, else -1."""

    leaf: int
    post: int = -1
    pre: int = -1


class LowRank(eqx.Module):
    """The factors of one change. ``up`` begins at 0, so that at first nothing is changed.

    Attributes
    ----------
    up, down
        B, float32 [outputs, r], and A, float32 [r, inputs].
    """

    up: jax.Array
    down: jax.Array

    def dense(self, shape: tuple[int, ...]) -> jax.Array:
        """B A, laid out as the weight is."""
        return (self.up @ self.down).reshape(shape)

    def sparse(self, post: jax.Array, pre: jax.Array) -> jax.Array:
        """(B A)[post, pre] at the synapses alone, float32 [E]: no matrix of all pairs is made."""
        return jnp.sum(self.up[post] * self.down.T[pre], axis=-1)


class LoRA(eqx.Module):
    """A network whose weight matrices are W + (α/r) B A, and whose sparse weights are w_e + (α/r) Σ_k B[post_e, k] A[k, pre_e].

    The change is added to the weight before the network computes, so that any network can be adapted, whatever it does with its
    weights. A sparse weight keeps its wiring: the change exists at its synapses only.
    """

    network: Any
    factors: tuple[LowRank, ...]
    places: tuple[Place, ...] = eqx.field(static=True)
    scale: float = eqx.field(static=True)

    def __call__(self, x: Any, key: jax.Array | None = None) -> Any:
        """As the network with the changed weights."""
        return self.merged()(x, key)

    def merged(self) -> Any:
        """The network with the change in its weights."""
        leaves, structure = jax.tree.flatten(self.network)
        for place, factor in zip(self.places, self.factors, strict=True):
            weight = leaves[place.leaf]
            sparse = place.post >= 0
            change = (
                factor.sparse(leaves[place.post], leaves[place.pre]) if sparse else factor.dense(weight.shape)
            )
            leaves[place.leaf] = weight + self.scale * change
        return jax.tree.unflatten(structure, leaves)


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """Factors for every weight of the body with two axes or more, and for every weight on a ``Pattern``.

    ``spec`` may hold ``rank`` and ``alpha``. Of a convolution ``[size, size, in, out]`` the last axis is one side of the matrix.

    Raises
    ------
    InputError
        The rank is no whole number >= 1, or there is nothing to adapt.
    """
    rank, alpha = spec.get("rank", RANK), float(spec.get("alpha", ALPHA))
    if not (isinstance(rank, int) and rank >= 1):
        raise InputError(
            "the rank cannot be used", got=rank, expected="a whole number >= 1", fix=f"rank {RANK}"
        )
    places = _places(network, body(network, spec))
    if not places:
        raise InputError("the network's body has no weight matrix", got=type(network).__name__)
    leaves = jax.tree.leaves(network)
    factors = []
    for place, one in zip(places, jax.random.split(key, len(places)), strict=True):
        outputs, inputs = _sides(leaves, place)
        down = jax.random.normal(one, (rank, inputs)) / inputs**0.5
        factors.append(LowRank(jnp.zeros((outputs, rank)), down))
    adapted = LoRA(network, tuple(factors), tuple(places), alpha / rank)
    every = jax.tree.map(lambda _: True, adapted.factors)
    mask = eqx.tree_at(lambda n: (n.network, n.factors), nothing(adapted), (interfaces(network, spec), every))
    return Adapted(adapted, mask)


def _places(network: Any, mask: Any) -> list[Place]:
    """In the order of the leaves; of a module with a Pattern, the vectors with one number a synapse."""
    numbered = jax.tree.unflatten(jax.tree.structure(network), range(len(jax.tree.leaves(network))))
    dense = [
        Place(i)
        for i, (leaf, ours) in enumerate(zip(jax.tree.leaves(network), jax.tree.leaves(mask), strict=True))
        if ours and leaf.ndim >= 2
    ]
    sparse: list[Place] = []

    def visit(node: Any, number: Any, ours: Any) -> None:
        fields = getattr(type(node), "__dataclass_fields__", {}) if isinstance(node, eqx.Module) else {}
        wirings = [name for name in fields if isinstance(getattr(node, name), Pattern)]
        for name in fields:
            value = getattr(node, name)
            if eqx.is_inexact_array(value) and value.ndim == 1 and getattr(ours, name) and name != "bias":
                for wiring in wirings:
                    if value.size == getattr(node, wiring).n_synapses:
                        at = getattr(number, wiring)
                        sparse.append(Place(getattr(number, name), at.post, at.pre))
            elif isinstance(value, eqx.Module) and not isinstance(value, Pattern):
                visit(value, getattr(number, name), getattr(ours, name))
            elif isinstance(value, tuple | list):
                for inner in zip(value, getattr(number, name), getattr(ours, name), strict=True):
                    visit(*inner)

    visit(network, numbered, mask)
    return sorted(dense + sparse)


def _sides(leaves: list[Any], place: Place) -> tuple[int, int]:
    """Outputs and inputs of a weight seen as one matrix, as it lies in memory."""
    weight = leaves[place.leaf]
    if place.post >= 0:
        return int(leaves[place.post].max()) + 1, int(leaves[place.pre].max()) + 1
    if weight.ndim == 2:
        return weight.shape[0], weight.shape[1]
    return weight.size // weight.shape[-1], weight.shape[-1]


METHODS.register("lora")(
    Method(
        prepare,
        "LoRA: a trained change of low rank beside every frozen weight matrix, at the synapses alone where it is sparse",
        "Hu et al. 2021, arXiv:2106.09685",
        learning_rate=1e-2,
        merge=lambda network: network.merged(),
        moves_body=True,
    )
)
