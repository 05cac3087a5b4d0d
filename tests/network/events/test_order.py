"""What arrives is summed in one order, wherever a run was cut: float32 shows every other."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.network.engine import Network, Population, Projection, sparse
from neurotwin.network.events import available, simulate_events
from neurotwin.network.neurons import LIF
from neurotwin.network.synapses import Exponential

pytestmark = pytest.mark.skipif(not available(), reason="built without a C++ compiler")

N, STEPS = 1500, 2000


def test_resumed_within_a_window_equals_uninterrupted_bit_by_bit():
    rng = np.random.default_rng(0)
    post, pre = np.nonzero(rng.random((N, N)) < 0.1)
    weights, delays = rng.normal(0.0, 12.0, len(post)), 0.1 * rng.integers(10, 40, len(post))
    net = Network(
        [Population("cells", LIF(), N)],
        [
            Projection(
                "cells", "cells", sparse(post, pre, weights, (N, N), delays_ms=delays), Exponential(3.0)
            )
        ],
    )
    current = {"cells": rng.uniform(350, 600, N)}
    whole = simulate_events(net, current, dt_ms=0.1, n_steps=STEPS)
    assert len(whole.time_ms["cells"]) > 10_000
    for cut in (500, 1000, 1501):
        first = simulate_events(net, current, dt_ms=0.1, n_steps=cut)
        second = simulate_events(net, current, dt_ms=0.1, n_steps=STEPS - cut, initial=first.final)
        np.testing.assert_array_equal(second.final["cells"]["v"], whole.final["cells"]["v"])
