"""What the biology allows: which pairs may be connected, how strongly a priori, and with which sign."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.blueprint import Blueprint, Edges


@dataclass(frozen=True)
class WiringPrior:
    """How contact counts become prior scales of the weights.

    A weight is ``scale · u`` and the regulariser acts on ``u``, so a larger scale is a weaker penalty.

    Attributes
    ----------
    count_exponent
        Chemical and electrical scales grow as ``(count / mean count) ** count_exponent``.
    extrasynaptic
        Scale of monoamine and peptide connections (1 is an average synapse, 0 leaves them out).
    background
        Scale of pairs that no reconstruction connects; 0 forbids them. Above 0 the wiring guides, and does not bind.
    """

    count_exponent: float = 0.25
    extrasynaptic: float = 0.3
    background: float = 0.0

    def __post_init__(self) -> None:
        for name in ("extrasynaptic", "background"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"the prior scale {name} is not usable", got=value, expected="a number >= 0")
        if not np.isfinite(self.count_exponent):
            raise InputError("the count exponent is not finite", got=self.count_exponent, expected="a number")


class Wiring(eqx.Module):
    """Arrays that hold the wiring fixed while weights are learned; every matrix is ``[post, pre]``.

    Attributes
    ----------
    chemical, extrasynaptic, electrical, observer
        Prior scale of each pair, 0 where there is no connection, float32 [N, N].
    sign
        +1, -1, or 0 where the sign is learned, float32 [N, N].
    mirror
        Index of each neuron's left-right partner, itself where it has none, int32 [N].
    """

    chemical: jax.Array
    extrasynaptic: jax.Array
    electrical: jax.Array
    observer: jax.Array
    sign: jax.Array
    mirror: jax.Array

    @property
    def directed(self) -> jax.Array:
        """Prior scale of the directed connections of any kind, float32 [N, N]."""
        return self.chemical + self.extrasynaptic


def wiring_of(blueprint: Blueprint, prior: WiringPrior | None = None) -> Wiring:
    """Prior scales, signs and left-right partners of a blueprint's neurons.

    The observer may carry a prediction error along any connection in either direction: what a downstream neuron does
    says something about the neurons that drive it.
    """
    prior = prior or WiringPrior()
    n = blueprint.n_neurons
    chemical, sign = np.zeros((n, n)), np.zeros((n, n))
    electrical, extra = np.zeros((n, n)), np.zeros((n, n))
    for edges in blueprint.edges:
        at = (edges.post_index, edges.pre_index)
        if edges.kind == "chemical":
            chemical[at] = _scale(edges, prior.count_exponent)
            sign[at] = edges.signs
        elif edges.kind == "electrical":
            electrical[at] = _scale(edges, prior.count_exponent)
        else:
            extra[at] = prior.extrasynaptic
    known = (chemical > 0) | (electrical > 0) | (extra > 0)
    extra[~known] = prior.background
    extra[chemical > 0] = 0.0
    np.fill_diagonal(extra, 0.0)
    np.fill_diagonal(electrical, 0.0)
    np.fill_diagonal(chemical, 0.0)  # an autapse cannot be told from the leak
    observer = np.maximum.reduce([chemical, chemical.T, electrical, extra, extra.T])
    as_float = lambda matrix: jnp.asarray(matrix, jnp.float32)  # noqa: E731
    return Wiring(
        chemical=as_float(chemical),
        extrasynaptic=as_float(extra),
        electrical=as_float(electrical),
        observer=as_float(observer),
        sign=as_float(sign),
        mirror=jnp.asarray(mirror_index(blueprint.neurons), jnp.int32),
    )


def mirror_index(neurons: tuple[str, ...]) -> np.ndarray:
    """Position of each neuron's left-right partner (``AVAL`` ↔ ``AVAR``), its own where there is none, int [N]."""
    index = {name: i for i, name in enumerate(neurons)}
    swap = {"L": "R", "R": "L"}
    partner = [index.get(name[:-1] + swap.get(name[-1:], ""), i) for i, name in enumerate(neurons)]
    return np.array(
        [p if name[-1:] in swap else i for i, (name, p) in enumerate(zip(neurons, partner, strict=True))]
    )


def _scale(edges: Edges, exponent: float) -> np.ndarray:
    weights = edges.weights
    return (weights / weights.mean()) ** exponent if len(weights) else weights
