"""What is learned one after the other: split and permuted sequences of experiences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.tasks import Examples, TaskData

PAIR = 2


@dataclass(frozen=True, eq=False)
class Experience:
    """One stretch of a sequence: its own examples, and the outputs that compete in it.

    Attributes
    ----------
    name
        Of its classes, or of its permutation.
    train, validation, test
        Images ``[example, row, column, channel]`` with class numbers.
    competing
        bool ``[class]``: the outputs among which the softmax is taken, in training and when it is asked.
    """

    name: str
    train: Examples
    validation: Examples
    test: Examples
    competing: np.ndarray


@dataclass(frozen=True, eq=False)
class Sequence:
    """Experiences in their order.

    Attributes
    ----------
    scenario
        "class-incremental", "task-incremental" or "domain-incremental" (van de Ven, Tuytelaars & Tolias 2022).
    told
        A sentence: what the network is told when it is asked.
    experiences
        Two or more.
    """

    scenario: str
    told: str
    experiences: tuple[Experience, ...]

    def __len__(self) -> int:
        return len(self.experiences)


Maker = Callable[[TaskData, int, int], tuple[Sequence, ...]]
"""``(data, number of experiences, or 0 for the usual, seed) → sequences``, one for each scenario."""
SEQUENCES: Registry[Maker] = Registry("sequence of experiences")

CLASS_TOLD = "all classes compete, in training and in the test: the network is not told which experience an image is of"
TASK_TOLD = (
    "only the classes of one experience compete, in training and in the test: the network is told which experience an "
    "image is of"
)
DOMAIN_TOLD = (
    "the classes stay and the pixels' places change: the network is not told which permutation an image has"
)


@SEQUENCES.register("split")
def split(data: TaskData, n: int, seed: int) -> tuple[Sequence, ...]:
    """Classes in pairs, in an order that the seed draws; the same pairs class-incremental and task-incremental.

    Raises
    ------
    InputError
        Too few classes for so many pairs.
    """
    classes = len(data.classes)
    n = n or classes // PAIR
    if not 2 <= n <= classes // PAIR:
        raise InputError(
            "the classes do not make so many pairs",
            got=f"{n} experiences of {classes} classes",
            expected=f"2 to {classes // PAIR} experiences" if classes >= 2 * PAIR else "4 classes or more",
            fix="mend --experiences",
        )
    pairs = np.random.default_rng(seed).permutation(classes)[: n * PAIR].reshape(n, PAIR)
    used = np.isin(np.arange(classes), pairs)

    def experience(pair: np.ndarray, competing: np.ndarray) -> Experience:
        parts = {
            name: part.take(np.flatnonzero(np.isin(np.asarray(part.y), pair)))
            for name, part in data.parts().items()
        }
        for name, part in parts.items():
            if not len(part):
                raise InputError(
                    f"the {name} part has no example of a pair of classes",
                    got=" and ".join(data.classes[i] for i in pair),
                    fix="give more examples",
                )
        return Experience(" and ".join(data.classes[i] for i in sorted(pair)), **parts, competing=competing)

    return (
        Sequence("class-incremental", CLASS_TOLD, tuple(experience(pair, used) for pair in pairs)),
        Sequence(
            "task-incremental",
            TASK_TOLD,
            tuple(experience(pair, np.isin(np.arange(classes), pair)) for pair in pairs),
        ),
    )


@SEQUENCES.register("permuted")
def permuted(data: TaskData, n: int, seed: int) -> tuple[Sequence, ...]:
    """The images as they are, then all of them with their pixels in another order that the seed draws, again and again.

    Source: Goodfellow et al. 2013, arXiv:1312.6211.
    """
    n = n or 5
    if n < 2:
        raise InputError(
            "a sequence needs more than one experience", got=n, expected="2 or more", fix="mend --experiences"
        )
    rng = np.random.default_rng(seed)
    everything = np.ones(len(data.classes), bool)
    found = []
    for number in range(n):
        pixels = int(np.prod(np.shape(data.train.x)[1:]))
        order = np.arange(pixels) if number == 0 else rng.permutation(pixels)
        parts = {name: reordered(part, order) for name, part in data.parts().items()}
        found.append(
            Experience(
                "as they are" if number == 0 else f"permutation {number}", **parts, competing=everything
            )
        )
    return (Sequence("domain-incremental", DOMAIN_TOLD, tuple(found)),)


def reordered(examples: Examples, order: np.ndarray) -> Examples:
    """Every image with the value of pixel ``order[i]`` at place i; pixels are counted over rows, columns, channels."""
    x = np.asarray(examples.x)
    return Examples(x.reshape(len(x), -1)[:, order].reshape(x.shape), examples.y, examples.groups)
