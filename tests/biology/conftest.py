"""The embedded worm, loaded once, and a source of random connectomes."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import strategies as st

from neurotwin.biology import Biology, Connectome, load

NAMES = tuple(f"n{i}" for i in range(8))


@pytest.fixture(scope="session")
def worm() -> Biology:
    return load("worm")


@st.composite
def synapse_tables(draw: st.DrawFn, names: tuple[str, ...]) -> pd.DataFrame:
    """Rows of valid synapses in no particular order; gap junctions in both directions."""
    rows = []
    ends = st.sampled_from(names)
    for kind in ("chemical", "monoamine"):
        for pre, post in draw(st.sets(st.tuples(ends, ends), max_size=12)):
            weight, sign = draw(st.integers(1, 40)), draw(st.sampled_from([-1, 0, 1]))
            rows.append(
                (pre, post, kind, float(weight), sign, f"rule {sign}", draw(st.sampled_from([0.0, 1.5])))
            )
    for pre, post in draw(st.sets(st.tuples(ends, ends).filter(lambda pair: pair[0] < pair[1]), max_size=8)):
        weight = float(draw(st.integers(1, 9)))
        rows += [(a, b, "electrical", weight, 1, "electrical", 0.0) for a, b in ((pre, post), (post, pre))]
    rows = draw(st.permutations(rows))
    return pd.DataFrame(rows, columns=["pre", "post", "kind", "weight", "sign", "sign_rule", "delay_ms"])


@st.composite
def connectomes(draw: st.DrawFn, min_neurons: int = 1) -> Connectome:
    names = NAMES[: draw(st.integers(min_neurons, len(NAMES)))]
    return Connectome(pd.DataFrame({"name": names}), draw(synapse_tables(names)))


@pytest.fixture(scope="session")
def random_connectomes() -> Callable[..., st.SearchStrategy[Connectome]]:
    """The hypothesis strategy, as a fixture because test files do not import one another."""
    return connectomes
