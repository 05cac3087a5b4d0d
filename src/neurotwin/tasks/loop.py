"""The training loop that all tasks share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from neurotwin._base.errors import DivergenceError
from neurotwin.tasks.data import Examples
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import Encoder, Task
from neurotwin.training import TrainingConfig
from neurotwin.training.optimisers import make_optimiser

COLUMNS = ("epoch", "step", "loss", "validation_loss", "validation", "model", "seed")
"""Of ``history.csv``; ``validation`` is the task's first metric on the validation part."""

Progress = Callable[[int, int, dict[str, float]], None]
"""Epoch, epochs, latest values."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network.

    Attributes
    ----------
    network
        With the parameters of the epoch that was best on the validation part, as ``Task.keep`` says.
    history
        A dict with the keys of ``COLUMNS`` for each epoch.
    best_epoch, stopped
        Which epoch's parameters these are, and why training ended.
    """

    network: Any
    history: tuple[dict[str, Any], ...]
    best_epoch: int
    stopped: str


def fit(
    network: Any,
    train: Examples,
    validation: Examples,
    task: Task,
    settings: Settings,
    *,
    name: str = "",
    progress: Progress | None = None,
    trained: Any = None,
    penalty: Callable[[Any], jax.Array] | None = None,
) -> Fitted:
    """Minimise the task's mean loss on ``train``; ``validation`` decides when to stop and which parameters are kept.

    Equal networks, data and settings give equal parameters on one machine. ``trained`` says which arrays may move, a tree of bools
    like the network (None: all that are not whole numbers); ``penalty`` of the network is added to the loss.

    Raises
    ------
    DivergenceError
        The loss left the finite numbers.
    """
    settings.check_examples(len(train))
    per_epoch = len(train) // settings.batch
    training = training_of(settings, settings.epochs * per_epoch)
    weights, static = eqx.partition(network, eqx.is_inexact_array if trained is None else trained)
    moments = _optimiser(training, settings.body_rate).init(weights)
    step = _step_of(task.loss, training, settings.body_rate, penalty)
    answers = jnp.asarray(task.encode(validation, None).y)
    rng = np.random.default_rng(settings.seed)
    keys = jax.random.key(settings.seed)
    lengths = None if task.lengths is None else task.lengths(train)
    search = list(task.searches.values())[-1] if task.searches else None
    best, best_value, best_epoch, rows = weights, np.inf, 0, []
    worse = -1.0 if task.metrics[0].higher_is_better else 1.0
    stopped = f"all {settings.epochs} epochs"
    for epoch in range(1, settings.epochs + 1):
        losses = []
        for chosen in _batches(len(train), settings.batch, rng, lengths):
            keys, key = jax.random.split(keys)
            batch = task.encode(train.take(chosen), rng if settings.augment else None)
            weights, moments, loss = step(weights, static, moments, batch, key)
            losses.append(loss)
        network = eqx.combine(weights, static)
        outputs = outputs_of(network, validation, task.encode, settings.batch)
        told = outputs if search is None else search(network, validation)
        row = {
            "epoch": epoch,
            "step": epoch * per_epoch,
            "loss": float(jnp.stack(losses).mean()),
            "validation_loss": float(_mean_of(task.loss)(jnp.asarray(outputs), answers)),
            "validation": task.metrics[0].of(told, validation)(np.arange(len(validation))),
            "model": name,
            "seed": settings.seed,
        }
        rows.append(row)
        if not np.isfinite([row["loss"], row["validation_loss"]]).all():
            raise DivergenceError(
                f"the loss of {name or 'the network'} left the finite numbers",
                got=f"{row['loss']:g} in training, {row['validation_loss']:g} in validation, epoch {epoch}",
                fix="lower --learning-rate",
            )
        value = row["validation_loss"] if task.keep == "loss" else worse * row["validation"]
        if value < best_value:
            best, best_value, best_epoch = weights, value, epoch
        if progress is not None:
            progress(epoch, settings.epochs, {k: row[k] for k in COLUMNS[2:5]})
        if settings.patience and epoch - best_epoch >= settings.patience and epoch < settings.epochs:
            stopped = f"no better validation {task.keep} for {settings.patience} epochs"
            break
    return Fitted(eqx.combine(best, static), tuple(rows), best_epoch, stopped)


