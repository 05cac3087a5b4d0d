"""Pre-train on some classes, adapt to others of which few examples are known: every method with one budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation import Score
from neurotwin.evaluation.bootstrap import Interval, bootstrap_mean, bootstrap_paired_difference
from neurotwin.tasks import Examples, Settings, Spec, Task, TaskData, fit, n_parameters, outputs_of
from neurotwin.tasks.task import Model
from neurotwin.transfer.cost import Cost, cost_of
from neurotwin.transfer.methods import METHODS, Adapted, with_readout
from neurotwin.transfer.methods.base import everything

SCRATCH = "from scratch"
SHOTS, DRAWS = 10, 3
ADAPTATION = Settings(epochs=60, batch=10, dropout=0.0)
"""Of every adaptation and of training from scratch; each method has its own learning rate."""

Progress = Callable[[str, int, int, int, int, dict[str, float]], None]
"""Name of the fit, its number, how many, epoch, epochs, latest values."""


@dataclass(frozen=True, eq=False)
class Halves:
    """One set of examples as two tasks.

    Attributes
    ----------
    source, target
        The first half of the classes, and the others, numbered from 0 each.
    """

    source: TaskData
    target: TaskData


def halves(data: TaskData) -> Halves:
    """Split the classes in two; of an odd number the first half is the larger one.

    Raises
    ------
    InputError
        Fewer than four classes, which make no two tasks.
    """
    n = len(data.classes)
    if n < 4:
        raise InputError(
            "there are too few classes for two tasks",
            got=f"{n}: {', '.join(data.classes)}" if n else "answers that are no classes",
            expected="four or more",
        )
    middle = (n + 1) // 2
    return Halves(*(_classes(data, first, last) for first, last in ((0, middle), (middle, n))))


def _classes(data: TaskData, first: int, last: int) -> TaskData:
    def chosen(part: Examples) -> Examples:
        y = np.asarray(part.y)
        rows = np.flatnonzero((y >= first) & (y < last))
        taken = part.take(rows)
        return Examples(taken.x, np.asarray(taken.y) - first, taken.groups)

    parts = {name: chosen(part) for name, part in data.parts().items()}
    return replace(data, **parts, classes=data.classes[first:last])


def few(data: TaskData, shots: int, seed: int) -> TaskData:
    """The same with ``shots`` training examples of each class, and as many for validation (all, where there are fewer).

    Raises
    ------
    InputError
        A class has fewer training examples, or none is asked for.
    """
    if shots < 1:
        raise InputError("the number of examples a class cannot be used", got=shots, expected="1 or more")
    counts = np.bincount(np.asarray(data.train.y), minlength=len(data.classes))
    if counts.min() < shots:
        raise InputError(
            "a class has fewer training examples than are to be drawn",
            got=f"{counts.min()} of {data.classes[int(counts.argmin())]}",
            expected=f"{shots} or more",
            fix=f"--shots {counts.min()}",
        )
    rng = np.random.default_rng(seed)

    def drawn(part: Examples) -> Examples:
        y = np.asarray(part.y)
        rows = [rng.permutation(np.flatnonzero(y == k))[:shots] for k in range(len(data.classes))]
        return part.take(np.sort(np.concatenate(rows)))

    return replace(data, train=drawn(data.train), validation=drawn(data.validation))


@dataclass(frozen=True, eq=False)
class Contender:
    """What is adapted, or trained from the beginning, in each draw.

    Attributes
    ----------
    name
        In the scores.
    prepare
        Key → what is trained.
    learning_rate
        Of Adam.
    """

    name: str
    prepare: Callable[[jax.Array], Adapted]
    learning_rate: float


def contenders(
    networks: dict[str, Any],
    main: str,
    methods: Sequence[str],
    spec: Spec,
    build: Callable[[Spec, jax.Array], Any],
) -> list[Contender]:
    """Every method on the main network, that network from scratch, and full fine-tuning of what stands beside it.

    Parameters
    ----------
    networks
        Name → pre-trained network; besides ``main`` the ordinary one of its size and those on false wiring.
    main, methods
        The network that this is about; names in ``METHODS``.
    spec
        Of the new task: what its networks are built from.
    build
        ``(spec, key) → network``, the main one untrained.
    """

    def by(method: str, network: Any) -> Callable[[jax.Array], Adapted]:
        def prepare(key: jax.Array) -> Adapted:
            first, second = jax.random.split(key)
            return METHODS[method].prepare(with_readout(network, spec["classes"], first), spec, second)

        return prepare

    def untrained(key: jax.Array) -> Adapted:
        network = build(spec, key)
        return Adapted(network, everything(network))

    found = [Contender(name, by(name, networks[main]), METHODS[name].learning_rate) for name in methods]
    rate = METHODS["full"].learning_rate
    found.append(Contender(f"baseline: {SCRATCH}", untrained, rate))
    others = [name for name in networks if name != main]
    return found + [Contender(f"{name}, full", by("full", networks[name]), rate) for name in others]


@dataclass(frozen=True, eq=False)
class Adaptations:
    """What came of one contender over the draws.

    Attributes
    ----------
    hits
        Whether each test example was answered rightly, float [draw, example].
    cost, seconds
        Of one training; the seconds are the least of all draws (the first one compiles).
    network, trained
        The network of the first draw, and which of its arrays were trained.
    """

    hits: np.ndarray
    cost: Cost | None
    seconds: float
    network: Any = None
    trained: Any = None


def adapt(
    one: Contender,
    target: TaskData,
    task: Task,
    *,
    shots: int,
    draws: int,
    settings: Settings,
    number: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> tuple[Adaptations, list[dict[str, Any]]]:
    """Train a contender on each draw of few examples; the test part is answered once a draw, after training.

    Returns
    -------
    Adaptations, rows
        What came of it, and the history with the columns of ``tasks.loop.COLUMNS``.
    """
    hits, rows, seconds, cost, kept = [], [], [], None, (None, None)
    for draw in range(draws):
        known = few(target, shots, settings.seed + draw)
        used = replace(settings, learning_rate=one.learning_rate, seed=settings.seed + draw)
        adapted = one.prepare(jax.random.key(used.seed))
        cost = cost or cost_of(adapted, used)
        begun = time.monotonic()

        def tell(epoch: int, epochs: int, values: dict[str, float], draw: int = draw) -> None:
            if progress is not None and draw == draws - 1:
                progress(one.name, *number, epoch, epochs, values)

        fitted = fit(
            adapted.network, known.train, known.validation, task, used,
            name=one.name, progress=tell, trained=adapted.trained, penalty=adapted.penalty,
        )  # fmt: skip
        seconds.append(time.monotonic() - begun)
        rows += fitted.history
        kept = (fitted.network, adapted.trained) if draw == 0 else kept
        outputs = outputs_of(fitted.network, target.test, task.encode)
        hits.append((outputs.argmax(-1) == np.asarray(target.test.y)).astype(float))
    return Adaptations(np.stack(hits), cost, min(seconds), *kept), rows


def simple(target: TaskData, task: Task, *, shots: int, draws: int, seed: int) -> dict[str, Adaptations]:
    """The task's simple methods on the same draws."""
    found = {}
    for name, make in task.baselines.items():
        hits = []
        for draw in range(draws):
            predict = make(task, few(target, shots, seed + draw), seed + draw)
            hits.append((predict(target.test).argmax(-1) == np.asarray(target.test.y)).astype(float))
        found[f"baseline: {name}"] = Adaptations(np.stack(hits), None, float("nan"))
    return found


