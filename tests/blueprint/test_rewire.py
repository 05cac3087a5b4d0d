"""The null model keeps what it says it keeps, and draws the rest evenly."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from neurotwin.blueprint.rewire import rewire_signed


def _random(seed: int, n: int, density: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero((rng.random((n, n)) < density) & ~np.eye(n, dtype=bool))
    return pre, post, rng.integers(-1, 2, len(pre))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.floats(0.02, 0.6))
def test_degrees_per_sign_are_kept_and_the_network_stays_simple(seed, n, density):
    pre, post, sign = _random(seed, n, density)
    new = rewire_signed(pre, post, sign, n, np.random.default_rng(seed))
    assert not np.any(pre == new)
    assert len(set(zip(pre.tolist(), new.tolist(), strict=True))) == len(pre)
    for value in (-1, 0, 1):
        chosen = sign == value
        np.testing.assert_array_equal(
            np.bincount(new[chosen], minlength=n), np.bincount(post[chosen], minlength=n)
        )


def test_most_edges_move():
    pre, post, sign = _random(0, 60, 0.1)
    new = rewire_signed(pre, post, sign, 60, np.random.default_rng(0))
    overlap = len(set(pre * 60 + post) & set(pre * 60 + new)) / len(pre)
    assert overlap < 0.25  # two independent networks of this density share about 10 to 15 %


def _all_networks(pre: np.ndarray, post: np.ndarray, n: int) -> set[tuple[tuple[int, int], ...]]:
    """Every simple network without self-loops that has these in- and out-degrees, by brute force."""
    out_degree, in_degree = np.bincount(pre, minlength=n), np.bincount(post, minlength=n)
    choices = [combinations([j for j in range(n) if j != i], out_degree[i]) for i in range(n)]
    found = set()
    for targets in product(*choices):
        edges = tuple((i, j) for i in range(n) for j in targets[i])
        if np.array_equal(np.bincount([j for _, j in edges], minlength=n), in_degree):
            found.add(edges)
    return found


@pytest.mark.parametrize(
    ("edges", "number", "rounds"),
    [
        ([(0, 1), (1, 2), (2, 3), (3, 0)], 9, 60),  # the derangements of four
        ([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)], 8, 100),
    ],
)
def test_every_network_with_the_degrees_is_equally_likely(edges, number, rounds):
    # Networks as tight as these refuse most swaps, hence the many rounds.
    pre, post = np.array(edges).T
    n, rng = pre.max() + 1, np.random.default_rng(0)
    drawn: Counter[tuple[tuple[int, int], ...]] = Counter()
    for _ in range(500):
        new = rewire_signed(pre, post, np.ones(len(pre)), n, rng, rounds)
        drawn[tuple(sorted(zip(pre.tolist(), new.tolist(), strict=True)))] += 1
    networks = _all_networks(pre, post, n)
    assert len(networks) == number
    assert set(drawn) == networks
    assert chisquare([drawn[one] for one in sorted(networks)]).pvalue > 0.001
