"""Two recorded animals of a worm of six neurons, and a random twin of it: nothing agrees by being 0."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from tiny_worm import compile_quickly

from neurotwin.biology import Biology, Connectome, Recording
from neurotwin.blueprint import design
from neurotwin.comparison import Examiner
from neurotwin.network import Twin, initial_parameters, wiring_of
from neurotwin.training import Split

NEURONS = ("AL", "AR", "BL", "BR", "C", "D")


@pytest.fixture(scope="package")
def biology() -> Biology:
    rows = [("AL", "BL", "chemical", 3, 1), ("AR", "BR", "chemical", 5, 1), ("BL", "C", "chemical", 2, -1)]
    rows += [("BR", "C", "chemical", 4, -1), ("C", "D", "chemical", 4, 0), ("D", "AL", "chemical", 1, 0)]
    rows += [("BL", "BR", "electrical", 2, 0), ("BR", "BL", "electrical", 2, 0), ("D", "BL", "peptide", 1, 0)]
    synapses = pd.DataFrame(rows, columns=["pre", "post", "kind", "weight", "sign"])
    rng = np.random.default_rng(0)
    recordings = tuple(
        Recording(rng.normal(size=(110, len(seen))), seen, dt_ms=500.0, subject=subject)
        for subject, seen in (("w0", ("AL", "BL", "C", "D")), ("w1", ("AR", "BL", "BR", "C", "D")))
    )
    return Biology("tiny", Connectome(pd.DataFrame({"name": NEURONS}), synapses), recordings)


@pytest.fixture(scope="package")
def split() -> Split:
    return Split(validation_frames=10, test_frames=25)


@pytest.fixture(scope="package")
def examiner(biology, split) -> Examiner:
    return Examiner(biology, split)


@pytest.fixture(scope="package")
def twin(biology) -> Twin:
    blueprint, rng = design(biology, motif_nulls=None), np.random.default_rng(1)
    wiring = wiring_of(blueprint)
    parameters = initial_parameters(blueprint, wiring, {}, n_animals=2)
    drawn = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(0, 0.4, (2, *leaf.shape)), jnp.float32), parameters
    )
    slow = drawn.cells.log_rate - 1.0
    return Twin(eqx.tree_at(lambda p: p.cells.log_rate, drawn, slow), wiring, blueprint, ("w0", "w1"))


__all__ = ["compile_quickly"]
