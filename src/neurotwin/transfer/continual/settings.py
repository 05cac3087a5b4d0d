"""How a network is taken through a sequence, in one value."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from neurotwin.transfer.checks import check_between, check_whole


@dataclass(frozen=True)
class ContinualSettings:
    """The budget, the same for every learner and network.

    Attributes
    ----------
    steps, batch
        Gradient steps of an experience, and examples of a step.
    learning_rate, clip_norm
        Of Adam, constant; it begins anew at each experience. Largest gradient norm.
    memory
        Examples that a learner may keep, over all experiences.
    fisher_examples
        Examples of an experience at most that the Fisher information is taken from.
    experiences
        How many; 0 for the sequence's own number.
    seed, seeds
        First seed, and how many. A seed draws the first weights, the order of classes or the permutations, and the batches.
    """

    steps: int = 200
    batch: int = 32
    learning_rate: float = 1e-3
    clip_norm: float = 1.0
    memory: int = 100
    fisher_examples: int = 200
    experiences: int = 0
    seed: int = 0
    seeds: int = 3

    def __post_init__(self) -> None:
        check_whole(self, steps=1, batch=1, memory=1, fisher_examples=1, experiences=0, seed=0, seeds=1)
        check_between(self, learning_rate=math.inf, clip_norm=math.inf)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
