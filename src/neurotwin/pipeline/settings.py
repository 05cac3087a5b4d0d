"""What a run is asked to do; the part of it that decides the result goes into ``run.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from neurotwin._base.errors import InputError
from neurotwin.comparison import STRATEGIES
from neurotwin.init import INITIALISERS
from neurotwin.training import TrainingConfig

CONTROLS = ("guided", "all-to-all", "permuted", "rewired")
"""Designs and nulls that stand beside the main strategy by default."""


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
        Which strategies are also fitted with each animal left out.
    init, radius
        Method and spectral radius of the initialiser.
    seed
        Of everything that is drawn: members of the ensemble have seeds ``seed, seed + 1, …``.
    members
        Size of the ensemble.
    motif_nulls
        Degree-preserving networks that the motifs are counted in.
    activation
        Of the units; None for the design's own choice.
    training
        Optimiser, objective and budget, the same for every strategy.
    """

    source: str = "worm"
    worms: int | str = 2
    connectome: str = "white-witvliet"
    strategy: str = "connectome"
    controls: tuple[str, ...] = CONTROLS
    unseen: tuple[str, ...] = ("connectome", "permuted")
    init: str = "counts"
    radius: float = 0.5
    seed: int = 0
    members: int = 2
    motif_nulls: int = 100
    activation: str = "tanh"
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        for name in (self.strategy, *self.controls, *self.unseen):
            STRATEGIES[name]
        INITIALISERS[self.init]
        if not (isinstance(self.members, int) and self.members >= 1):
            raise InputError("an ensemble needs a member", got=self.members, expected="a whole number >= 1")
        if not (isinstance(self.seed, int) and 0 <= self.seed < 2**31):
            raise InputError("the seed is not usable", got=self.seed, expected="a whole number from 0 to 2147483647")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunSettings:
        """What :meth:`to_dict` gave, after a round trip through JSON; InputError for fields that do not exist."""
        from neurotwin.training import Objective

        try:
            training = dict(values["training"])
            training["objective"] = Objective(**training["objective"])
            training["seeds"] = tuple(training["seeds"])
            plain = {**values, "training": TrainingConfig(**training)}
            for name in ("controls", "unseen"):
                plain[name] = tuple(plain[name])
            return cls(**plain)
        except (KeyError, TypeError) as error:
            raise InputError(
                "run.json was written by another version", got=str(error), fix="start the run again with --force"
            ) from None

    def conflicts(self, stored: RunSettings) -> list[str]:
        """Options that were given on purpose (they differ from the default) and differ from the stored run."""
        default, found = RunSettings(), []
        for item in fields(self):
            mine, theirs = getattr(self, item.name), getattr(stored, item.name)
            if mine != getattr(default, item.name) and mine != theirs:
                found.append(f"{item.name}: {mine!r}, in the stored run {theirs!r}")
        return found
