"""From initial weights to parameters to matrices, and back onto the wiring."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.init import initialise
from neurotwin.network import assemble, initial_parameters, project, wiring_of


def test_initial_weights_come_out_of_the_matrices_as_they_went_in(blueprint):
    weights, wiring = initialise(blueprint, seed=1).values, wiring_of(blueprint)
    matrices = assemble(initial_parameters(blueprint, wiring, weights, n_animals=3), wiring)
    directed, electrical = np.asarray(matrices.directed), np.asarray(matrices.electrical)
    assert directed.shape == (3, 6, 6)
    chemical = np.zeros((6, 6))
    edges = blueprint.edges_of("chemical")
    chemical[edges.post_index, edges.pre_index] = weights["chemical"]
    np.fill_diagonal(chemical, 0)
    found = np.where(np.asarray(wiring.chemical) > 0, directed[2], 0)
    np.testing.assert_allclose(found, chemical, rtol=1e-5)
    edges = blueprint.edges_of("electrical")
    np.testing.assert_allclose(
        electrical[edges.post_index, edges.pre_index], weights["electrical"], rtol=1e-5
    )
    assert (electrical > 0).sum() == len(edges)
    assert not np.asarray(matrices.observer).any()


def test_rates_start_from_the_blueprints_time_constants(blueprint):
    cells = initial_parameters(blueprint, wiring_of(blueprint), {}, 1).cells
    expected = np.log(blueprint.dt_ms / blueprint.time_constants_ms())
    np.testing.assert_allclose(cells.log_rate, expected, rtol=1e-6)


def test_projection_keeps_signs_and_wiring_and_changes_nothing_else(blueprint):
    wiring = wiring_of(blueprint)
    start = initial_parameters(blueprint, wiring, {}, 1)
    drawn = jnp.asarray(np.random.default_rng(0).normal(size=(6, 6)), jnp.float32)
    once = project(eqx.tree_at(lambda p: p.directed, start, drawn), wiring)
    kept, sign, scale = (np.asarray(x) for x in (once.directed, wiring.sign, wiring.directed))
    drawn = np.asarray(drawn)
    wrong = (scale == 0) | (drawn * sign < 0)
    np.testing.assert_array_equal(kept, np.where(wrong, 0, drawn))
    assert wrong.any()
    assert (kept != 0).any()
    again = project(once, wiring)
    np.testing.assert_array_equal(again.directed, kept)
    assert eqx.tree_equal(eqx.tree_at(lambda p: p.directed, once, start.directed), start)


def test_conductances_are_symmetric_and_positive_whatever_their_parameters(blueprint):
    wiring = wiring_of(blueprint)
    start = initial_parameters(blueprint, wiring, {}, 1)
    drawn = jnp.asarray(np.random.default_rng(0).normal(0, 5, (6, 6)), jnp.float32)
    electrical = np.asarray(
        assemble(eqx.tree_at(lambda p: p.log_conductance, start, drawn), wiring).electrical
    )
    np.testing.assert_array_equal(electrical, electrical.T)
    i, j = blueprint.index_of("BL"), blueprint.index_of("BR")
    assert electrical[i, j] == pytest.approx(float(np.exp((drawn[i, j] + drawn[j, i]) / 2)), rel=1e-5)
    assert (electrical > 0).sum() == 2


def test_a_deviation_adds_to_the_weights_of_its_animal(blueprint):
    wiring = wiring_of(blueprint)
    start = initial_parameters(blueprint, wiring, initialise(blueprint).values, 2)
    extra = jnp.zeros((2, 6, 6)).at[1, 2, 0].set(0.5)  # AL → BL
    changed = assemble(eqx.tree_at(lambda p: p.directed_deviation, start, extra), wiring).directed
    before = assemble(start, wiring).directed
    np.testing.assert_array_equal(changed[0], before[0])
    difference = np.asarray(changed[1] - before[1])
    assert difference[2, 0] == pytest.approx(0.5 * float(wiring.chemical[2, 0]), rel=1e-5)
    assert (difference != 0).sum() == 1
