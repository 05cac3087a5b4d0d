"""What every neuron model must do, the one defined here included."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.network.integrate import METHODS
from neurotwin.network.neurons import GLIF, LIF, NEURONS, AdaptiveLIF, Drive, Neuron, Spiking, Unit
from neurotwin.network.surrogate import SURROGATES


class QuadraticIF(Spiking):
    """A model of this file alone: τ dv/dt = v² + I; fires at 10, reset to -10."""

    tau_ms: float = 10.0

    def initial(self):
        return {"v": -1.0, "refractory": 0.0}

    def derivative(self, state, drive):
        return {"v": (state["v"] ** 2 + drive.at(state["v"])) / self.tau_ms}

    def excess(self, state):
        return (state["v"] - 10.0) / 10.0

    def reset(self, state):
        return {"v": -10.0 + 0 * state["v"]}


MODELS: dict[str, Any] = {**NEURONS, "defined here": QuadraticIF}
DRIVES = {
    "izhikevich": 14.0,
    "leaky_rate": 1.0,
    "unit": 1.0,
    "graded": 0.2,
    "defined here": 3.0,
    "hodgkin_huxley": 3000.0,
    "adex": 1200.0,
}
CURRENT = lambda name: DRIVES.get(name, 600.0)  # noqa: E731  pA that makes a spiking model fire

every_model = pytest.mark.parametrize("name", MODELS)
every_moving_model = pytest.mark.parametrize("name", [name for name in MODELS if name != "unit"])


def state_of(model: Neuron, shape, dtype) -> dict[str, jax.Array]:
    return {key: jnp.full(shape, value, dtype) for key, value in model.initial().items()}


def run(model: Neuron, current, steps: int, dt_ms: float, dtype=jnp.float32):
    """Outputs and states [steps, ...] under a constant current."""
    current = jnp.asarray(current, dtype)
    return _run(model, state_of(model, current.shape, dtype), current, steps, dt_ms)


@eqx.filter_jit
def _run(model: Neuron, state, current, steps: int, dt_ms: float):
    def step(state, _):
        state, out = model.update(state, Drive(current), dt_ms)
        return state, (out, state)

    return jax.lax.scan(step, state, None, length=steps)[1]


@eqx.filter_jit
def update(model: Neuron, state, drive, dt_ms: float = 0.1):
    return model.update(state, drive, dt_ms)


@every_model
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_keeps_its_type_and_stays_finite(name, dtype):
    with jax.enable_x64(dtype == jnp.float64):
        out, states = run(MODELS[name](), jnp.array([0.0, CURRENT(name)]), 2000, 0.1, dtype)
        for leaf in (out, *states.values()):
            assert leaf.dtype == dtype
            assert bool(jnp.isfinite(leaf).all())


@every_model
def test_answers_to_a_current(name):
    out, _ = run(MODELS[name](), jnp.array([0.0, CURRENT(name)]), 3000, 0.1)
    if MODELS[name].spiking:
        assert set(np.unique(out)) == {0.0, 1.0}
        assert out[:, 0].sum() == 0
        assert out[:, 1].sum() >= 2
    else:
        assert not np.allclose(out[-1, 0], out[-1, 1])


@every_model
def test_many_at_once_equal_one_by_one(name):
    model, currents = MODELS[name](), jnp.linspace(0.0, CURRENT(name), 6)
    if name == "unit":
        model = MODELS[name](activation="tanh")
    together, _ = run(model, currents.reshape(2, 3), 500, 0.1)
    for i, current in enumerate(currents):
        alone, _ = run(model, current[None], 500, 0.1)
        np.testing.assert_allclose(together.reshape(500, 6)[:, i], alone[:, 0], atol=1e-5)


@every_model
def test_gradients_equal_finite_differences_below_threshold(name):
    """To each parameter and the current, in float64, over a few steps in which nothing fires."""
    with jax.enable_x64():
        model = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), MODELS[name]())
        moving, fixed = eqx.partition(model, eqx.is_inexact_array)

        def loss(moving, current):
            whole = eqx.combine(moving, fixed)
            state = {
                key: jnp.broadcast_to(value, current.shape) + 0.0 for key, value in whole.initial().items()
            }
            for _ in range(2):
                state, _out = whole.update(state, Drive(current, 0.1), 0.05)
            return sum(jnp.sum(jnp.sin(value)) for key, value in state.items() if key != "refractory")

        check_grads(
            jax.jit(loss),
            (moving, jnp.array([0.3, 1.1]) * CURRENT(name) / 10),
            order=1,
            modes=["rev"],
            rtol=1e-4,
            eps=1e-6,
        )


@pytest.mark.parametrize(
    ("name", "surrogate"),
    [(name, None) for name in MODELS if MODELS[name].spiking]
    + [(name, surrogate) for name in ("lif", "izhikevich") for surrogate in SURROGATES.names()],
)
def test_a_spike_has_the_gradient_of_its_surrogate(name, surrogate):
    """Every model with its own, and with every other those two of which one is linear below threshold and one is not."""
    model = MODELS[name]() if surrogate is None else MODELS[name](surrogate=surrogate)

    def spikes(current):
        state = state_of(model, (1,), jnp.float32)

        def step(state, _):
            return model.update(state, Drive(current), 0.1)

        return jax.lax.scan(step, state, None, length=400)[1].sum()

    gradient = jax.jit(jax.grad(spikes))(jnp.full(1, CURRENT(name), jnp.float32))
    assert np.isfinite(gradient).all()
    assert gradient[0] != 0


@every_moving_model
def test_smaller_steps_converge(name):
    """The state after 4 ms below threshold, in steps of dt and dt/2, against dt/16."""
    with jax.enable_x64():
        model = MODELS[name]()
        end = {}
        for steps in (40, 80, 640):
            _, states = run(model, jnp.array([CURRENT(name) / 8]), steps, 4.0 / steps, jnp.float64)
            end[steps] = np.concatenate([states[key][-1] for key in sorted(states) if key != "refractory"])
        coarse, fine = (np.abs(end[steps] - end[640]).max() for steps in (40, 80))
        assert fine < 0.6 * coarse or coarse < 1e-9


@every_moving_model
@pytest.mark.parametrize("method", METHODS.names())
def test_runs_with_every_method(name, method):
    default, _ = run(MODELS[name](), jnp.array([CURRENT(name) / 8]), 800, 0.01)
    other, _ = run(MODELS[name](method=method), jnp.array([CURRENT(name) / 8]), 800, 0.01)
    np.testing.assert_allclose(default[-1], other[-1], atol=2e-3)


@every_model
def test_refuses_unknown_methods_and_surrogates(name):
    with pytest.raises(UnknownName, match="unknown integration method"):
        MODELS[name](method="eulr")
    if MODELS[name].spiking:
        with pytest.raises(UnknownName, match="unknown surrogate gradient"):
            MODELS[name](surrogate="boxcar")
        with pytest.raises(InputError, match="surrogate_width"):
            MODELS[name](surrogate_width=0.0)


@every_model
def test_refuses_parameters_that_make_no_sense(name):
    """Time constants and capacitances that are not positive; anything that is not a number."""
    refused = 0
    for field in ("tau_ms", "tau_m_ms", "tau_w_ms", "capacitance_pF", "a_per_ms", "tau_adaptation_ms"):
        if name != "defined here" and hasattr(MODELS[name](), field):
            for value in (-1.0, 0.0, np.nan):
                with pytest.raises(InputError, match=f"{field} cannot be used"):
                    MODELS[name](**{field: value})
            refused += 1
    assert refused or name in ("unit", "defined here")


VARIANTS: dict[str, Neuron] = {
    **{name: model() for name, model in MODELS.items()},
    **{f"glif {level}": GLIF(level=level) for level in (1, 2, 3, 4)},
    **{f"unit {f}": Unit(activation=f) for f in ("sigmoid", "relu", "softplus", "softmax")},
    "adaptive_lif by a current": AdaptiveLIF(adaptation_pA=20.0),
    **{f"lif by {method}": LIF(method=method) for method in METHODS if method != LIF().method},
}
every_variant = pytest.mark.parametrize("name", VARIANTS)
every_separable_variant = pytest.mark.parametrize(
    "name", [name for name in VARIANTS if name != "unit softmax"]
)
ELEMENTWISE = {
    "add", "sub", "mul", "div", "neg", "abs", "max", "min", "exp", "expm1", "log", "log1p", "tanh", "logistic", "sqrt",
    "integer_pow", "square", "pow", "sign", "round", "select_n", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not",
    "convert_element_type", "stop_gradient", "copy", "broadcast_in_dim", "is_finite", "add_any",
}  # fmt: skip
CALLS = {"pjit", "jit", "custom_jvp_call"}


def random_states(model: Neuron, name: str, shape) -> tuple[dict[str, jax.Array], Drive]:
    """States around the initial ones, some of them refractory, and a drive of both kinds."""
    rng = np.random.default_rng(0)
    state = {
        key: jnp.asarray(rng.uniform(0.9, 1.1, shape) * np.asarray(value, float) + 0.01, jnp.float32)
        for key, value in model.initial().items()
    }
    if "refractory" in state:
        state["refractory"] = jnp.asarray(rng.integers(0, 3, shape), jnp.float32)
    current = jnp.asarray(rng.uniform(0, CURRENT(name.split()[0]), shape), jnp.float32)
    return state, Drive(current, jnp.asarray(rng.uniform(0, 0.1, shape), jnp.float32))


def close(one, other) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5), one, other)


@every_variant
def test_compiled_and_mapped_equal_plain(name):
    model = VARIANTS[name]
    state, drive = random_states(model, name, (4, 6))
    plain = model.update(state, drive, 0.1)
    close(jax.jit(model.update)(state, drive, 0.1), plain)
    close(jax.vmap(lambda s, d: model.update(s, d, 0.1))(state, drive), plain)


@every_separable_variant
def test_parameters_of_each_neuron_equal_neurons_of_their_own(name):
    """Parameters [N] in one model, and one model a neuron under ``vmap``."""
    model = VARIANTS[name]
    factors = jnp.array([0.97, 1.0, 1.02])
    spread = jax.tree.map(lambda value: value * factors, model)
    state, drive = random_states(model, name, (3,))
    together = update(spread, state, drive)
    mapped = eqx.filter_jit(eqx.filter_vmap(lambda m, s, d: m.update(s, d, 0.1)))(spread, state, drive)
    close(mapped, together)
    for i, factor in enumerate(factors):
        own = jax.tree.map(lambda value: value * factor, model)  # noqa: B023
        alone = update(own, *jax.tree.map(lambda leaf: leaf[i], (state, drive)))  # noqa: B023
        close(jax.tree.map(lambda leaf: leaf[i], together), alone)  # noqa: B023


@every_variant
def test_the_gradient_to_a_conductance_equals_finite_differences(name):
    model = VARIANTS[name]
    with jax.enable_x64():
        initial = {key: jnp.full(2, value, jnp.float64) for key, value in model.initial().items()}

        def loss(conductance):
            state = initial
            for _ in range(2):
                state, _out = model.update(state, Drive(jnp.array([0.1, 0.2]), conductance), 0.05)
            return sum(jnp.sum(jnp.sin(value)) for key, value in state.items() if key != "refractory")

        check_grads(jax.jit(loss), (jnp.array([0.3, 1.1]),), order=1, modes=["rev"], rtol=1e-4, eps=1e-6)


def primitives(jaxpr) -> set[str]:
    """Names of all operations, those inside calls included."""
    found = set()
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if name in CALLS:
            inner = next(v for v in equation.params.values() if hasattr(v, "eqns") or hasattr(v, "jaxpr"))
            found |= primitives(getattr(inner, "jaxpr", inner))
        else:
            found.add(name)
    return found


@every_separable_variant
def test_a_step_is_elementwise(name):
    """Nothing but operations on each neuron by itself: what can be written out for one neuron in another language."""
    model = VARIANTS[name]
    state, drive = random_states(model, name, ())
    found = primitives(jax.make_jaxpr(lambda s, d: model.update(s, d, 0.1))(state, drive).jaxpr)
    assert found <= ELEMENTWISE


@every_variant
def test_states_are_named_alike_from_beginning_to_end(name):
    """The same names, shapes and types after a step, and a membrane potential for what has a membrane."""
    model = VARIANTS[name]
    state, drive = random_states(model, name, (2, 5))
    after, out = update(model, state, drive)
    assert {k: (v.shape, v.dtype) for k, v in after.items()} == {
        k: (v.shape, v.dtype) for k, v in state.items()
    }
    assert out.shape == (2, 5)
    assert set(type(model).discrete) <= set(state)
    assert ("v" in state) == (name.split()[0] not in ("unit", "leaky_rate"))