def accuracy_scores(found: dict[str, Adaptations], seed: int = 0) -> list[Score]:
    """Mean accuracy over draws, and what each gains over training from scratch and over the frozen body, paired.

    Intervals draw the draws, then test examples within each (``bootstrap_mean``).
    """

    def score(name: str, of: Interval) -> Score:
        return Score("task", "accuracy", "test", name, of.value, of.low, of.high, n=of.n)

    scores = [score(name, bootstrap_mean(list(one.hits), seed=seed)) for name, one in found.items()]
    for reference in (f"baseline: {SCRATCH}", "frozen"):
        if reference not in found:
            continue
        for name in found:
            if name in METHODS and name != reference:
                gained = bootstrap_paired_difference(
                    list(found[name].hits), list(found[reference].hits), seed=seed
                )
                scores.append(score(f"difference: {name} - {reference.removeprefix('baseline: ')}", gained))
    return scores


def beside(models: Any, main: str, spec: Spec, key: jax.Array) -> dict[str, tuple[Any, Model]]:
    """The main network, the ordinary one of its size and those on false wiring, untrained, each with its ``Model``."""
    chosen: Model = models[main]
    network = chosen.build(spec, key)
    found = {main: (network, chosen)}
    if chosen.rival:
        rival = models[chosen.rival]
        sized = {**spec, "parameters": n_parameters(network)}
        found[f"baseline: {chosen.rival}, same size"] = (rival.build(sized, key), rival)
    return found | {f"null: {label}": (build(spec, key), chosen) for label, build in chosen.nulls.items()}
