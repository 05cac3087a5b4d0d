"""Every initialiser through a fit, and what every fit owes to the wiring."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from neurotwin._base.errors import UnknownName
from neurotwin.init import INITIALISERS
from neurotwin.network import Twin
from neurotwin.network.wiring import WiringPrior, wiring_of


def owes_to_the_wiring(twin: Twin) -> None:
    """Known signs kept, nothing off the wiring, gap junctions symmetric and not negative; in every member."""
    wiring = twin.wiring
    sign, scale = np.asarray(wiring.sign), np.asarray(wiring.directed)
    directed = np.asarray(twin.parameters.directed)
    assert not directed[:, scale == 0].any()
    assert (directed * sign >= 0).all()
    assert (np.abs(directed[:, sign != 0]) > 0).mean() > 0.5  # not kept by being switched off
    chemical, electrical = twin.weights("chemical").toarray(), twin.weights("electrical").toarray()
    assert not chemical[np.asarray(wiring.chemical) == 0].any()
    assert (chemical * sign >= 0).all()
    np.testing.assert_array_equal(electrical, electrical.T)
    assert (electrical >= 0).all()
    assert ((electrical > 0) == (np.asarray(wiring.electrical) > 0)).all()
    observer = twin.weights("observer").toarray()
    assert not observer[np.asarray(wiring.observer) == 0].any()
    assert observer.any()  # it was learned


@pytest.mark.parametrize("name", INITIALISERS.names())
def test_a_fit_from_every_initialiser_obeys_the_wiring(tiny_fit, name):
    twin, history = tiny_fit(init=name)
    table = history.to_frame()
    first, last = (table[table["step"] == step]["loss"].mean() for step in (10, 40))
    assert last < first
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(twin.parameters))
    owes_to_the_wiring(twin)


def test_initialisers_start_a_fit_at_different_places(tiny_fit):
    ends = [
        np.asarray(tiny_fit(init=name)[0].parameters.directed) for name in ("counts", "glorot", "lognormal")
    ]
    assert not np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[1], ends[2])


def test_an_unknown_initialiser_is_refused(tiny_fit):
    with pytest.raises(UnknownName, match="(?s)unknown initialiser.*did you mean glorot"):
        tiny_fit(init="glorott")


def test_a_background_lets_pairs_without_a_synapse_connect(tiny_fit, blueprint):
    twin, _ = tiny_fit(prior=WiringPrior(background=0.5))
    none = np.asarray(wiring_of(blueprint).directed) == 0
    np.fill_diagonal(none, False)
    learned = twin.weights("extrasynaptic").toarray()
    assert (learned[none] != 0).mean() > 0.5
    assert not np.diag(learned).any()
