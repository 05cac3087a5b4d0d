"""What a report of a transfer is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurotwin.biology import DataCard
    from neurotwin.report.figures import Picture
    from neurotwin.report.tables import Table


@dataclass(frozen=True, eq=False)
class TransferContent:
    """All that the page shows.

    Parameters
    ----------
    title, facts
        Of the page; what stands below it.
    lead, said, note
        The verdict: a sentence, more of them, and how to read the numbers.
    how
        What was done, above the pictures.
    pictures, tables
        In the order of the page.
    split, cards
        How examples were divided; where the data come from.
    run
        How the run was made.
    limits
        What the result does not show, a sentence each.
    """

    title: str
    facts: tuple[str, ...]
    lead: str
    said: tuple[str, ...]
    note: str
    how: str
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    split: str
    cards: tuple[DataCard, ...]
    run: dict[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
