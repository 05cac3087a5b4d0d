"""A chain of two neurons, and a random twin with all kinds of connections, two members and two animals."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from tiny_worm import compile_quickly

from neurotwin.biology import Biology, Connectome
from neurotwin.blueprint import Blueprint, design
from neurotwin.network import Twin, initial_parameters, wiring_of

NEURONS = ("AL", "AR", "BL", "BR", "C", "D")


def designed(names: tuple[str, ...], rows: list[tuple], activation: str = "tanh") -> Blueprint:
    synapses = pd.DataFrame(rows, columns=["pre", "post", "kind", "weight", "sign"])
    connectome = Connectome(pd.DataFrame({"name": names}), synapses)
    return design(Biology("tiny", connectome), dt_ms=500.0, motif_nulls=None, activation=activation)


@pytest.fixture(scope="package")
def blueprint() -> Blueprint:
    """Ten synapses of three kinds, one of them of a neuron with itself."""
    rows = [("AL", "BL", "chemical", 3, 1), ("AR", "BR", "chemical", 5, 1), ("BL", "C", "chemical", 2, -1)]
    rows += [("BR", "C", "chemical", 4, -1), ("C", "D", "chemical", 4, 0), ("C", "C", "chemical", 6, 0)]
    rows += [("BL", "BR", "electrical", 2, 0), ("BR", "BL", "electrical", 2, 0)]
    rows += [("D", "BL", "peptide", 1, 0), ("C", "D", "peptide", 1, 0)]
    return designed(NEURONS, rows)


@pytest.fixture(scope="package")
def chain() -> Twin:
    """A → B with weight 0.8, and nothing else."""
    blueprint = designed(("A", "B"), [("A", "B", "chemical", 1, 1)])
    wiring = wiring_of(blueprint)
    parameters = initial_parameters(blueprint, wiring, {"chemical": np.array([0.8])}, 1)
    return Twin(jax.tree.map(lambda leaf: leaf[None], parameters), wiring, blueprint, ("w",))


@pytest.fixture(scope="package")
def twin(blueprint) -> Twin:
    """Every leaf is random, so that nothing agrees by being 0."""
    wiring, rng = wiring_of(blueprint), np.random.default_rng(0)
    parameters = initial_parameters(blueprint, wiring, {}, n_animals=2)
    randomly = lambda leaf: jnp.asarray(rng.normal(0, 0.4, (2, *leaf.shape)), jnp.float32)  # noqa: E731
    drawn = jax.tree.map(randomly, parameters)
    drawn = eqx.tree_at(lambda p: p.cells.log_rate, drawn, drawn.cells.log_rate - 1.0)
    return Twin(drawn, wiring, blueprint, subjects=("w0", "w1"))


__all__ = ["compile_quickly"]
