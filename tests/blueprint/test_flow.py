"""Signal flow against closed forms and against the pseudoinverse."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from neurotwin._base.errors import InputError
from neurotwin.blueprint.flow import signal_flow


def _network(n: int, *edges: tuple[int, int, float]) -> sp.csr_array:
    pre, post, weight = zip(*edges, strict=True)
    return sp.csr_array((weight, (post, pre)), shape=(n, n))


def test_a_chain_falls_one_level_per_synapse_whatever_the_weights():
    levels = signal_flow(_network(4, (0, 1, 3.0), (1, 2, 100.0), (2, 3, 0.5)))
    np.testing.assert_allclose(levels, [1.5, 0.5, -0.5, -1.5], atol=1e-8)


def test_equal_traffic_both_ways_is_level():
    np.testing.assert_allclose(signal_flow(_network(2, (0, 1, 4.0), (1, 0, 4.0))), [0, 0], atol=1e-10)


def test_components_are_centred_one_by_one_and_isolated_neurons_are_at_zero():
    levels = signal_flow(_network(6, (0, 1, 1.0), (2, 3, 2.0), (3, 4, 2.0)))
    np.testing.assert_allclose(levels, [0.5, -0.5, 1, 0, -1, 0], atol=1e-8)


def test_equals_the_pseudoinverse_of_the_laplacian():
    rng = np.random.default_rng(1)
    a = rng.integers(0, 6, (40, 40)) * (rng.random((40, 40)) < 0.2)  # [from, to]
    w = (a + a.T) / 2
    b = (w * np.sign(a - a.T)).sum(axis=1)
    expected = np.linalg.pinv(np.diag(w.sum(axis=1)) - w) @ b
    np.testing.assert_allclose(signal_flow(sp.csr_array(a.T.astype(float))), expected, atol=1e-8)


def test_renaming_neurons_renames_levels():
    rng = np.random.default_rng(2)
    a = sp.csr_array(sp.random_array((30, 30), density=0.15, rng=rng))
    order = rng.permutation(30)
    np.testing.assert_allclose(
        signal_flow(sp.csr_array(a[order][:, order])), signal_flow(a)[order], atol=1e-8
    )


def test_negative_weights_are_refused():
    with pytest.raises(InputError, match="non-negative weights"):
        signal_flow(_network(2, (0, 1, -1.0)))
