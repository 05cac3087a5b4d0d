"""What every optimiser, learning-rate schedule and activation must do to a tiny fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurotwin._base.errors import UnknownName
from neurotwin.init import initialise
from neurotwin.network import ACTIVATIONS, Parameters, initial_parameters, project, wiring_of
from neurotwin.training import OPTIMISERS, SCHEDULES, TrainingConfig, dataset_of
from neurotwin.training.objective import objective
from neurotwin.training.optimisers import make_optimiser
from neurotwin.training.windows import draw_windows

RATES = {"adam": 0.01, "adamw": 0.01, "adagrad": 0.1, "sgd": 0.1, "momentum": 0.03}


@pytest.fixture(scope="module")
def start(blueprint) -> Parameters:
    return initial_parameters(blueprint, wiring_of(blueprint), initialise(blueprint, radius=0.5).values, 2)


@pytest.fixture(scope="module")
def descend(blueprint, recordings, config, split, start) -> Callable[..., tuple[Parameters, list[float]]]:
    """Steps on one batch: parameters after the last, and the loss before each. Gradients compile once."""
    wiring, data = wiring_of(blueprint), dataset_of(recordings, split)
    drive = draw_windows(jax.random.key(0), data, config)
    contacts = jnp.zeros_like(start.directed)

    @cache
    def gradient_of(activation: str) -> Callable[[Parameters], tuple[jax.Array, Parameters]]:
        def loss(parameters: Parameters) -> jax.Array:
            rest = (data, drive, config.objective, config.burn_frames, activation)
            return objective(parameters, wiring, contacts, start.directed, *rest)[0]

        return jax.jit(jax.value_and_grad(loss))

    @cache
    def run(chosen: TrainingConfig, activation: str) -> tuple[Parameters, list[float]]:
        optimiser, losses = make_optimiser(chosen), []
        parameters: Any = start
        moments, update = optimiser.init(start), jax.jit(optimiser.update)
        for _ in range(chosen.steps):
            loss, gradient = gradient_of(activation)(parameters)
            updates, moments = update(gradient, moments, parameters)
            moved: Any = optax.apply_updates(parameters, updates)
            parameters = project(moved, wiring)
            losses.append(float(loss))
        return parameters, losses

    return run


@pytest.mark.parametrize("name", OPTIMISERS.names())
def test_every_optimiser_lowers_the_loss(descend, config, start, name):
    chosen = replace(config, optimiser=name, learning_rate=RATES[name], steps=30)
    after, losses = descend(chosen, "tanh")
    assert losses[-1] < 0.9 * losses[0]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after))


@pytest.mark.parametrize("name", ACTIVATIONS.names())
def test_every_activation_can_be_trained(descend, config, name):
    after, losses = descend(replace(config, learning_rate=0.01, steps=30), name)
    assert losses[-1] < 0.9 * losses[0]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after))


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_every_schedule_lowers_the_loss(descend, config, name):
    _, losses = descend(replace(config, schedule=name, learning_rate=0.01, steps=30), "tanh")
    assert losses[-1] < 0.9 * losses[0]


def test_optimisers_differ(descend, config):
    ends = {}
    for name in OPTIMISERS.names():
        chosen = replace(config, optimiser=name, learning_rate=RATES[name], steps=30)
        ends[name] = np.asarray(descend(chosen, "tanh")[0].observer)
    for one, other in combinations(ends, 2):
        assert not np.array_equal(ends[one], ends[other]), (one, other)


@pytest.mark.parametrize("clip_norm", [0.5, 0.1])
def test_the_gradient_is_clipped_by_its_global_norm(clip_norm):
    config = TrainingConfig(optimiser="sgd", schedule="constant", learning_rate=1.0, clip_norm=clip_norm)
    optimiser, parameters = make_optimiser(config), {"a": jnp.zeros(3), "b": jnp.zeros(2)}
    for size, expected in ((100.0, clip_norm), (clip_norm / 100, clip_norm / 100)):
        gradient = {"a": jnp.full(3, size / 5**0.5), "b": jnp.full(2, -size / 5**0.5)}
        updates, _ = optimiser.update(gradient, optimiser.init(parameters), parameters)
        assert float(optax.tree.norm(updates)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_a_schedule_peaks_at_the_learning_rate_and_never_turns_negative(name):
    config = TrainingConfig(learning_rate=0.02, steps=100, schedule=name)
    rates = np.array([SCHEDULES[name](config)(step) for step in range(101)], float)
    assert rates.max() == pytest.approx(0.02, rel=1e-5)
    assert (rates >= 0).all()
    after = np.diff(rates[int(rates.argmax()) :])
    assert (after <= 1e-9).all()  # after its peak it does not rise again
    assert (rates[-1] < 0.002) == (name != "constant")


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_a_schedule_works_for_a_fit_of_one_step(name):
    rate = SCHEDULES[name](TrainingConfig(steps=1, schedule=name))(0)
    assert np.isfinite(rate)


@pytest.mark.parametrize(
    ("field", "kind", "option"),
    [("optimiser", "optimiser", "momentum"), ("schedule", "learning-rate schedule", "warmup")],
)
def test_a_misspelt_name_is_refused_with_the_options(field, kind, option):
    given: dict[str, Any] = {field: "constnt"}
    with pytest.raises(UnknownName, match=f"(?s)unknown {kind}.*given: +'constnt'.*expected: .*{option}"):
        TrainingConfig(**given)


def test_a_misspelt_activation_is_refused_before_anything_compiles(tiny_fit):
    with pytest.raises(UnknownName, match="(?s)unknown activation.*did you mean tanh"):
        tiny_fit(activation="tahn")
