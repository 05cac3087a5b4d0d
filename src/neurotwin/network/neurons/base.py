"""What a neuron model is: named states, a derivative, and what it sends.

A model is one file with one class. It gives :meth:`Neuron.initial` and :meth:`Neuron.derivative`; a graded neuron gives
:meth:`Neuron.output` too, a spiking one :meth:`Spiking.threshold` and :meth:`Spiking.reset`. Everything else (integration,
refractory time, surrogate gradients, batches, compilation) comes from here. ``docs/adding-a-model.md`` adds one.

Shapes: a parameter is a number or ``[N]``; a state is ``[..., N]``, with any leading axes.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.registry import Registry
from neurotwin.network.checks import positive
from neurotwin.network.integrate import METHODS, Parameter, State
from neurotwin.network.surrogate import SURROGATES


class Drive(NamedTuple):
    """What flows into a neuron during one step: ``I(v) = current - conductance * v``.

    Attributes
    ----------
    current
        pA for membranes, no unit for rate units, float [..., N].
    conductance
        nS; 0 where nothing acts as a conductance, float [..., N] or a number.
    """

    current: jax.Array
    conductance: Parameter = 0.0

    def at(self, v: jax.Array) -> jax.Array:
        """Current at membrane potential ``v`` (mV), pA."""
        return self.current - self.conductance * v


class Neuron(eqx.Module):
    """A population's neuron model; each field is a parameter, a number or ``[N]``."""

    method: str = eqx.field(static=True, default="exponential_euler", kw_only=True)
    """Name in ``METHODS``."""

    def __check_init__(self) -> None:
        METHODS[self.method]

    spiking: ClassVar[bool] = False
    discrete: ClassVar[tuple[str, ...]] = ()
    """States that no equation integrates (counters): ``emit`` moves them."""

    forms: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Static settings beside the defaults, under which the event-driven path compiles the model too."""

    elementwise: ClassVar[bool] = True
    """Whether each neuron moves by itself, so that parameters are numbers or ``[N]``."""

    def initial(self) -> dict[str, Parameter]:
        """State at rest: name → number or ``[N]``. Keys are the names of the states; a membrane potential is called "v"."""
        raise NotImplementedError

    def derivative(self, state: State, drive: Drive) -> State:
        """Change of each state that is not ``discrete``, per ms."""
        raise NotImplementedError

    def output(self, state: State) -> jax.Array:
        """What the neuron sends in this state; a spiking neuron sends nothing but spikes."""
        return jnp.zeros_like(next(iter(state.values())))

    def emit(self, before: State, after: State, dt_ms: float) -> tuple[State, jax.Array]:
        """State at the end of the step, and what the neuron sends then."""
        return after, self.output(after)

    def membrane_ms(self) -> Parameter | None:
        """Time constant of a membrane that is linear and driven by currents alone, which is then integrated exactly together with
        its synaptic currents; None for every other model.
        """
        return None

    def update(self, state: State, drive: Drive, dt_ms: float) -> tuple[State, jax.Array]:
        """One step: integrate, then emit. Models do not override it unless time is not continuous in them."""
        moving = {name: value for name, value in state.items() if name not in self.discrete}
        still = {name: value for name, value in state.items() if name in self.discrete}
        moved = METHODS[self.method](lambda x: self.derivative({**still, **x}, drive), moving, dt_ms)
        return self.emit(state, {**still, **moved}, dt_ms)


class Spiking(Neuron):
    """A neuron that sends 1 in the step in which it fires, else 0.

    The spike belongs to the end of the step. "refractory" counts the steps for which "v" stays where the reset put it, as in NEST:
    ``round(refractory_ms / dt_ms)`` whole steps after the one that fired.
    """

    surrogate: str = eqx.field(static=True, default="fast_sigmoid", kw_only=True)
    """Name in ``SURROGATES``: what stands for the derivative of the spike."""
    surrogate_width: float = eqx.field(static=True, default=1.0, kw_only=True)
    """Width of the surrogate in units of :meth:`excess`."""

    def __check_init__(self) -> None:
        SURROGATES[self.surrogate]
        positive(type(self).__name__, surrogate_width=self.surrogate_width)

    spiking: ClassVar[bool] = True
    discrete: ClassVar[tuple[str, ...]] = ("refractory",)
    held: ClassVar[tuple[str, ...]] = ("v",)
    """States that stand still during the refractory time."""

    def excess(self, state: State) -> jax.Array:
        """How far above threshold, in units in which 1 is a typical distance from rest to threshold; it fires at >= 0."""
        raise NotImplementedError

    def reset(self, state: State) -> State:
        """State right after a spike, of the states that change."""
        raise NotImplementedError

    def refractory(self) -> Parameter:
        """Absolute refractory time, ms."""
        return 0.0

    def emit(self, before: State, after: State, dt_ms: float) -> tuple[State, jax.Array]:
        """Hold the refractory, fire those above threshold, reset them."""
        held = before["refractory"] > 0
        after = {
            **after,
            **{name: jnp.where(held, before[name], after[name]) for name in self.held if name in after},
        }
        spike = SURROGATES[self.surrogate](self.excess(after) / self.surrogate_width)
        spike = jnp.where(held, 0.0, spike)
        fired = jax.lax.stop_gradient(spike) > 0
        reset = self.reset(after)
        new = {
            name: jnp.where(fired, reset[name], value) if name in reset else value
            for name, value in after.items()
        }
        steps = jnp.round(jnp.asarray(self.refractory(), spike.dtype) / dt_ms)
        waiting = jnp.maximum(before["refractory"] - 1, 0)
        return {**new, "refractory": jnp.where(fired, steps, waiting)}, spike


NEURONS: Registry[type[Neuron]] = Registry("neuron model")
