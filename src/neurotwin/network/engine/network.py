"""Populations of neurons and the projections between them: what :func:`neurotwin.network.engine.simulate` runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.network.engine.weights import Weights, keep_signs
from neurotwin.network.integrate import State
from neurotwin.network.neurons.base import Drive, Neuron
from neurotwin.network.plasticity.base import Rule
from neurotwin.network.synapses.base import Synapse
from neurotwin.network.synapses.instantaneous import Instantaneous
from neurotwin.network.synapses.release import Release


class Source(Neuron):
    """Sends what it is given as input in the same step: spike trains, rates, a stimulus. No state, no equation."""

    def initial(self) -> dict[str, Any]:
        """Nothing sent yet."""
        return {"sent": 0.0}

    def output(self, state: State) -> jax.Array:
        """What was given last."""
        return state["sent"]

    def update(self, state: State, drive: Drive, dt_ms: float) -> tuple[State, jax.Array]:
        """Pass on."""
        return {"sent": drive.current + 0 * state["sent"]}, drive.current + 0 * state["sent"]


class Population(eqx.Module):
    """Neurons of one model.

    Attributes
    ----------
    name
        Key of inputs and results.
    neuron
        The model; its parameters are numbers or ``[size]``.
    size
        Number of neurons.
    """

    name: str = eqx.field(static=True)
    neuron: Neuron
    size: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.size < 1:
            raise InputError("a population without neurons", got=f"{self.name!r} of size {self.size}")
        for leaf in jax.tree.leaves(self.neuron):
            shape = jnp.shape(leaf)
            if type(self.neuron).elementwise and shape not in ((), (self.size,)):
                raise InputError(
                    f"a parameter does not fit population {self.name!r}",
                    got=f"shape {shape}",
                    expected=f"a number or ({self.size},)",
                )


class Projection(eqx.Module):
    """Synapses from one population to another.

    Attributes
    ----------
    pre, post
        Names of the sending and the receiving population.
    weights
        [post, pre], with a delay a synapse where they have any.
    synapse
        What arrives becomes a current or a conductance by this model.
    release
        Short-term plasticity at the sending side, or None.
    rule
        How the weights change while the network runs, or None. Plastic weights are part of the state.
    delay_ms
        One delay for all synapses of the projection, for any kind of weights; None for none.
    name
        "pre → post" by default; must be unique in a network.
    """

    pre: str = eqx.field(static=True)
    post: str = eqx.field(static=True)
    weights: Weights
    synapse: Synapse = eqx.field(default_factory=Instantaneous)
    release: Release | None = None
    rule: Rule | None = None
    delay_ms: float | None = eqx.field(static=True, default=None)
    name: str = eqx.field(static=True, default="")

    def __check_init__(self) -> None:
        if self.delay_ms is not None and not self.delay_ms > 0:
            raise InputError("a delay is not positive", got=f"{self.delay_ms} ms", fix="leave delay_ms out")
        if self.delay_ms is not None and self.weights.ring_length(1.0):
            raise InputError(
                "two delays for one synapse", got=f"delay_ms and delays of the weights in {self.label}"
            )
        if self.rule is not None and not hasattr(self.weights, "values"):
            raise InputError(
                "a learning rule needs one value a synapse",
                got=type(self.weights).__name__,
                expected="Dense or Sparse",
            )
        if self.rule is not None and self.weights.ring_length(1.0):
            raise InputError(
                "plastic synapses share one delay",
                got=f"a delay for every synapse in {self.label}",
                fix="use delay_ms of the projection, or one projection a delay",
            )

    @property
    def label(self) -> str:
        """The name, or "pre → post"."""
        return self.name or f"{self.pre} → {self.post}"

    def ring_length(self, dt_ms: float) -> int:
        """Steps of the sender's past that are needed, the present included; 0 without delays."""
        return self.weights.ring_length(dt_ms) if self.delay_ms is None else round(self.delay_ms / dt_ms) + 1


class Network(eqx.Module):
    """Populations and projections; checked when it is made.

    Raises
    ------
    InputError
        If two populations or projections share a name, a projection names a population that does not exist, or its weights do
        not fit the sizes.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from neurotwin.network.engine import Dense, Network, Population, Projection
    >>> from neurotwin.network.neurons import LIF
    >>> from neurotwin.network.synapses import Exponential
    >>> cells = Population("cells", LIF(), 3)
    >>> network = Network([cells], [Projection("cells", "cells", Dense(jnp.zeros((3, 3))), Exponential())])
    >>> network.population("cells").size
    3
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]

    def __init__(self, populations: Iterable[Population], projections: Iterable[Projection] = ()) -> None:
        self.populations, self.projections = tuple(populations), tuple(projections)
        for kind, names in (
            ("populations", [p.name for p in self.populations]),
            ("projections", [p.label for p in self.projections]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise InputError(
                    f"{kind} share a name", got=twice, fix="give each a name of its own (name=…)"
                )
        for projection in self.projections:
            post, pre = self.population(projection.post).size, self.population(projection.pre).size
            if projection.weights.shape != (post, pre):
                raise InputError(
                    f"the weights of {projection.label} do not fit the populations",
                    got=f"[{projection.weights.shape[0]}, {projection.weights.shape[1]}]",
                    expected=f"[post, pre] = [{post}, {pre}]",
                )
            reads = type(projection.synapse).reads
            states = self.population(projection.pre).neuron.initial()
            if reads != "output" and reads not in states:
                raise InputError(
                    f"{projection.label} reads what its sender does not have",
                    got=reads,
                    expected=sorted(states),
                )

    def population(self, name: str) -> Population:
        """The population of that name."""
        for population in self.populations:
            if population.name == name:
                return population
        raise unknown_name("population", name, [p.name for p in self.populations])

    def with_signs_kept(self) -> Network:
        """The same network with weights of the wrong sign set to 0: call it after a step of an optimiser."""
        weights = lambda n: [p.weights for p in n.projections]  # noqa: E731
        return eqx.tree_at(weights, self, [keep_signs(w) for w in weights(self)])
