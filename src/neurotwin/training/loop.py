"""The training loop: an ensemble over seeds in one compiled program, stopped, resumed and guarded."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from neurotwin._base.errors import DivergenceError, InputError
from neurotwin.biology import Recording
from neurotwin.blueprint import Blueprint
from neurotwin.init import initialise
from neurotwin.network import (
    Drive,
    Parameters,
    Twin,
    Wiring,
    WiringPrior,
    initial_parameters,
    project,
    wiring_of,
)
from neurotwin.network.dynamics import rollout
from neurotwin.network.parameters import assemble
from neurotwin.training.checkpoint import load_checkpoint, save_checkpoint
from neurotwin.training.config import TrainingConfig
from neurotwin.training.dataset import Dataset, Split, dataset_of
from neurotwin.training.history import History
from neurotwin.training.objective import Terms, objective
from neurotwin.training.optimisers import make_optimiser
from neurotwin.training.windows import draw_windows, validation_windows

Progress = Callable[[int, int, dict[str, float]], None]
CHECKPOINT_SECONDS = 5.0
REFINE_FROM = 1_000_000
"""Step number at which refining draws its windows: no fit takes so many."""


class State(NamedTuple):
    """Where a fit stands; every leaf but ``step`` has a leading axis over seeds."""

    step: jax.Array
    start: jax.Array
    parameters: Parameters
    optimiser: Any
    best: Parameters
    best_error: jax.Array
    best_step: jax.Array


class Problem(NamedTuple):
    """Arrays that a fit reads and never changes."""

    wiring: Wiring
    contacts: jax.Array
    data: Dataset
    validation: Drive
    scored: jax.Array
    seeds: jax.Array


def fit(
    blueprint: Blueprint,
    recordings: tuple[Recording, ...],
    *,
    config: TrainingConfig | None = None,
    split: Split | None = None,
    prior: WiringPrior | None = None,
    init: str = "counts",
    radius: float = 0.5,
    activation: str | None = None,
    name: str = "twin",
    checkpoint: Path | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    progress: Progress | None = None,
) -> tuple[Twin, History]:
    """Fit a twin to recordings by backpropagation through time.

    Parameters
    ----------
    blueprint
        Of the network.
    recordings
        Of the animals that train; standardised, over all neurons (``standardised_recordings``).
    config, split, prior
        How to train, which frames to train on, how contact counts weigh.
    init, radius
        Method and spectral radius of ``neurotwin.init.initialise``.
    activation
        Name in ``ACTIVATIONS``; the blueprint's by default.
    name
        Of the model, in the history.
    checkpoint
        File that the state is kept in; an interrupted fit with equal settings continues from it to the same result.
    checkpoint_seconds
        Least time between two writes of it; they happen after validations.
    progress
        Called with the step, the number of steps and the latest values.

    Returns
    -------
    twin, history
        The parameters with the least validation error (``1 - r`` of freed neurons) of each seed; what happened.

    Raises
    ------
    DivergenceError
        When the loss leaves the finite numbers. The last good state stays in ``checkpoint``.
    """
    config, split = config or TrainingConfig(), split or Split()
    activation = activation or blueprint.populations[0].activation
    problem = _problem(blueprint, recordings, config, split, prior)
    fingerprint = _fingerprint(
        blueprint.neurons, problem, config, blueprint.dt_ms, split, prior, init, radius, activation
    )
    state, rows = _start(blueprint, problem, config, init, radius, len(recordings)), []
    if checkpoint is not None:
        resumed = load_checkpoint(checkpoint, state, fingerprint=fingerprint)
        if resumed is not None:
            state, rows = resumed
    stopped = "all steps taken"
    saved_at = time.monotonic()
    while (step := int(state.step)) < config.steps:
        if _exhausted(state, config):
            stopped = f"no better validation error in {config.patience} checks"
            break
        length = min(config.validate_every, config.steps - step)
        new, terms = _advance(state, problem, config, activation, length)
        latest = {key: np.asarray(value) for key, value in zip(Terms._fields, terms, strict=True)}
        error = np.asarray(_validate(new.parameters, problem, activation))
        if not (np.isfinite(latest["loss"]).all() and np.isfinite(error).all()):
            if checkpoint is not None:
                save_checkpoint(checkpoint, state, fingerprint=fingerprint, rows=rows)
            end = min(step + config.validate_every, config.steps)
            kept = f"; the state at step {step} is kept in {checkpoint}" if checkpoint is not None else ""
            raise _diverged(config, latest["loss"], f"between steps {step} and {end}{kept}")
        state = _keep_best(new, jnp.asarray(error))
        step = int(state.step)
        for member, seed in enumerate(config.seeds):
            values = {key: float(value[member]) for key, value in latest.items()}
            rows.append(
                {"step": step, **values, "validation": float(error[member]), "model": name, "seed": seed}
            )
        if checkpoint is not None and time.monotonic() - saved_at >= checkpoint_seconds:
            save_checkpoint(checkpoint, state, fingerprint=fingerprint, rows=rows)
            saved_at = time.monotonic()
        if progress is not None:
            progress(
                step, config.steps, {"loss": float(latest["loss"].mean()), "validation": float(error.mean())}
            )
    best = state.best
    if config.refine_steps:
        best = _refine(state, problem, config, activation, [split.of(r).test.start for r in recordings])
        stopped += f"; then {config.refine_steps} steps on all frames before the test stretch"
    twin = Twin(
        parameters=best,
        wiring=problem.wiring,
        blueprint=blueprint,
        subjects=tuple(recording.subject for recording in recordings),
        activation=activation,
    )
    return twin, History(tuple(rows), stopped)


def _problem(
    blueprint: Blueprint,
    recordings: tuple[Recording, ...],
    config: TrainingConfig,
    split: Split,
    prior: WiringPrior | None,
) -> Problem:
    for recording in recordings:
        if recording.names != blueprint.neurons:
            raise InputError(
                "a recording is not over the blueprint's neurons",
                got=recording.subject,
                fix="use standardised_recordings(biology, split)",
            )
    data = dataset_of(recordings, split, min_frames=config.window_frames)
    contacts = np.zeros((blueprint.n_neurons,) * 2, np.float32)
    if "chemical" in blueprint.kinds:
        edges = blueprint.edges_of("chemical")
        off = edges.pre_index != edges.post_index
        contacts[edges.post_index[off], edges.pre_index[off]] = np.sqrt(edges.weights[off])
    drive, scored = validation_windows(recordings, split)
    return Problem(
        wiring_of(blueprint, prior),
        jnp.asarray(contacts),
        data,
        drive,
        scored,
        jnp.asarray(config.seeds, jnp.uint32),
    )


def _start(
    blueprint: Blueprint, problem: Problem, config: TrainingConfig, init: str, radius: float, n_animals: int
) -> State:
    members = []
    for seed in config.seeds:
        values = initialise(blueprint, method=init, seed=seed, radius=radius, free_sign="random").values
        members.append(
            project(initial_parameters(blueprint, problem.wiring, values, n_animals), problem.wiring)
        )
    parameters = jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)
    count = len(config.seeds)
    return State(
        step=jnp.zeros((), jnp.int32),
        start=parameters.directed,
        parameters=parameters,
        optimiser=jax.vmap(make_optimiser(config).init)(parameters),
        best=parameters,
        best_error=jnp.full(count, jnp.inf, jnp.float32),
        best_step=jnp.zeros(count, jnp.int32),
    )


@partial(jax.jit, static_argnums=(2, 3, 4))
def _advance(
    state: State, problem: Problem, config: TrainingConfig, activation: str, length: int
) -> tuple[State, Terms]:
    """``length`` gradient steps of every seed; returns the state and the mean terms, each [seed]."""
    optimiser = make_optimiser(config)

    def one_seed(start: jax.Array, parameters: Parameters, moments: Any, seed: jax.Array) -> Any:
        def step(carry: Any, number: jax.Array) -> Any:
            parameters, moments = carry
            drive = draw_windows(jax.random.fold_in(jax.random.key(seed), number), problem.data, config)
            gradient, terms = jax.grad(objective, has_aux=True)(
                parameters,
                problem.wiring,
                problem.contacts,
                start,
                problem.data,
                drive,
                config.objective,
                config.burn_frames,
                activation,
            )
            updates, moments = optimiser.update(gradient, moments, parameters)
            moved: Any = optax.apply_updates(cast(Any, parameters), updates)
            return (project(moved, problem.wiring), moments), terms

        numbers = state.step + jnp.arange(length)
        (parameters, moments), terms = jax.lax.scan(step, (parameters, moments), numbers)
        return parameters, moments, jax.tree.map(jnp.mean, terms)

    parameters, moments, terms = jax.vmap(one_seed)(
        state.start, state.parameters, state.optimiser, problem.seeds
    )
    return state._replace(step=state.step + length, parameters=parameters, optimiser=moments), terms


@partial(jax.jit, static_argnums=(2,))
def _validate(parameters: Parameters, problem: Problem, activation: str) -> jax.Array:
    """``1 - r`` of freed neurons on the validation stretch, mean over neurons and animals, float32 [seed]."""
    frames = problem.scored.sum(2, keepdims=True)

    def centred(values: jax.Array) -> jax.Array:
        mean = (values * problem.scored).sum(2, keepdims=True) / jnp.maximum(frames, 1)
        return (values - mean) * problem.scored

    def one(member: Parameters) -> jax.Array:
        predicted = centred(
            rollout(member.cells, assemble(member, problem.wiring), problem.validation, activation)
        )
        recorded = centred(problem.validation.recorded)
        spread = jnp.sqrt((predicted**2).sum(2) * (recorded**2).sum(2)) + 1e-6
        r = (predicted * recorded).sum(2) / spread
        return 1.0 - r.sum() / (frames > 0).sum()

    return jax.lax.map(one, parameters)


@jax.jit
def _keep_best(state: State, error: jax.Array) -> State:
    better = error < state.best_error

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return state._replace(
        best=jax.tree.map(choose, state.parameters, state.best),
        best_error=jnp.where(better, error, state.best_error),
        best_step=jnp.where(better, state.step, state.best_step),
    )


def _refine(
    state: State, problem: Problem, config: TrainingConfig, activation: str, stops: list[int]
) -> Parameters:
    """The best parameters after further steps, on a schedule of their own, in which the validation stretch trains too.

    Nothing is selected here, so nothing is left to validate on; ridge, too, is fitted on all frames before the test.
    """
    config = replace(config, steps=config.refine_steps)
    data = eqx.tree_at(lambda d: d.train_stop, problem.data, jnp.asarray(stops, jnp.int32))
    start = state._replace(
        step=jnp.asarray(REFINE_FROM, jnp.int32),
        parameters=state.best,
        optimiser=jax.vmap(make_optimiser(config).init)(cast(Any, state.best)),
    )
    refined, terms = _advance(start, problem._replace(data=data), config, activation, config.refine_steps)
    loss = np.asarray(terms.loss)
    if not np.isfinite(loss).all():
        raise _diverged(config, loss, f"while refining for {config.steps} steps")
    return refined.parameters


def _exhausted(state: State, config: TrainingConfig) -> bool:
    waited = int(state.step) - np.asarray(state.best_step).max()
    return bool(config.patience and waited >= config.patience * config.validate_every)


def _fingerprint(neurons: tuple[str, ...], problem: Problem, config: TrainingConfig, *rest: Any) -> str:
    """Names a fit by all that decides its result."""
    digest = hashlib.sha256(
        json.dumps([neurons, config.to_dict(), [repr(part) for part in rest]], sort_keys=True).encode()
    )
    for leaf in jax.tree.leaves(eqx.filter(problem, eqx.is_array)):
        digest.update(np.asarray(leaf).tobytes())
    return digest.hexdigest()


def _diverged(config: TrainingConfig, loss: np.ndarray, when: str) -> DivergenceError:
    bad = [seed for seed, value in zip(config.seeds, loss, strict=True) if not np.isfinite(value)]
    return DivergenceError(
        "the fit diverged: the loss left the finite numbers",
        got=f"seed {bad or list(config.seeds)} {when}",
        expected="a finite loss",
        fix=f"use a learning rate below {config.learning_rate:g} (try {min(config.learning_rate / 5, 0.01):g}), a smaller "
        f"--clip-norm than {config.clip_norm:g}, or a smaller spectral radius",
    )
