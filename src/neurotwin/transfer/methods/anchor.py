"""Full fine-tuning that is pulled back to where it began (L2-SP)."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax

from neurotwin._base.errors import InputError
from neurotwin.tasks import Spec
from neurotwin.transfer.methods.base import (
    METHODS,
    Adapted,
    Method,
    body,
    everything,
    nothing,
    squared_distance,
)

STRENGTH = 0.01


class Anchored(eqx.Module):
    """A network beside a copy of itself as it was, which does not move.

    The loss gets strength · Σ (w - w₀)² over the weights of the body.
    """

    network: Any
    start: Any

    def __call__(self, x: Any, key: jax.Array | None = None) -> Any:
        """As the network."""
        return self.network(x, key)


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """``spec["anchor"]`` is the strength, a number >= 0; ``STRENGTH`` where it is not given."""
    strength = float(spec.get("anchor", STRENGTH))
    if not 0 <= strength < float("inf"):
        raise InputError("the anchor's strength cannot be used", got=strength, expected="a number >= 0")
    mask = body(network, spec)
    return Adapted(
        Anchored(network, network),
        Anchored(everything(network), nothing(network)),
        lambda n: strength * squared_distance(n.network, n.start, mask),
    )


METHODS.register("anchor")(
    Method(
        prepare,
        "full fine-tuning with a squared penalty on the distance from the weights that were there",
        "Li, Grandvalet & Davoine 2018, ICML, arXiv:1802.01483",
        learning_rate=1e-2,
        merge=lambda network: network.network,
        moves_body=True,
    )
)
