"""The networks that a transfer experiment compares: one of a task's, an ordinary one of its size, its wiring shuffled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from neurotwin.tasks import TASKS, Task, TaskData, n_parameters
from neurotwin.tasks.task import Spec

NULL = "permuted"
"""The null that is trained: the same wiring with other neurons in its places."""


@dataclass(frozen=True)
class Body:
    """A network that can be built.

    Attributes
    ----------
    name
        In the scores: "worm", "baseline: dense, same size", "null: permuted".
    build
        ``key → network``.
    parameters
        How many numbers are trained.
    """

    name: str
    build: Callable[[jax.Array], Any]
    parameters: int


def bodies(task: Task, model: str, spec: Spec) -> tuple[Body, ...]:
    """The model, its ordinary rival of the same size and its permuted null, as far as the task has them."""
    chosen = task.models[model]
    size = n_parameters(chosen.build(spec, jax.random.key(0)))
    found = [Body(model, lambda key: chosen.build(spec, key), size)]
    if chosen.rival:
        rival, sized = TASKS[task.name].models[chosen.rival], {**spec, "parameters": size}
        actual = n_parameters(rival.build(sized, jax.random.key(0)))
        found.append(
            Body(f"baseline: {chosen.rival}, same size", lambda key: rival.build(sized, key), actual)
        )
    if NULL in chosen.nulls:
        null = chosen.nulls[NULL]
        found.append(Body(f"null: {NULL}", lambda key: null(spec, key), size))
    return tuple(found)


def fewer(data: TaskData, examples: int, seed: int = 0) -> TaskData:
    """A draw of at most so many training examples, and of at most half as many for validation and for the test.

    0 leaves the data as they are.
    """
    if not examples:
        return data
    rng = np.random.default_rng(seed)
    parts = {}
    for name, most in (("train", examples), ("validation", examples // 2), ("test", examples // 2)):
        part = getattr(data, name)
        parts[name] = part.take(np.sort(rng.permutation(len(part))[: max(1, most)]))
    return TaskData(
        **parts,
        classes=data.classes,
        split=f"{data.split}; of these {examples:,} for training and at most {examples // 2:,} in each other part were drawn",
        cards=data.cards,
        allow_leaks=data.allow_leaks,
    )
