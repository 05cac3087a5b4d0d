"""Full fine-tuning: every weight moves."""

from __future__ import annotations

from typing import Any

import jax

from neurotwin.tasks import Spec
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, everything


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """The network itself; all but anatomy is trained."""
    return Adapted(network, everything(network))


METHODS.register("full")(
    Method(
        prepare,
        "full fine-tuning: every weight is trained from where it stands",
        "",
        learning_rate=1e-2,
        merge=lambda network: network,
        moves_body=True,
    )
)
