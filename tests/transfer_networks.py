"""Networks that the adaptation methods are held to: small, one of each kind."""

from __future__ import annotations

from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.biology import Biology, load
from neurotwin.blueprint import design
from neurotwin.init import initialise
from neurotwin.network import Twin, initial_parameters, wiring_of
from neurotwin.tasks import Examples, Settings
from neurotwin.tasks.networks import ConvolutionalNetwork, DenseNetwork
from neurotwin.tasks.networks.connectome import builder
from neurotwin.transfer.twin import INTERFACES, TwinClassifier

SPEC = {"shape": (6, 6, 1), "classes": 3, "mean": 0.0, "sd": 1.0, "dropout": 0.1}
SHORT = Settings(epochs=1, batch=16, learning_rate=0.01)


def examples(n: int = 48, seed: int = 0) -> Examples:
    """Three classes, each bright in its own two rows."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = rng.normal(size=(n, 6, 6, 1)).astype(np.float32)
    for k in range(3):
        x[y == k, 2 * k : 2 * k + 2] += 2.0
    return Examples(x, y)


@cache
def worm_twin(seed: int = 0) -> Twin:
    """The worm's wiring with its first weights: a twin that nobody fitted, with values where a fit would leave some."""
    worm = load("worm")
    blueprint = design(Biology("worm", worm.connectome), dt_ms=600.0, motif_nulls=None)
    wiring = wiring_of(blueprint)
    values = initialise(blueprint, method="counts", seed=seed, radius=0.5, free_sign="random").values
    parameters: Any = jax.tree.map(
        lambda leaf: leaf[None], initial_parameters(blueprint, wiring, values, n_animals=1)
    )
    rng = np.random.default_rng(seed)
    bias = jnp.asarray(0.1 * rng.normal(size=(1, len(blueprint.neurons))), jnp.float32)
    parameters = eqx.tree_at(lambda p: p.cells.bias, parameters, bias)
    return Twin(parameters, wiring, blueprint, ("one",))


def neurons_of(kind: str) -> np.ndarray:
    """Numbers of the worm's sensory or motor neurons, in the order of ``worm_twin``."""
    connectome = load("worm").connectome
    types = dict(zip(connectome.names, connectome.neurons["type"], strict=True))
    return np.flatnonzero([types[name] == kind for name in worm_twin().neurons])


def _twin(spec: dict[str, Any], key: jax.Array) -> TwinClassifier:
    return TwinClassifier(worm_twin(), neurons_of("sensory"), neurons_of("motor"), spec, key)


def _cnn(spec: dict[str, Any], key: jax.Array) -> ConvolutionalNetwork:
    return ConvolutionalNetwork({**spec, "widths": (4, 4, 8)}, key)


BUILDERS = {
    "dense": (lambda spec, key: DenseNetwork({**spec, "parameters": 1000}, key), ("out",)),
    "cnn": (_cnn, ("out",)),
    "worm": (builder("worm"), ("out",)),
    "twin": (_twin, INTERFACES),
}
"""Name → how it is built, and which of its parts are new."""


@cache
def network(name: str) -> Any:
    """Built, and with biases that are not 0."""
    built = BUILDERS[name][0](SPEC, jax.random.key(1))
    rng = np.random.default_rng(0)

    def shaken(path: Any, leaf: Any) -> Any:
        if getattr(path[-1], "name", "") == "bias" and eqx.is_inexact_array(leaf):
            return leaf + jnp.asarray(0.1 * rng.normal(size=leaf.shape), leaf.dtype)
        return leaf

    return jax.tree_util.tree_map_with_path(shaken, built)


def spec_of(name: str) -> dict[str, Any]:
    """What methods are told of it."""
    return {**SPEC, "interfaces": BUILDERS[name][1]}
