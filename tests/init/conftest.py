"""A random blueprint with all four kinds of synapses, known and free signs, log-normal counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from neurotwin.biology import Biology, Connectome
from neurotwin.blueprint import Blueprint, design


def _pairs(rng: np.random.Generator, n: int, density: float) -> np.ndarray:
    return np.argwhere((rng.random((n, n)) < density) & ~np.eye(n, dtype=bool))


@pytest.fixture(scope="session")
def blueprint() -> Blueprint:
    rng, n = np.random.default_rng(7), 40
    rows = []
    for i, j in _pairs(rng, n, 0.15):
        count, sign = np.ceil(rng.lognormal(1.0, 1.0)), rng.choice([-1, 0, 1])
        rows.append((f"n{i}", f"n{j}", "chemical", count, sign))
    for i, j in _pairs(rng, n, 0.1):
        if i < j:
            count = np.ceil(rng.lognormal(0.5, 0.8))
            rows += [(f"n{a}", f"n{b}", "electrical", count, 0) for a, b in ((i, j), (j, i))]
    rows += [(f"n{i}", f"n{j}", "monoamine", 1.0, 0) for i, j in _pairs(rng, n, 0.05)]
    rows += [(f"n{i}", f"n{j}", "peptide", np.ceil(rng.exponential(2.0)), 0) for i, j in _pairs(rng, n, 0.1)]
    synapses = pd.DataFrame(rows, columns=["pre", "post", "kind", "weight", "sign"])
    connectome = Connectome(pd.DataFrame({"name": [f"n{i}" for i in range(n)]}), synapses)
    return design(Biology("random", connectome), dt_ms=10.0, motif_nulls=0)
