"""What the report of a task is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from neurotwin.biology import DataCard
    from neurotwin.evaluation import Scorecard


@dataclass(frozen=True, eq=False)
class TaskContent:
    """All that the page shows.

    Parameters
    ----------
    title, about
        Of the page; a line on the network.
    model, metric
        Which model and metric the page is about.
    scores, history
        Every score; columns epoch, step, loss, validation_loss, validation, model, seed.
    cards, split, counts, classes
        Origin and licence; a sentence on the split; examples by part; names of classes.
    pictures
        Names of ``PICTURES`` to draw.
    outputs, inputs, answers
        Of the test part: scores ``[example, class]`` of the model, inputs, true class numbers.
    excerpts
        Headings with texts that the network wrote.
    run
        How the run was made.
    limits
        What the result does not show, a sentence each.
    notes, details
        Sentences that stand above the pictures; arrays by name that a picture draws.
    """

    title: str
    about: str
    model: str
    metric: str
    scores: Scorecard
    history: pd.DataFrame
    cards: tuple[DataCard, ...]
    split: str
    counts: dict[str, int]
    classes: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    outputs: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    inputs: Sequence[Any] | np.ndarray = ()
    answers: Sequence[Any] | np.ndarray = ()
    excerpts: tuple[tuple[str, str], ...] = ()
    run: dict[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
