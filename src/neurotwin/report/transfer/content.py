"""What the report of a transfer experiment is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurotwin.biology import DataCard
    from neurotwin.report.figures import Picture
    from neurotwin.report.tables import Table


@dataclass(frozen=True, eq=False)
class Section:
    """One part of the page.

    Attributes
    ----------
    name, heading
        Letters and hyphens for the address within the page; what it is called.
    notes
        Paragraphs.
    tables, pictures
        Below them.
    """

    name: str
    heading: str
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, eq=False)
class ExperimentContent:
    """All that the page shows.

    Attributes
    ----------
    title, facts
        Of the page; short words below it.
    lead, numbers, brackets
        The verdict, sentences below it, and what numbers in brackets are.
    sections
        In their order.
    split, counts
        A sentence on how the data were divided; examples by part.
    cards, run, limits
        Origin and licence; how the run was made; what the result does not show.
    """

    title: str
    facts: tuple[str, ...]
    lead: str
    numbers: tuple[str, ...]
    brackets: str
    sections: tuple[Section, ...]
    split: str
    counts: dict[str, int]
    cards: tuple[DataCard, ...] = ()
    run: dict[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
