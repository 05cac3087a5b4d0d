"""References that the data themselves give."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation.ceiling import (
    homologue_accuracy,
    homologues,
    mirror,
    mirror_auroc,
    split_half_reliability,
)

NAMES = ("AVAL", "AVAR", "AVL", "RID", "SMDDL", "SMDDR", "PVR")


def test_partners_differ_in_the_last_letter_alone() -> None:
    np.testing.assert_array_equal(homologues(NAMES), [1, 0, -1, -1, 5, 4, -1])
    np.testing.assert_array_equal(homologues(["L", "R", ""]), [1, 0, -1])


def test_a_neuron_is_predicted_by_its_partner_on_new_frames() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(400, 7))
    data[:, 1] = -2 * data[:, 0] + 5  # a mirror with another gain: the fitted line undoes sign and scale
    r = homologue_accuracy(data[:200], data[200:], NAMES)
    np.testing.assert_allclose(r[:2], 1.0)
    assert np.isnan(r[[2, 3, 6]]).all()
    assert np.abs(r[4:6]).max() < 0.25
    r2 = homologue_accuracy(data[:200], data[200:], NAMES, metric="mse")
    np.testing.assert_allclose(r2[:2], 0.0, atol=1e-20)


def test_without_partners_and_with_a_silent_one() -> None:
    data = np.random.default_rng(1).normal(size=(20, 2))
    assert np.isnan(homologue_accuracy(data, data, ("AVL", "RID"))).all()
    data[:, 0] = 1.0
    r = homologue_accuracy(data, data, ("AVAL", "AVAR"))
    assert np.isnan(r[0])
    assert r[1] == 0.0
    with pytest.raises(InputError, match="one name for each neuron"):
        homologue_accuracy(data, data, ("AVAL",))


def test_mirror_reads_the_contralateral_pair() -> None:
    matrix = np.arange(49.0).reshape(7, 7)
    mirrored = mirror(matrix, NAMES)
    assert mirrored[0, 4] == matrix[1, 5]
    assert mirrored[5, 1] == matrix[4, 0]
    assert np.isnan(mirrored[2]).all()
    assert np.isnan(mirrored[:, 3]).all()
    assert np.isnan(mirrored[0, 1])  # a pair of partners has no second reading
    assert np.isnan(mirrored[1, 0])


def test_mirror_auroc_is_high_for_a_symmetric_atlas_and_at_chance_for_noise() -> None:
    rng = np.random.default_rng(2)
    names = [f"N{i}{side}" for i in range(25) for side in "LR"]
    partner = homologues(names)
    q = rng.random((50, 50)) ** 3
    symmetric = np.minimum(q, q[np.ix_(partner, partner)])
    assert mirror_auroc(symmetric, names) == pytest.approx(1.0)
    assert mirror_auroc(q, names) == pytest.approx(0.5, abs=0.05)
    own = q.copy()
    np.fill_diagonal(own, 0.0)  # a neuron's own response is no pair
    assert mirror_auroc(own, names) == mirror_auroc(q, names)
    q[:] = np.nan
    assert np.isnan(mirror_auroc(q, names))


def test_split_half_reliability_is_that_of_the_trial_average() -> None:
    rng = np.random.default_rng(3)
    signal = rng.normal(size=(1, 2000, 3))
    values = signal + rng.normal(size=(10, 2000, 3)) * [0.0, 2.0, 100.0]
    reliability = split_half_reliability(values)
    assert reliability[0] == pytest.approx(1.0)
    assert reliability[1] == pytest.approx(1 / (1 + 4 / 10), abs=0.04)  # var(signal) / var(average)
    assert abs(reliability[2]) < 0.15


def test_one_trial_has_no_ceiling() -> None:
    assert np.isnan(split_half_reliability(np.zeros((1, 5, 2)))).all()
    with pytest.raises(InputError, match="trial, time, neuron"):
        split_half_reliability(np.zeros((5, 2)))
