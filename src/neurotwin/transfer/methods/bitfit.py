"""BitFit: biases only."""

from __future__ import annotations

from typing import Any

import jax

from neurotwin._base.errors import InputError
from neurotwin.tasks import Spec
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, body, either, interfaces


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """The network itself; arrays that are called ``bias`` are trained, and the interfaces.

    Raises
    ------
    InputError
        The network's body has no biases.
    """

    def judge(path: Any, weight: bool) -> bool:
        return weight and getattr(path[-1], "name", "") == "bias"

    biases = jax.tree_util.tree_map_with_path(judge, body(network, spec))
    if not any(jax.tree.leaves(biases)):
        raise InputError("the network's body has no biases", got=type(network).__name__, fix="take lora")
    return Adapted(network, either(biases, interfaces(network, spec)))


METHODS.register("bitfit")(
    Method(
        prepare,
        "biases only (of neurons: their constant drive)",
        "Ben Zaken, Goldberg & Ravfogel 2022, ACL, arXiv:2106.10199",
        learning_rate=3e-2,
        merge=lambda network: network,
        moves_body=True,
    )
)
