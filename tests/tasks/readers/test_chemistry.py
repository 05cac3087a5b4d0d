"""Formulas and molecules against what chemistry says of them."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.composition import composition_features, fractions_of, properties_of
from neurotwin.tasks.readers.molecules import DESCRIPTORS, Molecule, molecule_features


@pytest.mark.parametrize(
    ("formula", "shares"),
    [
        ("NaCl", {"Na": 0.5, "Cl": 0.5}),
        ("Ag(W3Br7)2", {"Ag": 1 / 21, "W": 6 / 21, "Br": 14 / 21}),
        ("Ca(Al(OH)4)2", {"Ca": 1 / 19, "Al": 2 / 19, "O": 8 / 19, "H": 8 / 19}),
        ("Fe0.75C.25", {"Fe": 0.75, "C": 0.25}),
        ("HOH", {"H": 2 / 3, "O": 1 / 3}),
        ("[NH4]2SO4", {"N": 2 / 15, "H": 8 / 15, "S": 1 / 15, "O": 4 / 15}),
    ],
)
def test_shares_of_the_elements(formula, shares):
    found = fractions_of(formula)
    assert found == pytest.approx(shares)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("formula", ["", "Xx2", "Na(Cl", "NaCl)", "2Na", "Na-Cl", "na", "Na0"])
def test_what_is_no_formula_is_refused(formula):
    with pytest.raises(InputError, match="no chemical formula"):
        fractions_of(formula)


@pytest.mark.parametrize(
    ("symbol", "place"),
    [
        ("H", (1, 1, 1)), ("He", (2, 1, 18)), ("Al", (13, 3, 13)), ("Fe", (26, 4, 8)), ("Ag", (47, 5, 11)),
        ("La", (57, 6, 3)), ("Lu", (71, 6, 3)), ("Hf", (72, 6, 4)), ("Pb", (82, 6, 14)), ("U", (92, 7, 3)),
    ],
)  # fmt: skip
def test_places_in_the_periodic_table(symbol, place):
    assert properties_of(symbol)[:3] == place


def test_statistics_of_a_composition_by_hand():
    found = composition_features("NaCl")
    assert found["mean electronegativity"] == pytest.approx((0.93 + 3.16) / 2)
    assert found["deviation of electronegativity"] == pytest.approx((3.16 - 0.93) / 2)
    assert (found["least column"], found["largest column"], found["elements"]) == (1, 17, 2)


def told(smiles):
    return dict(zip(DESCRIPTORS, molecule_features(smiles), strict=False))


def test_counts_of_aspirin():
    found = told("CC(=O)Oc1ccccc1C(=O)O")
    expected = {
        "C": 9, "O": 4, "heavy atoms": 13, "aromatic atoms": 6, "rings": 1, "fragments": 1, "double bonds": 2,
        "hydrogen-bond donors": 1, "triple bonds": 0, "other atoms": 0, "branching atoms": 4,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


def test_salts_charges_brackets_and_ring_numbers():
    found = told("[Na+].[O-]C(=O)C[NH3+]")
    assert (found["fragments"], found["positive atoms"], found["negative atoms"]) == (2, 2, 1)
    assert found["other atoms"] == 1 and found["hydrogen-bond donors"] == 1
    assert told("c1ccc2[nH]ccc2c1")["hydrogen-bond donors"] == 1
    assert told("C%10CCCC%10")["rings"] == told("C1CCCC1")["rings"] == 1
    assert Molecule("C#N").bonds == [(0, 1, 3.0)]
    assert told("C1=CCCCC=1")["double bonds"] == 2
    assert told("[13CH4]")["C"] == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [("CCO", "OCC"), ("Cc1ccccc1O", "Oc1ccccc1C"), ("CC(=O)N", "NC(C)=O"), ("C[C@H](N)O", "C[C@@H](N)O")],
)
def test_features_do_not_depend_on_how_a_molecule_is_written(one, two):
    np.testing.assert_array_equal(molecule_features(one), molecule_features(two))


@pytest.mark.parametrize(("one", "two"), [("CCO", "COC"), ("c1ccccc1", "C1CCCCC1"), ("CCN", "CC[NH3+]")])
def test_features_tell_molecules_apart(one, two):
    assert not np.array_equal(molecule_features(one), molecule_features(two))


@pytest.mark.parametrize("smiles", ["", "C1CC", "C(C", "CC)", "Xx", "C[Qq]", "hello world", "1CC1"])
def test_what_is_no_smiles_is_refused(smiles):
    with pytest.raises(InputError, match="no SMILES"):
        molecule_features(smiles)
