"""Which models the event-driven path has compiled in, and the key under which a model is found there."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import numpy as np

from neurotwin.network.neurons.base import NEURONS, Neuron, Spiking
from neurotwin.network.synapses.base import SYNAPSES, Synapse

METHODS_COMPILED = ("exponential_euler", "euler", "rk4")
"""Beside a model's own default; others run in JAX."""

FORWARD_FREE = ("surrogate", "surrogate_width")
"""Static fields that only the gradient depends on."""


def compilable() -> list[Neuron | Synapse]:
    """One instance, with default parameters, of everything that is compiled in, in the order of the registries."""
    import neurotwin.network.neurons
    import neurotwin.network.synapses  # noqa: F401

    found: list[Neuron | Synapse] = []
    for neuron in NEURONS.values():
        if issubclass(neuron, Spiking) and constructible(neuron) and getattr(neuron, "elementwise", True):
            default = neuron()
            others = [m for m in METHODS_COMPILED if m != default.method]
            found += [
                default,
                *(dataclasses.replace(default, method=m) for m in others if _integrates(neuron)),
                *(neuron(**form) for form in neuron.forms),
            ]
    found += [s() for s in SYNAPSES.values() if constructible(s) and driven_by_spikes(s)]
    return found


def _integrates(neuron: type[Neuron]) -> bool:
    return neuron.update is Neuron.update or neuron.update is Spiking.update


def driven_by_spikes(synapse: type[Synapse]) -> bool:
    """Whether all that a synapse needs of the sending neuron is the weighted sum of its spikes."""
    return synapse.reads == "output" and not synapse.needs_total_weight


def constructible(model: type) -> bool:
    """Whether all parameters have defaults."""
    parameters = inspect.signature(model).parameters.values()
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def key(model: Neuron | Synapse) -> str:
    """What decides a model's equation: its class, its static fields, which parameters are absent."""
    statics = [
        f"{f.name}={getattr(model, f.name)!r}"
        for f in dataclasses.fields(model)
        if f.metadata.get("static") and f.name not in FORWARD_FREE
    ]
    absent = [f"{f.name}=None" for f in dataclasses.fields(model) if getattr(model, f.name) is None]
    kind = type(model)
    return f"{kind.__module__}.{kind.__qualname__}({', '.join(statics + absent)})"


def parameters(model: Neuron | Synapse) -> dict[str, Any]:
    """The parameters by name, float64 [] or [N]."""
    return {
        f.name: np.asarray(getattr(model, f.name), np.float64)
        for f in dataclasses.fields(model)
        if not f.metadata.get("static") and getattr(model, f.name) is not None
    }
