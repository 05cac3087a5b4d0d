"""A frozen body: nothing moves but the parts that are new."""

from __future__ import annotations

from typing import Any

import jax

from neurotwin.tasks import Spec
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, interfaces


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """The network itself; the interfaces are trained."""
    return Adapted(network, interfaces(network, spec))


METHODS.register("frozen")(
    Method(
        prepare,
        "frozen body: the new read-out (and input projection, where that is new) alone is trained",
        "",
        learning_rate=3e-2,
        merge=lambda network: network,
        moves_body=False,
    )
)
