"""Prior scales, signs, mirror images: what the blueprint allows, and nothing more."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network import WiringPrior, mirror_index, wiring_of


def at(blueprint, pre: str, post: str) -> tuple[int, int]:
    return blueprint.index_of(post), blueprint.index_of(pre)


def test_matrices_are_post_by_pre_with_the_scale_of_the_count(blueprint):
    wiring = wiring_of(blueprint, WiringPrior(count_exponent=0.5))
    chemical = np.asarray(wiring.chemical)
    mean = (3 + 5 + 2 + 4 + 4 + 6) / 6
    assert chemical[at(blueprint, "AL", "BL")] == pytest.approx((3 / mean) ** 0.5)
    assert chemical[at(blueprint, "BL", "AL")] == 0
    assert (chemical > 0).sum() == 5  # the neuron's synapse with itself is left out
    assert not np.diag(chemical).any()
    sign = np.asarray(wiring.sign)
    assert sign[at(blueprint, "AL", "BL")] == 1
    assert sign[at(blueprint, "BL", "C")] == -1
    assert sign[at(blueprint, "C", "D")] == 0
    electrical = np.asarray(wiring.electrical)
    np.testing.assert_array_equal(electrical, electrical.T)
    assert (electrical > 0).sum() == 2


def test_extrasynaptic_connections_have_their_own_scale_and_yield_to_synapses(blueprint):
    extra = np.asarray(wiring_of(blueprint, WiringPrior(extrasynaptic=0.25)).extrasynaptic)
    assert extra[at(blueprint, "D", "BL")] == 0.25
    assert extra[at(blueprint, "C", "D")] == 0  # a chemical synapse joins these two already
    assert (extra > 0).sum() == 1
    assert not np.asarray(wiring_of(blueprint, WiringPrior(extrasynaptic=0.0)).extrasynaptic).any()


def test_a_background_fills_every_pair_that_nothing_joins(blueprint):
    bound = wiring_of(blueprint)
    guided = wiring_of(blueprint, WiringPrior(background=0.4))
    for name in ("chemical", "electrical", "sign"):
        np.testing.assert_array_equal(getattr(bound, name), getattr(guided, name))
    extra, joined = np.asarray(guided.extrasynaptic), np.asarray(bound.directed + bound.electrical) > 0
    off = ~np.eye(blueprint.n_neurons, dtype=bool)
    assert (extra[off & ~joined] == np.float32(0.4)).all()
    np.testing.assert_array_equal(extra[joined], np.asarray(bound.extrasynaptic)[joined])
    for matrix in (guided.directed, guided.observer, guided.electrical):
        assert not np.diag(np.asarray(matrix)).any()


def test_an_observer_follows_connections_in_both_directions_and_no_others(blueprint):
    wiring = wiring_of(blueprint)
    observer = np.asarray(wiring.observer) > 0
    joined = np.asarray(wiring.directed + wiring.electrical) > 0
    np.testing.assert_array_equal(observer, joined | joined.T)


def test_a_partner_is_the_same_name_on_the_other_side():
    names = ("AVAL", "AVL", "AVAR", "DVA", "RIR", "IL1DL", "IL1DR", "L", "R")
    expected = ("AVAR", "AVL", "AVAL", "DVA", "RIR", "IL1DR", "IL1DL", "R", "L")
    assert [names[i] for i in mirror_index(names)] == [*expected]


def test_mirroring_twice_leads_back(blueprint):
    mirror = np.asarray(wiring_of(blueprint).mirror)
    np.testing.assert_array_equal(mirror[mirror], np.arange(blueprint.n_neurons))
    assert mirror.tolist() == [1, 0, 3, 2, 4, 5]


@pytest.mark.parametrize("given", [{"background": -0.1}, {"extrasynaptic": float("nan")}])
def test_a_scale_that_cannot_be_used_is_refused_by_name(given):
    with pytest.raises(InputError, match=f"(?s)prior scale {next(iter(given))} is not usable.*a number >= 0"):
        WiringPrior(**given)
    with pytest.raises(InputError, match="count exponent is not finite"):
        WiringPrior(count_exponent=float("inf"))
