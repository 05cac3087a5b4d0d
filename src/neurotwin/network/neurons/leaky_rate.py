"""A rate unit with a time constant."""

from __future__ import annotations

import equinox as eqx
import jax

from neurotwin.network.activations import ACTIVATIONS
from neurotwin.network.checks import finite, positive
from neurotwin.network.integrate import Parameter, State
from neurotwin.network.neurons.base import NEURONS, Drive, Neuron


@NEURONS.register("leaky_rate")
class LeakyRate(Neuron):
    """τ dm/dt = -m + I + b; s = f(m).

    m, I and b have no unit; a conductance drive g adds -g m. Source: Hopfield 1984, PNAS 81:3088, whose f is a sigmoid.
    Exponential Euler by default: the equation is linear in m, so that it is exact for an input that is constant over the step.
    f should act on each neuron by itself; softmax (over the population) works too, and couples them.
    """

    tau_ms: Parameter = 10.0
    bias: Parameter = 0.0
    activation: str = eqx.field(static=True, default="tanh")

    def __check_init__(self) -> None:
        positive("leaky rate unit", tau_ms=self.tau_ms)
        finite("leaky rate unit", bias=self.bias)
        ACTIVATIONS[self.activation]

    def initial(self) -> dict[str, Parameter]:
        """m = 0."""
        return {"m": 0.0}

    def derivative(self, state: State, drive: Drive) -> State:
        """Per ms."""
        return {"m": (drive.at(state["m"]) + self.bias - state["m"]) / self.tau_ms}

    def output(self, state: State) -> jax.Array:
        """f(m)."""
        return ACTIVATIONS[self.activation](state["m"])
