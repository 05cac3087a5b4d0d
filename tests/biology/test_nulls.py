"""Null connectomes: what each keeps, and what each destroys."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurotwin._base.errors import UnknownName
from neurotwin.biology import KINDS, NULLS, Biology, Connectome


def degrees(circuit: Connectome, kind: str) -> tuple[np.ndarray, np.ndarray]:
    matrix = circuit.matrix(kind).toarray() > 0
    return matrix.sum(axis=0), matrix.sum(axis=1)


def pairs(circuit: Connectome, kind: str) -> set[tuple[int, int]]:
    pre, post, _, _ = circuit.edges(kind)
    return set(zip(pre.tolist(), post.tolist(), strict=True))


def test_the_names() -> None:
    assert NULLS.names() == ["permuted", "rewired", "all_to_all", "sign_shuffled", "weight_shuffled"]
    with pytest.raises(UnknownName, match="unknown null connectome"):
        NULLS["rewire"]


@pytest.mark.parametrize("name", list(NULLS))
def test_equal_seeds_give_equal_nulls(name: str, worm: Biology) -> None:
    null = NULLS[name]
    one = null(worm.connectome, 1)
    assert one.equals(null(worm.connectome, 1))
    assert one.equals(null(worm.connectome, 2)) == (name == "all_to_all")
    assert not one.equals(worm.connectome)
    assert one.neurons.equals(worm.connectome.neurons)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_permuted_is_the_same_graph_under_other_names(random_connectomes, data: st.DataObject) -> None:
    circuit = data.draw(random_connectomes())
    seed = data.draw(st.integers(0, 99))
    null = NULLS["permuted"](circuit, seed)
    for kind in KINDS:
        before, after = circuit.edges(kind), null.edges(kind)
        assert Counter(zip(before[2], before[3], strict=True)) == Counter(
            zip(after[2], after[3], strict=True)
        )
        for old, new in zip(degrees(circuit, kind), degrees(null, kind), strict=True):
            assert sorted(old) == sorted(new)


def test_permuted_moves_all_kinds_under_one_permutation(worm: Biology) -> None:
    """Each neuron keeps its profile over all kinds: separate permutations would break it."""
    circuit, null = worm.connectome, NULLS["permuted"](worm.connectome, 5)

    def profiles(c: Connectome) -> Counter:
        totals = [
            c.matrix(kind, value).sum(axis=axis)
            for kind in KINDS
            for value in ("weight", "signed")
            for axis in (0, 1)
        ]
        return Counter(map(tuple, np.stack(totals, axis=1)))

    assert profiles(circuit) == profiles(null)
    assert np.mean([a != b for a, b in zip(circuit.edges()[0], null.edges()[0], strict=True)]) > 0.9


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_rewired_keeps_every_degree(random_connectomes, data: st.DataObject) -> None:
    circuit = data.draw(random_connectomes())
    seed = data.draw(st.integers(0, 99))
    null = NULLS["rewired"](circuit, seed)
    for kind in KINDS:
        for old, new in zip(degrees(circuit, kind), degrees(null, kind), strict=True):
            assert np.array_equal(old, new)
        own = {pair for pair in pairs(circuit, kind) if pair[0] == pair[1]}
        assert {pair for pair in pairs(null, kind) if pair[0] == pair[1]} == own
    electrical = null.matrix("electrical").toarray()
    assert np.array_equal(electrical, electrical.T)
    old, new = (Counter(c.edges("electrical")[2].tolist()) for c in (circuit, null))
    assert old == new


def test_rewired_on_the_worm_moves_most(worm: Biology) -> None:
    null = NULLS["rewired"](worm.connectome, 0)
    for kind in KINDS:
        before = pairs(worm.connectome, kind)
        # a few cells broadcast monoamines and peptides to all with the receptor: little else is possible
        most = 0.2 if kind in ("chemical", "electrical") else 0.7
        assert len(before & pairs(null, kind)) / len(before) < most
        for old, new in zip(degrees(worm.connectome, kind), degrees(null, kind), strict=True):
            assert np.array_equal(old, new)


def test_rewired_leaves_weight_and_sign_with_the_presynaptic_neuron(worm: Biology) -> None:
    null = NULLS["rewired"](worm.connectome, 3)
    for kind in ("chemical", "monoamine", "peptide"):
        sent = [
            Counter(zip(*(part.tolist() for part in (pre, w, s)), strict=True))
            for pre, _, w, s in (worm.connectome.edges(kind), null.edges(kind))
        ]
        assert sent[0] == sent[1]


def test_all_to_all_is_every_ordered_pair(worm: Biology) -> None:
    null = NULLS["all_to_all"](worm.connectome, 0)
    expected = np.ones((300, 300)) - np.eye(300)
    assert np.array_equal(null.matrix().toarray(), expected)
    assert null.matrix(value="sign").sum() == 0
    assert set(null.synapses["kind"]) == {"chemical"}


def test_sign_shuffled_moves_signs_and_nothing_else(worm: Biology) -> None:
    circuit, null = worm.connectome, NULLS["sign_shuffled"](worm.connectome, 0)
    assert circuit.sign_rules() == null.sign_rules()
    before, after = circuit.synapses, null.synapses
    same = ["pre", "post", "kind", "weight", "delay_ms"]
    assert before[same].equals(after[same])
    wired = before["kind"] == "chemical"
    assert before[~wired].equals(after[~wired])
    assert (before.loc[wired, "sign"] != after.loc[wired, "sign"]).mean() > 0.3
    assert Counter(zip(before["sign"], before["sign_rule"], strict=True)) == Counter(
        zip(after["sign"], after["sign_rule"], strict=True)
    )


def test_weight_shuffled_moves_weights_and_nothing_else(worm: Biology) -> None:
    circuit, null = worm.connectome, NULLS["weight_shuffled"](worm.connectome, 0)
    same = ["pre", "post", "kind", "sign", "sign_rule", "delay_ms"]
    assert circuit.synapses[same].equals(null.synapses[same])
    for kind in KINDS:
        assert Counter(circuit.edges(kind)[2].tolist()) == Counter(null.edges(kind)[2].tolist())
    assert (circuit.edges()[2] != null.edges()[2]).mean() > 0.5
    assert (circuit.edges("electrical")[2] != null.edges("electrical")[2]).mean() > 0.3