def outputs_of(network: Any, examples: Examples, encode: Encoder, batch: int = 500) -> np.ndarray:
    """What a network answers, ``[example, ...]``; no dropout, no augmentation.

    In batches of one size: the last is filled up with its first example, so that nothing is compiled twice. Outputs of sequences
    may be longer in one batch than in another: all become as long as the longest, with zeros at the end.
    """
    found, size = [], min(batch, len(examples))
    for start in range(0, len(examples), size):
        rows = np.arange(start, min(start + size, len(examples)))
        filled = np.concatenate([rows, np.full(size - len(rows), start)])
        found.append(np.asarray(_answer(network, encode(examples.take(filled), None).x))[: len(rows)])
    if found[0].ndim > 1:
        longest = max(part.shape[1] for part in found)
        rest = ((0, 0),) * (found[0].ndim - 2)
        found = [np.pad(part, ((0, 0), (0, longest - part.shape[1]), *rest)) for part in found]
    return np.concatenate(found)


def training_of(settings: Settings, steps: int) -> TrainingConfig:
    """What the settings say of the optimiser, its schedule stretched over so many steps."""
    return TrainingConfig(
        optimiser=settings.optimiser,
        learning_rate=settings.learning_rate,
        schedule=settings.schedule,
        clip_norm=settings.clip_norm,
        steps=steps,
    )


def n_parameters(network: Any) -> int:
    """How many numbers are trained."""
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array)))


# kept, so that networks that differ in their numbers alone (seeds, draws of few examples) are compiled once
@lru_cache(maxsize=4)
def _step_of(
    loss: Callable[[Any, Any], jax.Array],
    training: TrainingConfig,
    body_rate: float,
    penalty: Callable[[Any], jax.Array] | None,
) -> Any:
    optimiser = _optimiser(training, body_rate)

    # What is not trained comes as an argument too: a wiring in the closure would be folded into the program as constants.
    def loss_of(weights: Any, static: Any, batch: Any, key: jax.Array) -> jax.Array:
        network = eqx.combine(weights, static)
        mean = loss(network(batch.x, key), batch.y).mean()
        return mean if penalty is None else mean + penalty(network)

    @eqx.filter_jit
    def step(
        weights: Any, static: Any, moments: Any, batch: Any, key: jax.Array
    ) -> tuple[Any, Any, jax.Array]:
        value, slope = jax.value_and_grad(lambda w: loss_of(w, static, batch, key))(weights)
        change, moments = optimiser.update(slope, moments, weights)
        return eqx.apply_updates(weights, change), moments, value

    return step


def _optimiser(training: TrainingConfig, body_rate: float) -> optax.GradientTransformation:
    """Of all steps those of a network's ``body`` are ``body_rate`` times as large: what was learned before moves more slowly."""

    def slowed(steps: Any, weights: Any) -> Any:
        if not hasattr(steps, "body"):
            return steps
        return eqx.tree_at(
            lambda tree: tree.body, steps, jax.tree.map(lambda step: body_rate * step, steps.body)
        )

    found = make_optimiser(training)
    return found if body_rate == 1 else optax.chain(found, optax.stateless(slowed))


@lru_cache(maxsize=4)
def _mean_of(loss: Callable[[Any, Any], jax.Array]) -> Callable[[jax.Array, jax.Array], jax.Array]:
    return jax.jit(lambda outputs, y: loss(outputs, y).mean())


@eqx.filter_jit
def _answer(network: Any, x: Any) -> Any:
    return network(x)


def _batches(
    n: int, size: int, rng: np.random.Generator, lengths: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """A new order each epoch; what does not fill a batch waits for another epoch. With lengths, batches of neighbours in length."""
    order = rng.permutation(n)[: n // size * size]
    if lengths is not None:
        order = order[np.argsort(lengths[order], kind="stable")]
    batches = order.reshape(-1, size)
    yield from batches if lengths is None else rng.permutation(batches)
