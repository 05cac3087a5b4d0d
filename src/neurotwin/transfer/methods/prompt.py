"""Prompt tuning: the network stays as it is, and learned inputs tell it what to do."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError
from neurotwin.tasks import Spec
from neurotwin.transfer.methods.base import METHODS, Adapted, Method, interfaces, nothing

STEPS = 4


class Prefixed(eqx.Module):
    """For networks with time: learned current into the sensory neurons in the steps before the image.

    Attributes
    ----------
    prompt
        Float32 [step, sensory neuron]; begins at 0.
    """

    network: Any
    prompt: jax.Array

    def __call__(self, x: Any, key: jax.Array | None = None) -> Any:
        """As the network after the prompt."""
        return self.network(x, key, prefix=self.prompt)


class Overlaid(eqx.Module):
    """For networks without time: a learned image that is added to every input (Bahng et al. 2022, arXiv:2203.17274).

    Attributes
    ----------
    prompt
        Float32, the shape of an image, in units of ``sd``; begins at 0.
    sd
        Standard deviation of the training images.
    """

    network: Any
    prompt: jax.Array
    sd: float = eqx.field(static=True)

    def __call__(self, x: Any, key: jax.Array | None = None) -> Any:
        """As the network, of the changed image."""
        return self.network(x.astype("float32") + self.sd * self.prompt, key)


def prepare(network: Any, spec: Spec, key: jax.Array) -> Adapted:
    """A prompt of zeros before or over the input; it and the interfaces are trained.

    A network takes a prefix where it has ``n_inputs``, the number of neurons that the input reaches; ``spec`` may hold
    ``prompt_steps`` then. For other networks it must hold ``shape`` and ``sd`` of the inputs.

    Raises
    ------
    InputError
        The number of steps cannot be used, or nothing is known of the inputs.
    """
    if hasattr(network, "n_inputs"):
        steps = spec.get("prompt_steps", STEPS)
        if not (isinstance(steps, int) and steps >= 1):
            raise InputError("the prompt's length cannot be used", got=steps, expected="a whole number >= 1")
        prompted: Any = Prefixed(network, jnp.zeros((steps, network.n_inputs)))
    elif "shape" in spec:
        prompted = Overlaid(network, jnp.zeros(spec["shape"]), float(spec.get("sd", 1.0)))
    else:
        raise InputError(
            "no prompt can be put before this network",
            got=type(network).__name__,
            expected="a network with n_inputs, or inputs of one shape",
            fix="take lora",
        )
    mask = eqx.tree_at(lambda n: (n.network, n.prompt), nothing(prompted), (interfaces(network, spec), True))
    return Adapted(prompted, mask)


METHODS.register("prompt")(
    Method(
        prepare,
        "prompt tuning: learned currents into the sensory neurons before the image (without time: a learned image over it)",
        "Lester, Al-Rfou & Constant 2021, EMNLP, arXiv:2104.08691",
        learning_rate=3e-2,
        merge=None,
        moves_body=False,
    )
)
