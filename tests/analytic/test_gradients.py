"""Gradients of a rollout against central differences and against plain differentiation, in float64."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from neurotwin.network import NEVER, Cells, Drive, Parameters, Wiring, assemble, rollout
from neurotwin.network.dynamics import rollout_unhoisted

pytestmark = pytest.mark.usefixtures("float64")

A, B, T, N = 2, 3, 9, 5


@pytest.fixture
def wiring() -> Wiring:
    rng = np.random.default_rng(0)
    off = ~np.eye(N, dtype=bool)
    scale = lambda density: jnp.asarray(rng.uniform(0.5, 1.5, (N, N)) * (rng.random((N, N)) < density) * off)  # noqa: E731
    chemical, electrical = scale(0.5), scale(0.5)
    return Wiring(
        chemical=chemical,
        extrasynaptic=scale(0.3) * (chemical == 0),
        electrical=electrical + electrical.T,
        observer=scale(0.6),
        sign=jnp.zeros((N, N)),
        mirror=jnp.arange(N),
    )


@pytest.fixture
def parameters() -> Parameters:
    rng = np.random.default_rng(1)
    draw = lambda *shape: jnp.asarray(rng.normal(0, 0.5, shape))  # noqa: E731
    return Parameters(
        directed=draw(N, N),
        log_conductance=draw(N, N) - 1,
        observer=draw(N, N),
        directed_deviation=draw(A, N, N),
        observer_deviation=draw(A, N, N),
        cells=Cells(
            **{name: draw(A, N) if name == "animal_bias" else draw(N) for name in Cells.__dataclass_fields__}
        ),
    )


@pytest.fixture
def drive() -> Drive:
    """Every case at once: co-smoothing, a forecast, a free run; injected current; dropout."""
    rng = np.random.default_rng(2)
    clamped = rng.random((A, B, N)) < 0.6
    clamped[:, 1] = True
    clamped[:, 2] = False
    return Drive(
        recorded=jnp.asarray(rng.normal(size=(A, B, T, N))),
        clamped=jnp.asarray(clamped),
        release=jnp.asarray(np.tile([NEVER, 5, 0], (A, 1)), jnp.int32),
        current=jnp.asarray(rng.normal(0, 0.3, (A, B, T, N))),
        keep=jnp.asarray((rng.random((A, B, N)) < 0.8) / 0.8),
    )


def loss_of(simulate: Any, wiring: Wiring, drive: Drive, activation: str) -> Any:
    weight = jnp.asarray(np.random.default_rng(3).normal(size=drive.recorded.shape))

    def loss(inputs: tuple[Parameters, jax.Array]) -> jax.Array:
        parameters, current = inputs
        out = simulate(
            parameters.cells, assemble(parameters, wiring), drive._replace(current=current), activation
        )
        return (out * weight).sum()

    return loss


def differences(loss: Any, inputs: Any) -> Any:
    """The gradient of ``loss`` by central differences, in the structure of ``inputs``."""
    flat, unravel = ravel_pytree(inputs)
    step = 1e-5
    nudges = step * jnp.eye(len(flat))
    up, down = jax.jit(jax.vmap(lambda nudge: loss(unravel(flat + nudge))))(jnp.r_[nudges, -nudges]).reshape(
        2, -1
    )
    return unravel((up - down) / (2 * step))


@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_every_leaf_has_the_gradient_of_central_differences(wiring, parameters, drive, activation):
    inputs = (parameters, drive.current)
    expected = differences(loss_of(rollout_unhoisted, wiring, drive, activation), inputs)
    found = jax.jit(jax.grad(loss_of(rollout, wiring, drive, activation)))(inputs)
    leaves = jax.tree_util.tree_leaves_with_path(found)
    for (path, leaf), reference in zip(leaves, jax.tree.leaves(expected), strict=True):
        name = jax.tree_util.keystr(path)
        assert np.abs(leaf).max() > 1e-3, f"{name}: the loss does not depend on it"
        np.testing.assert_allclose(leaf, reference, rtol=1e-6, atol=1e-7, err_msg=name)
    for name, scale in (("directed", wiring.directed), ("observer", wiring.observer)):
        leaf = np.asarray(getattr(found[0], name))
        assert not leaf[np.asarray(scale) == 0].any(), f"{name}: a gradient where there is no connection"


def test_hoisted_gradients_are_those_of_plain_differentiation(wiring, parameters, drive):
    inputs = (parameters, drive.current)
    hoisted = jax.jit(jax.value_and_grad(loss_of(rollout, wiring, drive, "tanh")))(inputs)
    plain = jax.jit(jax.value_and_grad(loss_of(rollout_unhoisted, wiring, drive, "tanh")))(inputs)
    for one, other in zip(jax.tree.leaves(hoisted), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_what_a_neuron_recorded_is_not_in_its_own_prediction_nor_after_release_in_anyones(
    wiring, parameters, drive
):
    """The recording enters only where the clamp holds: elsewhere noise in its place changes no bit."""
    frames = np.arange(T)[:, None]
    held = np.asarray(drive.clamped)[:, :, None] & (frames < np.asarray(drive.release)[..., None, None])
    noise = np.random.default_rng(4).normal(0, 100, drive.recorded.shape)
    noisy = drive._replace(recorded=jnp.where(held, drive.recorded, noise))
    run = jax.jit(lambda drive: rollout(parameters.cells, assemble(parameters, wiring), drive))
    np.testing.assert_array_equal(run(noisy), run(drive))
    shown = drive._replace(recorded=jnp.where(held, noise, drive.recorded))
    assert not np.array_equal(run(shown), run(drive))
