"""What every synapse model must do, the one defined here included."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from neurotwin._base.errors import InputError
from neurotwin.network.neurons import Drive
from neurotwin.network.synapses import SYNAPSES, Synapse


class Saturating(Synapse):
    """A model of this file alone: dg/dt = -g / τ + w (1 - g) at a spike."""

    tau_ms: float = 3.0

    def initial(self):
        return {"g": 0.0}

    def step(self, state, arrived, v, dt_ms, *, membrane_ms=None, total=0.0):
        g = state["g"] + arrived * (1 - state["g"])
        return {"g": g * jnp.exp(-dt_ms / self.tau_ms)}, Drive(g)


MODELS: dict[str, type[Synapse]] = {**SYNAPSES, "defined here": Saturating}
every_model = pytest.mark.parametrize("name", MODELS)


def run(model: Synapse, arriving, dt_ms: float = 0.5, **options):
    """Currents at -60 mV and states, [T, ...], for what arrives [T, ...]."""
    arriving = jnp.asarray(arriving)
    v = jnp.full(arriving.shape[1:], -60.0, arriving.dtype)
    start = {key: jnp.full(v.shape, value, v.dtype) for key, value in model.initial().items()}

    def step(state, arrived):
        state, drive = model.step(state, arrived, v, dt_ms, **options)
        return state, (drive.at(v), state)

    return jax.jit(lambda s, a: jax.lax.scan(step, s, a)[1])(start, arriving)


@pytest.fixture(scope="module")
def spikes() -> np.ndarray:
    return (np.random.default_rng(0).random((80, 2, 3)) < 0.1).astype(np.float32)


@every_model
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_keeps_its_type_and_stays_finite(name, dtype, spikes):
    with jax.enable_x64(dtype == jnp.float64):
        current, states = run(MODELS[name](), jnp.asarray(spikes, dtype))
        for leaf in (current, *states.values()):
            assert leaf.dtype == dtype
            assert bool(jnp.isfinite(leaf).all())
        assert float(jnp.abs(current).max()) > 0


@every_model
def test_nothing_arrives_nothing_flows(name, spikes):
    current, _ = run(MODELS[name](), 0 * spikes)
    np.testing.assert_array_equal(current, 0)


@every_model
def test_batch_equals_one_by_one(name, spikes):
    together, _ = run(MODELS[name](), spikes)
    for b in range(2):
        alone, _ = run(MODELS[name](), spikes[:, b])
        np.testing.assert_allclose(together[:, b], alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SYNAPSES)
def test_spikes_superpose(name, spikes):
    """At a fixed potential: the sum of two trains' currents is the current of both."""
    other = np.roll(spikes, 7, axis=0)
    one, two, both = (run(SYNAPSES[name](), train)[0] for train in (spikes, 2 * other, spikes + 2 * other))
    np.testing.assert_allclose(both, one + two, rtol=1e-4, atol=1e-4)


@every_model
def test_gradients_equal_finite_differences(name):
    with jax.enable_x64():
        model = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), MODELS[name]())
        moving, fixed = eqx.partition(model, eqx.is_inexact_array)

        def loss(moving, arriving):
            return jnp.sum(jnp.sin(run(eqx.combine(moving, fixed), arriving, membrane_ms=7.0)[0] / 10))

        arriving = jnp.asarray(np.random.default_rng(1).random((6, 2)))
        check_grads(loss, (moving, arriving), order=1, modes=["rev"], rtol=1e-5, eps=1e-6)


@every_model
def test_refuses_time_constants_that_are_not_positive(name):
    for field in ("tau_ms", "rise_ms", "decay_ms"):
        if name != "defined here" and hasattr(MODELS[name](), field):
            for value in (0.0, -2.0, np.inf):
                with pytest.raises(InputError, match=f"{field} cannot be used"):
                    MODELS[name](**{field: value})
