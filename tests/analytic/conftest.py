"""Dynamics small enough to solve by hand: cells and matrices without a blueprint, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.network import NEVER, Cells, Drive, Matrices

OFF = -40.0  # a logit whose sigmoid is 0 to float precision


@pytest.fixture
def float64() -> Iterator[None]:
    """Compute in float64 inside the test, and only there; compile quickly, since nothing runs for long."""
    thorough = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    with jax.enable_x64(True):
        yield
    jax.config.update("jax_disable_most_optimizations", thorough)


@pytest.fixture
def cells() -> Callable[..., Cells]:
    """Cells of n neurons with dt/τ = ``rate``: slope 1, no bias, no private part, unless given."""

    def build(n: int, rate: float, *, animals: int = 1, **given: float | np.ndarray) -> Cells:
        values: dict[str, jax.Array] = {name: jnp.zeros(n) for name in Cells.__dataclass_fields__}
        values["animal_bias"] = jnp.zeros((animals, n))
        off = {"private_decay": OFF, "private_gain": OFF}
        for name, value in {"log_rate": np.log(rate), **off, **given}.items():
            values[name] = jnp.broadcast_to(jnp.asarray(value, float), values[name].shape)
        return Cells(**values)

    return build


@pytest.fixture
def matrices() -> Callable[..., Matrices]:
    """Matrices of n neurons of one animal; what is not given is 0."""

    def build(n: int, *, directed=None, observer=None, electrical=None) -> Matrices:
        zero = np.zeros((n, n))
        pick = lambda given: jnp.asarray(zero if given is None else given, float)  # noqa: E731
        return Matrices(pick(directed)[None], pick(observer)[None], pick(electrical))

    return build


@pytest.fixture
def free_run() -> Callable[..., Drive]:
    """A drive that clamps nothing: one animal, one run, ``current`` [time, neuron]."""

    def build(current: np.ndarray) -> Drive:
        injected = jnp.asarray(current, float)[None, None]
        return Drive(
            recorded=jnp.zeros_like(injected),
            clamped=jnp.zeros((1, 1, injected.shape[-1]), bool),
            release=jnp.full((1, 1), NEVER, jnp.int32),
            current=injected,
        )

    return build
