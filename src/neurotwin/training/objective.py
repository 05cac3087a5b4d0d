"""The objective: function, structure, biology and regularisation, each one small function with a weight."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from neurotwin.network import Drive, Parameters, Wiring, assemble, rollout
from neurotwin.training.config import Objective
from neurotwin.training.dataset import Dataset


class Terms(NamedTuple):
    """Values of the terms of one step, each a scalar; ``loss`` is their weighted sum."""

    loss: jax.Array
    function: jax.Array
    structure: jax.Array
    biology: jax.Array
    regularisation: jax.Array


def objective(
    parameters: Parameters,
    wiring: Wiring,
    contacts: jax.Array,
    start: jax.Array,
    data: Dataset,
    drive: Drive,
    weights: Objective,
    burn_frames: int,
    activation: str,
) -> tuple[jax.Array, Terms]:
    """The loss of one batch of windows, and its parts.

    ``contacts`` are square-root chemical contact counts, float32 [N, N], 0 where there is no synapse; ``start`` are the
    initial directed weights.
    """
    matrices = assemble(parameters, wiring)
    predicted = rollout(parameters.cells, matrices, drive, activation)
    function, biology = activity_terms(predicted, data, drive, weights.forecast, burn_frames)
    structure = structure_distance(parameters.directed * wiring.chemical, contacts)
    penalty = regularisation(parameters, wiring, start, data, weights)
    loss = weights.function * function + weights.structure * structure + weights.biology * biology + penalty
    return loss, Terms(loss, function, structure, biology, penalty)


def activity_terms(
    predicted: jax.Array, data: Dataset, drive: Drive, forecast_weight: float, burn_frames: int
) -> tuple[jax.Array, jax.Array]:
    """Mean squared error, and mismatch of lag-one autocorrelation, on free recorded neurons after the burn-in."""
    frames = jnp.arange(predicted.shape[2])
    released = frames >= drive.release[..., None]
    scored = (frames >= burn_frames)[None, None, :, None] & data.observed[:, None, None, :]
    free = (~drive.clamped)[:, :, None, :] & ~released[..., None] & scored
    after = released[..., None] & scored
    error = (predicted - drive.recorded) ** 2
    function = _mean(error, free) + forecast_weight * _mean(error, after)
    gap = (_lag_one(predicted[:, :, burn_frames:]) - _lag_one(drive.recorded[:, :, burn_frames:])) ** 2
    return function, _mean(gap, free[:, :, -1])


def structure_distance(weights: jax.Array, contacts: jax.Array) -> jax.Array:
    """``1 - r`` between magnitudes and square-root contact counts, over chemical synapses."""
    synapse = contacts > 0
    return 1.0 - _correlation(jnp.sqrt(weights**2 + 1e-8), contacts, synapse)


def regularisation(
    parameters: Parameters, wiring: Wiring, start: jax.Array, data: Dataset, weights: Objective
) -> jax.Array:
    """Squared and absolute penalties, and the left-right symmetry of the shared weights."""
    squares = lambda leaf, scale: jnp.sum((leaf * (scale > 0)) ** 2)  # noqa: E731
    directed, observer = wiring.directed, wiring.observer
    cells = parameters.cells
    penalty = (
        weights.l2_directed * squares(parameters.directed - weights.anchor * start, directed)
        + weights.l1 * jnp.sum(jnp.abs(parameters.directed) * (directed > 0))
        + weights.l2_observer * squares(parameters.observer, observer)
        + weights.l2_deviation * squares(parameters.directed_deviation, directed)
        + weights.l2_deviation * squares(parameters.observer_deviation, observer)
        + weights.l2_cells
        * (jnp.sum(cells.bias**2) + jnp.sum(cells.log_gain**2) + 10 * jnp.sum(cells.animal_bias**2))
    )
    if weights.mirror:
        penalty += weights.mirror * (
            asymmetry(parameters.directed, directed, wiring.mirror)
            + asymmetry(parameters.observer, observer, wiring.mirror)
        )
    return penalty / data.activity.shape[0]


def asymmetry(weights: jax.Array, scale: jax.Array, mirror: jax.Array) -> jax.Array:
    """Squared differences between weights and their mirror images, where both sides have the connection."""
    both = (scale > 0) & (scale[mirror][:, mirror] > 0)
    return jnp.sum(jnp.where(both, weights - weights[mirror][:, mirror], 0.0) ** 2)


def _mean(values: jax.Array, weight: jax.Array) -> jax.Array:
    return (values * weight).sum() / jnp.maximum(weight.sum(), 1.0)


def _lag_one(activity: jax.Array) -> jax.Array:
    """Autocorrelation at a lag of one frame over axis 2."""
    centred = activity - activity.mean(2, keepdims=True)
    return (centred[:, :, 1:] * centred[:, :, :-1]).sum(2) / ((centred**2).sum(2) + 1e-3)


def _correlation(a: jax.Array, b: jax.Array, mask: jax.Array) -> jax.Array:
    n = jnp.maximum(mask.sum(), 1)
    a = jnp.where(mask, a - jnp.where(mask, a, 0).sum() / n, 0)
    b = jnp.where(mask, b - jnp.where(mask, b, 0).sum() / n, 0)
    return (a * b).sum() / jnp.sqrt((a**2).sum() * (b**2).sum() + 1e-8)
