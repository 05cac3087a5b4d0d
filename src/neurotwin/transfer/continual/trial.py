"""Every learner on every network: strengths chosen on the validation part, then one look at the test part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from neurotwin.tasks import TaskData
from neurotwin.tasks.task import Encoder
from neurotwin.transfer.bodies import Body
from neurotwin.transfer.continual.learner import LEARNERS
from neurotwin.transfer.continual.metrics import average_accuracy
from neurotwin.transfer.continual.sequences import SEQUENCES, Sequence
from neurotwin.transfer.continual.settings import ContinualSettings
from neurotwin.transfer.continual.training import Course, accuracies, learn

COLUMNS = ("scenario", "network", "learner", "strength", "seed", "part", "after", "experience", "accuracy")
"""Of the table of accuracies; ``after`` is 0 for the untrained network, else the number of experiences learned."""

Progress = Callable[[str, int, int, float], None]
"""What was trained, its number, how many there are, average accuracy that was reached on the validation part."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A learner on a network in a scenario.

    Attributes
    ----------
    scenario, told
        Name, and what the network is told in it.
    network, learner
        Names.
    strength
        That was chosen; NaN where there is none.
    validation, test
        Accuracy matrices ``[seed, experience, experience]``.
    first
        Accuracies of the untrained networks on the test part, ``[seed, experience]``.
    tried
        Strength → average accuracy at the end on the validation part, mean over seeds.
    """

    scenario: str
    told: str
    network: str
    learner: str
    strength: float
    validation: np.ndarray
    test: np.ndarray
    first: np.ndarray
    tried: dict[float, float]


def trial(
    data: TaskData,
    sequence: str,
    networks: tuple[Body, ...],
    encode: Encoder,
    settings: ContinualSettings,
    learners: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> list[Outcome]:
    """Run all of it. Every network, learner and seed has one budget; every learner of a seed meets the same sequence.

    Parameters
    ----------
    data, sequence
        Images, and a name in ``SEQUENCES``.
    networks, encode
        What learns, and how examples become arrays.
    settings, learners
        The budget; names in ``LEARNERS``, all where empty.
    progress
        Told what was done.
    """
    names = learners or tuple(LEARNERS)
    seeds = range(settings.seed, settings.seed + settings.seeds)
    drawn = {seed: SEQUENCES[sequence](data, settings.experiences, seed) for seed in seeds}
    scenarios = len(drawn[settings.seed])
    total, number = scenarios * len(networks) * len(names), 0
    waiting: list[
        tuple[str, str, str, str, float, dict[float, float], np.ndarray, list[tuple[Sequence, Course]]]
    ] = []
    for place in range(scenarios):
        scenario, told = drawn[settings.seed][place].scenario, drawn[settings.seed][place].told
        for body in networks:
            for name in names:
                number += 1
                runs = {seed: drawn[seed][place] for seed in seeds}
                found = _choose(name, runs, body, encode, settings)
                waiting.append((scenario, told, body.name, name, *found))
                if progress is not None:
                    reached = float(np.mean([average_accuracy(one) for one in found[2]]))
                    progress(f"{body.name}, {scenario}: {name}", number, total, reached)
    # From here on nothing is chosen any more: the one look at the test part.
    return [
        Outcome(
            scenario, told, body, name, strength, validation,
            np.stack([matrix(sequence, course, "test", encode) for sequence, course in courses]),
            np.stack([accuracies(course.first, sequence, "test", encode) for sequence, course in courses]),
            tried,
        )
        for scenario, told, body, name, strength, tried, validation, courses in waiting
    ]  # fmt: skip


def matrix(sequence: Sequence, course: Course, part: str, encode: Encoder) -> np.ndarray:
    """Accuracy on experience j after learning experience i, ``[i, j]``."""
    return np.stack([accuracies(network, sequence, part, encode) for network in course.networks])


def _choose(
    name: str, runs: dict[int, Sequence], body: Body, encode: Encoder, settings: ContinualSettings
) -> tuple[float, dict[float, float], np.ndarray, list[tuple[Sequence, Course]]]:
    """Chosen strength, what was tried, validation matrices, and what was learned with the chosen one."""
    learner, tried, best = LEARNERS[name], {}, None
    for strength in learner.strengths or (float("nan"),):
        courses = [
            (
                sequence,
                learn(_built(body, seed), sequence, learner, encode, settings, seed=seed, strength=strength),
            )
            for seed, sequence in runs.items()
        ]
        matrices = np.stack([matrix(*run, "validation", encode) for run in courses])
        reached = float(np.mean([average_accuracy(one) for one in matrices]))
        if learner.strengths:
            tried[strength] = reached
        if best is None or reached > best[0]:
            best = reached, strength, matrices, courses
    assert best is not None  # a learner has one strength or more
    return best[1], tried, best[2], best[3]


def _built(body: Body, seed: int) -> Any:
    return body.build(jax.random.key(seed))


def table(outcomes: list[Outcome], seed: int) -> list[dict[str, Any]]:
    """A row with ``COLUMNS`` for each accuracy; ``seed`` is the first one."""
    rows = []
    for one in outcomes:
        said = {
            "scenario": one.scenario,
            "network": one.network,
            "learner": one.learner,
            "strength": one.strength,
        }
        for part in ("validation", "test"):
            for place, found in enumerate(getattr(one, part)):
                where = {**said, "seed": seed + place, "part": part}
                if part == "test":
                    rows += _row(where, 0, one.first[place])
                for after, row in enumerate(found, 1):
                    rows += _row(where, after, row)
    return rows


def _row(where: dict[str, Any], after: int, accuracies: np.ndarray) -> list[dict[str, Any]]:
    return [
        {**where, "after": after, "experience": number, "accuracy": float(value)}
        for number, value in enumerate(accuracies, 1)
    ]
