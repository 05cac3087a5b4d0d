"""What a run is asked to do; the part of it that decides the result goes into ``run.json``."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from neurotwin._base.errors import InputError, NeurotwinError
from neurotwin.comparison import STRATEGIES
from neurotwin.init import INITIALISERS
from neurotwin.training import Objective, TrainingConfig

CONTROLS = ("guided", "all-to-all", "permuted", "rewired")
"""Designs and nulls that stand beside the main strategy by default."""

UNSEEN = ("connectome", "permuted")
"""Strategies that are also fitted with each animal left out by default, where the run fits them."""

MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class RunSettings:
    """Arguments of a run.

    Attributes
    ----------
    source
        Name in ``biology.SOURCES``.
    worms
        How many recorded animals: a number, or "all" (more than 2 need the data folder).
    connectome
        Which reconstruction of the wiring.
    strategy
        Name in ``STRATEGIES`` of the design that becomes the twin.
    controls
        Names in ``STRATEGIES`` that stand beside it.
    unseen
        Which of these are also fitted with each animal left out.
    init, radius
        Method and spectral radius of the initialiser.
    seed
        Of everything that is drawn: members of the ensemble have seeds ``seed, seed + 1, …``.
    members
        Size of the ensemble.
    motif_nulls
        Degree-preserving networks that the motifs are counted in.
    activation
        Of the units: a name in ``ACTIVATIONS``.
    training
        Optimiser, objective and budget, the same for every strategy.
    """

    source: str = "worm"
    worms: int | str = 2
    connectome: str = "white-witvliet"
    strategy: str = "connectome"
    controls: tuple[str, ...] = CONTROLS
    unseen: tuple[str, ...] = UNSEEN
    init: str = "counts"
    radius: float = 0.5
    seed: int = 0
    members: int = 2
    motif_nulls: int = 100
    activation: str = "tanh"
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        from neurotwin.biology.sources import SOURCES
        from neurotwin.network import ACTIVATIONS

        SOURCES[self.source]
        for name in (self.strategy, *self.controls, *self.unseen):
            STRATEGIES[name]
        INITIALISERS[self.init]
        ACTIVATIONS[self.activation]
        fitted = (self.strategy, *self.controls)
        lost = [name for name in self.unseen if name not in fitted]
        if lost and self.unseen != UNSEEN:  # the default means: those of them that are fitted
            raise InputError(
                "a strategy is to be tested on an unseen animal, but is not part of the run",
                got=f"unseen {', '.join(lost)}; the run fits {', '.join(fitted)}",
                expected="names among those that the run fits",
                fix=f"add {', '.join(lost)} to the controls, or leave it out of unseen",
            )
        if not (isinstance(self.members, int) and self.members >= 1):
            raise InputError(
                "an ensemble needs a member",
                got=self.members,
                expected="a whole number >= 1",
                fix="members 2",
            )
        last = MAX_SEED - self.members + 1  # the members of the ensemble have the seeds that follow
        if not (isinstance(self.seed, int) and 0 <= self.seed <= last):
            raise InputError(
                "the seed cannot be used",
                got=self.seed,
                expected=f"a whole number from 0 to {last}",
                fix="seed 0",
            )
        if not (isinstance(self.motif_nulls, int) and self.motif_nulls >= 2):
            raise InputError(
                "too few networks to count motifs in",
                got=self.motif_nulls,
                expected="a whole number >= 2",
                fix="motif_nulls 100",
            )
        if not (isinstance(self.radius, int | float) and math.isfinite(self.radius) and self.radius > 0):
            raise InputError(
                "the spectral radius cannot be used",
                got=self.radius,
                expected="a number > 0; below 1 the network forgets instead of running away",
                fix="radius 0.5",
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunSettings:
        """What :meth:`to_dict` gave, after a round trip through JSON; InputError for anything else."""
        try:
            training = dict(values["training"])
            training["objective"] = Objective(**training["objective"])
            training["seeds"] = tuple(training["seeds"])
            plain = {**values, "training": TrainingConfig(**training)}
            for name in ("controls", "unseen"):
                plain[name] = tuple(plain[name])
            return cls(**plain)
        except (KeyError, TypeError, ValueError) as error:
            told = error.what if isinstance(error, NeurotwinError) else f"{type(error).__name__}: {error}"
            raise InputError(
                "the settings in run.json cannot be used",
                got=told,
                expected="what this version of neurotwin writes",
                fix="start the run again, with --force or another --out",
            ) from None

    def conflicts(self, stored: RunSettings) -> list[str]:
        """Where these settings differ from those of a stored run, in words."""
        mine, theirs = _flat(self.to_dict()), _flat(stored.to_dict())
        return [
            f"{name} is {mine[name]!r}, in the stored run {theirs[name]!r}"
            for name in mine
            if mine[name] != theirs[name]
        ]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Nested settings by their innermost names, which are unique."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat.update(_flat(value) if isinstance(value, dict) else {name: value})
    return flat
