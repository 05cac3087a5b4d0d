"""Terms of the objective at values that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network import NEVER, Drive, Parameters, Wiring, initial_parameters, wiring_of
from neurotwin.training import Dataset, Objective
from neurotwin.training.objective import (
    activity_terms,
    asymmetry,
    objective,
    regularisation,
    structure_distance,
)

compiled_terms = jax.jit(activity_terms, static_argnames=("forecast_weight", "burn_frames"))
NONE = Objective(**dict.fromkeys(Objective.__dataclass_fields__, 0.0))


@pytest.fixture(scope="module")
def wiring(blueprint) -> Wiring:
    return wiring_of(blueprint)


@pytest.fixture(scope="module")
def parameters(blueprint, wiring) -> Parameters:
    """Initial weights of one for every chemical synapse, and nothing else: the anchor itself."""
    edges = blueprint.edges_of("chemical")
    return initial_parameters(blueprint, wiring, {"chemical": np.where(edges.signs == 0, 1, edges.signs)}, 2)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return Dataset(jnp.zeros((2, 8, 6)), jnp.ones((2, 6), bool), jnp.full(2, 8, jnp.int32))


def terms(
    predicted: np.ndarray, recorded: np.ndarray, clamped: np.ndarray, release: int, observed=None, **given
):
    """Function and biology term of one animal and one run, arrays [time, neuron]."""
    t, n = recorded.shape
    seen = jnp.ones((1, n), bool) if observed is None else jnp.asarray(observed)[None]
    drive = Drive(
        jnp.asarray(recorded)[None, None], jnp.asarray(clamped)[None, None], jnp.full((1, 1), release)
    )
    settings = {"forecast_weight": 0.5, "burn_frames": 2, **given}
    data = Dataset(jnp.asarray(recorded)[None], seen, jnp.full(1, t))
    return [float(x) for x in compiled_terms(jnp.asarray(predicted)[None, None], data, drive, **settings)]


def test_only_free_recorded_neurons_after_the_burn_in_are_scored():
    recorded = np.zeros((6, 3))
    predicted = np.zeros((6, 3))
    clamped = np.array([True, False, False])
    predicted[:, 0], predicted[:2, 1], predicted[:, 2] = 9.0, 9.0, 9.0  # clamped; burn-in; not recorded
    observed = [True, True, False]
    assert terms(predicted, recorded, clamped, NEVER, observed)[0] == 0.0
    predicted[2:, 1] = [1.0, 2.0, 3.0, 4.0]
    assert terms(predicted, recorded, clamped, NEVER, observed)[0] == pytest.approx((1 + 4 + 9 + 16) / 4)


def test_a_forecast_counts_from_its_release_with_its_weight():
    recorded, predicted = np.zeros((6, 1)), np.full((6, 1), 10.0)
    predicted[4:] = [[1.0], [3.0]]
    assert terms(predicted, recorded, np.array([True]), 4)[0] == pytest.approx(0.5 * (1 + 9) / 2)
    assert terms(predicted, recorded, np.array([True]), NEVER)[0] == 0.0


def test_the_biology_term_is_0_for_equal_autocorrelation_and_known_for_opposite_ones():
    rng = np.random.default_rng(0)
    recorded = rng.normal(size=(40, 1))
    assert terms(3 * recorded, recorded, np.array([False]), NEVER)[1] == pytest.approx(0.0, abs=1e-5)
    assert terms(recorded[::-1], recorded, np.array([False]), NEVER, burn_frames=0)[1] == pytest.approx(
        0, abs=1e-5
    )
    alternating = np.tile([1.0, -1.0], 20)[:, None]
    slow = np.repeat([1.0, -1.0], 20)[:, None]
    lag_one = lambda x: (x[1:] * x[:-1]).sum() / (x**2).sum()  # noqa: E731 - both have mean 0
    expected = (lag_one(alternating) - lag_one(slow)) ** 2
    found = terms(alternating, slow, np.array([False]), NEVER, burn_frames=0)[1]
    assert found == pytest.approx(expected, rel=1e-3)


def test_structure_is_one_minus_the_correlation_with_the_contacts():
    rng = np.random.default_rng(1)
    contacts = rng.uniform(1, 3, (5, 5)) * (rng.random((5, 5)) < 0.6)
    sign = rng.choice([-1, 1], (5, 5))
    distance = lambda weights: float(structure_distance(jnp.asarray(weights), jnp.asarray(contacts)))  # noqa: E731
    assert distance(2.5 * contacts * sign) == pytest.approx(0.0, abs=1e-5)  # scale and sign do not matter
    assert distance((4 - contacts) * sign) == pytest.approx(2.0, abs=1e-5)
    weights, on = rng.normal(size=(5, 5)), contacts > 0
    expected = 1 - np.corrcoef(np.abs(weights[on]), contacts[on])[0, 1]
    assert distance(weights) == pytest.approx(expected, abs=1e-4)
    off = np.where(on, weights, 100.0)  # pairs without a synapse do not count
    assert distance(off) == pytest.approx(expected, abs=1e-4)


def test_regularisation_is_0_at_the_anchor(parameters, wiring, data):
    weights = replace(Objective(), mirror=0.0, anchor=1.0)
    assert float(regularisation(parameters, wiring, parameters.directed, data, weights)) == 0.0
    without = replace(weights, anchor=0.0)
    expected = without.l2_directed * float((parameters.directed**2).sum()) / 2  # by two animals
    assert expected > 0
    found = float(regularisation(parameters, wiring, parameters.directed, data, without))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("weight", "leaf", "factor"),
    [
        ("l2_observer", lambda p: p.observer, 1.0),
        ("l2_deviation", lambda p: p.directed_deviation, 1.0),
        ("l2_deviation", lambda p: p.observer_deviation, 1.0),
        ("l2_cells", lambda p: p.cells.bias, 1.0),
        ("l2_cells", lambda p: p.cells.log_gain, 1.0),
        ("l2_cells", lambda p: p.cells.animal_bias, 10.0),
    ],
)
def test_each_penalty_is_the_sum_of_squares_of_its_own_leaf(parameters, wiring, data, weight, leaf, factor):
    value = np.random.default_rng(2).normal(size=leaf(parameters).shape)
    moved = eqx.tree_at(leaf, parameters, jnp.asarray(value, jnp.float32))
    allowed = np.ones_like(value)
    if value.ndim > 1 and value.shape[-1] == value.shape[-2]:
        allowed = np.broadcast_to(
            np.asarray(wiring.observer if "observer" in weight else 1.0) > 0, value.shape
        )
        if weight == "l2_deviation":
            same = leaf(parameters) is parameters.directed_deviation
            allowed = np.broadcast_to(
                np.asarray(wiring.directed if same else wiring.observer) > 0, value.shape
            )
    found = float(regularisation(moved, wiring, parameters.directed, data, replace(NONE, **{weight: 0.7})))
    assert found == pytest.approx(0.7 * factor * (value**2 * allowed).sum() / 2, rel=1e-5)
    assert float(regularisation(moved, wiring, parameters.directed, data, NONE)) == 0.0


def test_the_absolute_penalty_is_the_sum_of_magnitudes(parameters, wiring, data):
    found = float(regularisation(parameters, wiring, parameters.directed, data, replace(NONE, l1=0.3)))
    assert found == pytest.approx(0.3 * np.abs(np.asarray(parameters.directed)).sum() / 2, rel=1e-5)


def test_the_mirror_penalty_is_0_for_symmetric_weights_and_counts_what_differs(wiring, blueprint):
    mirror = np.asarray(wiring.mirror)
    scale = np.asarray(wiring.directed)
    weights = np.random.default_rng(3).normal(size=scale.shape)
    symmetric = (weights + weights[mirror][:, mirror]) / 2
    measure = lambda w: float(asymmetry(jnp.asarray(w), wiring.directed, wiring.mirror))  # noqa: E731
    assert measure(symmetric) == pytest.approx(0.0, abs=1e-10)
    al, bl, ar, br = (blueprint.index_of(name) for name in ("AL", "BL", "AR", "BR"))
    changed = symmetric.copy()
    changed[bl, al] += 0.5  # AL → BL has the partner AR → BR
    assert measure(changed) == pytest.approx(2 * 0.25, rel=1e-5)  # once from either side
    lonely = symmetric.copy()
    lonely[blueprint.index_of("AL"), blueprint.index_of("D")] += 0.5  # D → AL, and there is no D → AR
    assert measure(lonely) == pytest.approx(0.0, abs=1e-10)
    assert scale[br, ar] > 0


def test_the_loss_is_the_weighted_sum_of_its_terms(parameters, wiring, data):
    rng = np.random.default_rng(4)
    moved = jax.tree.map(lambda leaf: leaf + 0.1, parameters)
    drive = Drive(
        jnp.asarray(rng.normal(size=(2, 1, 8, 6)), jnp.float32),
        jnp.asarray(rng.random((2, 1, 6)) < 0.5),
        jnp.full((2, 1), NEVER, jnp.int32),
    )
    weights = Objective(function=2.0, structure=0.5, biology=0.25, l1=0.1)
    contacts = jnp.asarray(wiring.chemical)
    compiled = jax.jit(objective, static_argnums=(6, 7, 8))
    loss, parts = compiled(moved, wiring, contacts, parameters.directed, data, drive, weights, 2, "tanh")
    assert all(float(part) > 0 for part in parts)
    expected = 2 * parts.function + 0.5 * parts.structure + 0.25 * parts.biology + parts.regularisation
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)
    assert float(parts.loss) == float(loss)
