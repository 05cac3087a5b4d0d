"""What a comparison is, and the table of them all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PEERS, OURS = "peers", "ours"


@dataclass(frozen=True)
class Side:
    """One contestant: a module with ``prepare(**parameters)``, which sets up and returns a function that runs once.

    That function returns numbers that both sides must agree on (name → number), and "seconds" if only part of the call counts.
    """

    name: str
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)
    python: str = PEERS
    """Which environment: the peers', or the one that runs the benchmarks (plain JAX: the same version as ours)."""
    checks: Mapping[str, float] | None = None
    """Tolerances of this side where they differ from the case's."""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    name, work
        Its name on the command line, and what is computed.
    module, options
        Our side.
    full, quick
        Sizes, handed to both sides; ``quick`` only proves that everything runs and agrees.
    peers
        Whom to compare with.
    checks
        Relative tolerance of each number that both sides report. A number may be a sequence: one value a run.
    at_least, aim
        The ratio (peer ÷ ours, against the fastest peer) that is asked for.
    repeats
        Interleaved runs, after one to warm up.
    cold
        Each run is a process of its own, timed from its start to the end of its first run.
    note
        A line below the table.
    """

    name: str
    work: str
    module: str
    full: Mapping[str, Any]
    quick: Mapping[str, Any]
    peers: tuple[Side, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    checks: Mapping[str, float] = field(default_factory=dict)
    at_least: float | None = None
    aim: float | None = None
    repeats: int = 9
    cold: bool = False
    note: str = ""

    @property
    def ours(self) -> Side:
        """Our side."""
        return Side("neurotwin", self.module, self.options, OURS)


CASES: dict[str, Case] = {}


def register(case: Case) -> Case:
    """Enter a case; a name taken twice is an error."""
    if case.name in CASES:
        raise ValueError(f"two benchmarks are called {case.name}")
    CASES[case.name] = case
    return case


def all_cases() -> dict[str, Case]:
    """Every case of ``benchmarks/cases``, by name. Imports no simulator: a side imports its own when it is prepared."""
    import benchmarks.cases as package

    for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"benchmarks.cases.{module}")
    return CASES
