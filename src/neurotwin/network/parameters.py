"""What is learned, and how it becomes the matrices of the dynamics."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.blueprint import Blueprint
from neurotwin.network.wiring import Wiring


class Cells(eqx.Module):
    """One value a neuron (and animal): time constant, gain, bias, and the private component of its activity.

    Attributes
    ----------
    log_rate
        log of ``dt / τ``, float32 [N].
    log_gain
        log of the slope in front of the activation, float32 [N].
    bias
        Constant drive, float32 [N].
    animal_bias
        Its deviation in each animal, float32 [animal, N].
    private_decay, private_gain
        Logits of λ and κ: the private part of a recorded neuron decays by λ a frame and is tracked with gain κ,
        float32 [N].
    """

    log_rate: jax.Array
    log_gain: jax.Array
    bias: jax.Array
    animal_bias: jax.Array
    private_decay: jax.Array
    private_gain: jax.Array


class Parameters(eqx.Module):
    """All learned numbers of a twin. Matrices are ``[post, pre]``, in units of their prior scale.

    Attributes
    ----------
    directed
        Chemical and extrasynaptic weights, float32 [N, N].
    log_conductance
        log of gap-junction conductances; its symmetric part counts, float32 [N, N].
    observer
        Weights that carry prediction errors of clamped neurons, float32 [N, N].
    directed_deviation, observer_deviation
        Each animal's departure from the shared weights, float32 [animal, N, N].
    cells
        Per-neuron values.
    """

    directed: jax.Array
    log_conductance: jax.Array
    observer: jax.Array
    directed_deviation: jax.Array
    observer_deviation: jax.Array
    cells: Cells


class Matrices(eqx.Module):
    """The matrices that the dynamics multiply with: ``directed``, ``observer`` [animal, N, N]; ``electrical`` [N, N]."""

    directed: jax.Array
    observer: jax.Array
    electrical: jax.Array


def initial_parameters(
    blueprint: Blueprint, wiring: Wiring, values: dict[str, np.ndarray], n_animals: int
) -> Parameters:
    """Parameters that start from initialised synaptic weights.

    Parameters
    ----------
    blueprint, wiring
        Of the network.
    values
        For each kind, one weight an edge in the blueprint's order (``neurotwin.init.InitialWeights.values``).
        Kinds that are missing start at 0 (directed) or at a conductance of 0.05 (electrical).
    n_animals
        How many recordings get deviations of their own.
    """
    n = blueprint.n_neurons
    directed, conductance = np.zeros((n, n)), np.full((n, n), 0.05)
    for kind, value in values.items():
        edges = blueprint.edges_of(kind)
        at = (edges.post_index, edges.pre_index)
        if kind == "electrical":
            conductance[at] = np.maximum(value, 1e-4)
        else:
            chemical = np.asarray(wiring.chemical)[at] > 0
            use = chemical if kind == "chemical" else ~chemical
            directed[at[0][use], at[1][use]] += value[use]
    scale = np.asarray(wiring.directed)
    directed = np.divide(directed, scale, out=np.zeros_like(directed), where=scale > 0)
    rate = blueprint.dt_ms / blueprint.time_constants_ms()
    zeros = lambda *shape: jnp.zeros(shape, jnp.float32)  # noqa: E731
    return Parameters(
        directed=jnp.asarray(directed, jnp.float32),
        log_conductance=jnp.asarray(np.log(conductance), jnp.float32),
        observer=zeros(n, n),
        directed_deviation=zeros(n_animals, n, n),
        observer_deviation=zeros(n_animals, n, n),
        cells=Cells(
            log_rate=jnp.asarray(np.log(rate), jnp.float32),
            log_gain=zeros(n),
            bias=zeros(n),
            animal_bias=zeros(n_animals, n),
            private_decay=jnp.full(n, 3.5, jnp.float32),
            private_gain=jnp.full(n, 3.0, jnp.float32),
        ),
    )


def assemble(parameters: Parameters, wiring: Wiring) -> Matrices:
    """Matrices of the dynamics from parameters and prior scales."""
    directed = (parameters.directed + parameters.directed_deviation) * wiring.directed
    observer = (parameters.observer + parameters.observer_deviation) * wiring.observer
    logs = parameters.log_conductance
    electrical = jnp.where(wiring.electrical > 0, jnp.exp((logs + logs.T) / 2), 0.0)
    return Matrices(directed, observer, electrical)


def project(parameters: Parameters, wiring: Wiring) -> Parameters:
    """The nearest parameters that obey the wiring: known signs kept, nothing where there is no connection.

    The signs of the shared weights are constrained; an animal's deviation is free, and small by its penalty.
    """
    directed = parameters.directed * (wiring.directed > 0)
    wrong = (wiring.sign != 0) & (directed * wiring.sign < 0)
    return eqx.tree_at(lambda p: p.directed, parameters, jnp.where(wrong, 0.0, directed))
