"""Motif counts against networks small enough to count by hand, brute force, chance and planted circuits."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.blueprint.motifs import DEFINITIONS, LISTED, count_motifs, find_motif, motifs_of


def _arrays(*edges: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pre, post, sign = (np.array(column) for column in zip(*edges, strict=True))
    return pre, post, sign


def _random(seed: int, n: int, density: float, signs: tuple[int, ...] = (-1, 0, 1)):
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero((rng.random((n, n)) < density) & ~np.eye(n, dtype=bool))
    return pre, post, rng.choice(signs, len(pre))


def _brute_force(pre, post, sign, n) -> dict[str, int]:
    s = {(i, j): v for i, j, v in zip(pre.tolist(), post.tolist(), sign.tolist(), strict=True) if i != j}
    count = dict.fromkeys(DEFINITIONS, 0)
    for i, j in permutations(range(n), 2):
        if (i, j) in s and (j, i) in s:
            there, back = s[i, j], s[j, i]
            count["reciprocal"] += i < j
            count["mutual_inhibition"] += i < j and there == back == -1
            count["mutual_excitation"] += i < j and there == back == 1
            count["feedback_inhibition"] += (there, back) == (1, -1)
    for i, j, k in permutations(range(n), 3):
        if (i, j) in s and (j, k) in s:
            way = s[i, j] * s[j, k]
            if (k, i) in s and i == min(i, j, k):
                count["feedback_loop"] += 1
                count["negative_feedback_loop"] += way * s[k, i] == -1
            if (i, k) in s:
                count["feedforward_loop"] += 1
                count["incoherent_feedforward_loop"] += way * s[i, k] == -1
    return count


def test_two_neurons_that_inhibit_each_other():
    found = count_motifs(*_arrays((0, 1, -1), (1, 0, -1)), 2)
    assert {name: n for name, n in found.items() if n} == {"reciprocal": 1, "mutual_inhibition": 1}


def test_exciter_and_its_inhibitor():
    found = count_motifs(*_arrays((0, 1, 1), (1, 0, -1)), 2)
    assert {name: n for name, n in found.items() if n} == {"reciprocal": 1, "feedback_inhibition": 1}
    instance = find_motif("feedback_inhibition", *_arrays((0, 1, -1), (1, 0, 1)), np.ones(2), 2)
    assert instance.tolist() == [[1, 0]]  # the exciter first


def test_a_ring_of_three_with_one_inhibition():
    edges = _arrays((0, 1, 1), (1, 2, 1), (2, 0, -1))
    assert {name: n for name, n in count_motifs(*edges, 3).items() if n} == {
        "feedback_loop": 1,
        "negative_feedback_loop": 1,
    }
    assert find_motif("feedback_loop", *edges, np.ones(3), 3).tolist() == [[0, 1, 2]]


def test_an_incoherent_feedforward_loop():
    found = count_motifs(*_arrays((0, 1, 1), (1, 2, -1), (0, 2, 1)), 3)
    assert {name: n for name, n in found.items() if n} == {
        "feedforward_loop": 1,
        "incoherent_feedforward_loop": 1,
    }


def test_unknown_signs_count_in_unsigned_motifs_only():
    found = count_motifs(*_arrays((0, 1, 0), (1, 0, -1)), 2)
    assert {name: n for name, n in found.items() if n} == {"reciprocal": 1}


def test_a_neuron_that_synapses_onto_itself_is_no_circuit():
    assert not any(count_motifs(*_arrays((0, 0, -1), (1, 1, 1)), 2).values())


@pytest.mark.parametrize("seed", range(4))
def test_counts_and_instances_equal_brute_force(seed):
    n = 12
    pre, post, sign = _random(seed, n, 0.7)
    expected = _brute_force(pre, post, sign, n)
    assert count_motifs(pre, post, sign, n) == expected
    assert min(expected.values()) > 0  # the comparison covers every motif
    order = np.random.default_rng(seed).permutation(len(pre))  # instances do not hang on the order of edges
    for name, count in expected.items():
        found = find_motif(name, pre[order], post[order], sign[order], np.ones(len(pre)), n, limit=10**6)
        assert len(found) == len({tuple(row) for row in found.tolist()}) == count, name


def test_the_strongest_instances_come_first_and_an_instance_is_as_strong_as_its_weakest_synapse():
    pre, post, sign = _arrays((0, 1, -1), (1, 0, -1), (2, 3, -1), (3, 2, -1))
    found = find_motif("mutual_inhibition", pre, post, sign, np.array([100.0, 1.0, 5.0, 6.0]), 4)
    assert found.tolist() == [[2, 3], [0, 1]]


def test_a_random_network_has_what_chance_gives():
    z = []
    for seed in range(3):
        pre, post, sign = _random(seed, 70, 0.1)
        names = [str(i) for i in range(70)]
        motifs = motifs_of(pre, post, sign, np.ones(len(pre)), names, nulls=40, seed=seed)
        z += [motif.z for motif in motifs]
        assert all(motif.p is not None and motif.p >= 1 / 41 for motif in motifs)
    assert all(abs(value) < 4 for value in z)
    assert abs(np.mean(z)) < 0.8


def test_planted_mutual_inhibition_is_detected_and_named():
    n, planted = 80, [(2 * i, 2 * i + 1) for i in range(12)]
    pre, post, sign = _random(3, n, 0.05)
    pairs = np.array(planted + [pair[::-1] for pair in planted])
    old = {tuple(pair) for pair in pairs.tolist()}
    keep = np.array([(i, j) not in old for i, j in zip(pre.tolist(), post.tolist(), strict=True)])
    pre, post = np.r_[pre[keep], pairs[:, 0]], np.r_[post[keep], pairs[:, 1]]
    sign = np.r_[sign[keep], np.full(len(pairs), -1)]
    weight = np.r_[np.ones(keep.sum()), np.full(len(pairs), 9.0)]
    names = [f"n{i}" for i in range(n)]
    motifs = {one.name: one for one in motifs_of(pre, post, sign, weight, names, nulls=50, classes=names)}
    motif = motifs["mutual_inhibition"]
    assert motif.z is not None and motif.z > 5
    assert motif.p == pytest.approx(1 / 51)
    assert set(motif.neurons[:12]) == {(f"n{i}", f"n{j}") for i, j in planted}
    assert "n0–n1 (1)" in motif.description
    assert "with the wiring kept and the signs shuffled" in motif.description
    assert abs(motifs["feedforward_loop"].z or 0) < 5


def test_equal_seeds_give_equal_motifs_and_the_list_is_cut():
    pre, post, sign = _random(0, 40, 0.3)
    names = [str(i) for i in range(40)]
    first, again, other = (
        motifs_of(pre, post, sign, np.ones(len(pre)), names, nulls=5, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert [one.null_mean for one in first] != [one.null_mean for one in other]
    loop = next(one for one in first if one.name == "feedforward_loop")
    assert loop.count > LISTED == len(loop.neurons)


def test_without_null_networks_nothing_is_claimed():
    pre, post, sign = _random(0, 20, 0.3)
    for motif in motifs_of(pre, post, sign, np.ones(len(pre)), [str(i) for i in range(20)], nulls=0):
        assert (motif.null_mean, motif.null_sd, motif.z, motif.p) == (None,) * 4
        assert "chance" not in motif.description
    with pytest.raises(InputError, match="number of null networks is negative"):
        motifs_of(pre, post, sign, np.ones(len(pre)), [str(i) for i in range(20)], nulls=-1)


def test_z_is_none_where_the_null_does_not_vary():
    pre, post, sign = _arrays((0, 1, -1), (1, 0, -1))
    motifs = motifs_of(pre, post, sign, np.ones(2), ["a", "b"], nulls=10)
    assert motifs[1].null_sd == 0 and motifs[1].z is None and motifs[1].p == 1.0
