"""Units of ordinary deep networks: no memory, only an activation."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax

from neurotwin.network.activations import ACTIVATIONS
from neurotwin.network.checks import finite
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Neuron


@NEURONS.register("unit")
class Unit(Neuron):
    """s = f(g I + b) with f any of ``ACTIVATIONS``: tanh, sigmoid, relu, softplus, softmax.

    Static: it answers in the step in which the input arrives, whatever the step. Softmax is over the population (the last axis),
    the one activation in which neurons see one another. There is no membrane, so that a conductance does nothing here, and no
    integration method.
    """

    bias: Parameter = 0.0
    activation: str = eqx.field(static=True, default="tanh")
    gain: Parameter = 1.0

    discrete: ClassVar[tuple[str, ...]] = ("drive",)

    def __check_init__(self) -> None:
        finite("unit", gain=self.gain, bias=self.bias)
        ACTIVATIONS[self.activation]

    def initial(self) -> dict[str, Parameter]:
        """No input."""
        return {"drive": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Nothing moves continuously."""
        return {}

    def output(self, state: State) -> jax.Array:
        """f(g I + b)."""
        return ACTIVATIONS[self.activation](self.gain * state["drive"] + self.bias)

    def update(self, state: State, drive: Drive, dt_ms: float) -> tuple[State, jax.Array]:
        """Take the input in."""
        after = {"drive": drive.current + 0 * state["drive"]}
        return after, self.output(after)
