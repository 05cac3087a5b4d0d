"""Every body and method on the same draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import jax
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks import Examples, Settings, Task, TaskData, fit
from neurotwin.transfer.bodies import Body, bodies
from neurotwin.transfer.checks import check_whole
from neurotwin.transfer.few_shot.episodes import Division, divide, draws
from neurotwin.transfer.few_shot.methods import ON_VECTORS, features, fine_tuned

COLUMNS = ("seed", "new_classes", "body", "method", "k", "draw", "accuracy")
PIXELS, UNTRAINED, FINE_TUNED = "pixels", "untrained", "fine-tuned"

Progress = Callable[[str, int, int, float], None]
"""What was done, its number, how many there are, accuracy of the body on the base classes' validation part."""


@dataclass(frozen=True)
class FewShotSettings:
    """What is drawn.

    Attributes
    ----------
    shots
        Numbers of examples of each new class.
    draws
        How often they are drawn.
    new
        How many classes are new.
    seed, seeds
        First seed, and how many; a seed draws the new classes, the body's first weights and the examples.
    """

    shots: tuple[int, ...] = (1, 5, 10, 20)
    draws: int = 50
    new: int = 5
    seed: int = 0
    seeds: int = 3

    def __post_init__(self) -> None:
        check_whole(self, draws=2, new=2, seed=0, seeds=1)
        if not self.shots or min(self.shots) < 1 or len(set(self.shots)) < len(self.shots):
            raise InputError(
                "shots are not usable",
                got=", ".join(map(str, self.shots)) or "none",
                expected="different whole numbers >= 1",
                fix="--shots 1,5,10,20",
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Found:
    """Accuracies of a method on a body.

    Attributes
    ----------
    body, method
        "pixels" for no body; "untrained" before the name of a body that was not trained.
    accuracy
        k → ``[seed, draw]`` on the new classes' test images; the same draws for all.
    """

    body: str
    method: str
    accuracy: dict[int, np.ndarray]


Accuracies = dict[tuple[str, str], dict[int, list[np.ndarray]]]
"""(body, method) → k → ``[draw]`` of each seed."""


def study(
    task: Task,
    data: TaskData,
    model: str,
    settings: FewShotSettings,
    training: Settings,
    progress: Progress | None = None,
) -> tuple[list[Found], list[tuple[str, ...]]]:
    """Accuracies of every method on every body, and the new classes of each seed.

    A body is trained on the base classes' training part; their validation part chooses its epoch. Nothing is chosen with the
    new classes: methods and their settings are fixed beforehand.
    """
    found: Accuracies = {}
    seeds, divisions = range(settings.seed, settings.seed + settings.seeds), []
    for place, seed in enumerate(seeds):
        division = divide(data, settings.new, seed)
        divisions.append(division.new)
        spec = {**task.describe(division.base), "dropout": training.dropout}
        listed = bodies(task, model, spec)
        for number, body in enumerate(listed):
            first = body.build(jax.random.key(seed))
            trained, reached = _trained(task, division, first, body, replace(training, seed=seed))
            _try(found, body.name, trained, task, division, settings, seed)
            if number == 0:
                _try(found, f"{UNTRAINED} {body.name}", first, task, division, settings, seed)
            if progress is not None:
                total = len(listed) * len(seeds)
                progress(f"{body.name}, seed {seed}", place * len(listed) + number + 1, total, reached)
        _try(found, PIXELS, None, task, division, settings, seed)
    return [
        Found(body, method, {k: np.stack(parts) for k, parts in by_shots.items()})
        for (body, method), by_shots in found.items()
    ], divisions


def _trained(task: Task, division: Division, first: Any, body: Body, training: Settings) -> tuple[Any, float]:
    base = division.base
    fitted = fit(first, base.train, base.validation, task, training, name=body.name)
    return fitted.network, fitted.history[fitted.best_epoch - 1]["validation"]


def _try(
    found: Accuracies,
    name: str,
    network: Any,
    task: Task,
    division: Division,
    settings: FewShotSettings,
    seed: int,
) -> None:
    """Every method on one body, or on the pixels where there is none."""
    pool, queries = division.pool, division.queries
    truth, y = np.asarray(queries.y), np.asarray(pool.y)
    vectors = [
        _pixels(part) if network is None else features(network, part, task.encode) for part in (pool, queries)
    ]

    def enter(method: str, k: int, right: np.ndarray) -> None:
        found.setdefault((name, method), {}).setdefault(k, []).append(right)

    for k in settings.shots:
        rows = draws(y, k, settings.draws, seed)
        for method, predict in ON_VECTORS.items():
            told = np.stack([predict(vectors[0][one], y[one], vectors[1]) for one in rows])
            enter(method, k, (told == truth).mean(-1))
        if network is not None:
            images = np.asarray(task.encode(pool, None).x)[rows]
            told = fine_tuned(network, images, y[rows[0]], np.asarray(task.encode(queries, None).x))
            enter(FINE_TUNED, k, (told == truth).mean(-1))


def _pixels(examples: Examples) -> np.ndarray:
    return np.asarray(examples.x, np.float32).reshape(len(examples), -1)


def table(found: list[Found], divisions: list[tuple[str, ...]], seed: int) -> list[dict[str, Any]]:
    """A row with ``COLUMNS`` for each draw; ``seed`` is the first one."""
    return [
        {
            "seed": seed + place,
            "new_classes": " ".join(divisions[place]),
            "body": one.body,
            "method": one.method,
            "k": k,
            "draw": number,
            "accuracy": float(value),
        }
        for one in found
        for k, accuracy in one.accuracy.items()
        for place, drawn in enumerate(accuracy)
        for number, value in enumerate(drawn)
    ]
