"""What the terminal shows of tasks: the list, progress, the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import rich.console
from rich.table import Table

from neurotwin.cli.progress import Console

if TYPE_CHECKING:
    from pathlib import Path

    from neurotwin.evaluation import Scorecard
    from neurotwin.pipeline.task import TaskResult


WIDTH = 1000
"""More than any table of scores needs."""
SHOWN = 4
"""Metrics that fit onto a screen; the others are in ``scores.csv`` and in the report."""


class TaskConsole(Console):
    """Progress of a task's networks."""

    after: ClassVar[dict[int, str]] = {4: "scoring", 5: "drawing"}
    unit: ClassVar[str] = "epochs"

    def note(self, values: dict[str, float]) -> str:
        """The latest losses."""
        if "validation_loss" not in values:
            return ""
        return f"loss {values['loss']:.3f}, validation {values['validation_loss']:.3f} ({values['validation']:.4f})"


class TransferConsole(Console):
    """Progress of a transfer experiment: a line for each thing that was trained."""

    after: ClassVar[dict[int, str]] = {}
    unit: ClassVar[str] = "done"

    def note(self, values: dict[str, float]) -> str:
        """What was reached."""
        return ", ".join(f"{name} {value:.3f}" for name, value in values.items())


def task_list() -> None:
    """Print every task with its networks."""
    from neurotwin.tasks import TASKS

    console = rich.console.Console(highlight=False)
    for name, task in TASKS.items():
        console.print(f"{name:<14}{task.about}", markup=False, soft_wrap=True)
        for model, chosen in task.models.items():
            mark = " (default)" if model == task.default else ""
            console.print(f"  {model:<16}{chosen.about}{mark}", markup=False, soft_wrap=True)
        for option, about in task.options.items():
            console.print(f"    --option {option + '=…':<14}{about}", markup=False, soft_wrap=True)


def task_scores(result: TaskResult) -> None:
    """Print the scores as a table, and where the report is."""
    score_table(result.scores, result.folder)


def score_table(
    scores: Scorecard, folder: Path, metrics: Sequence[str] = (), trained: Mapping[str, int] | None = None
) -> None:
    """A row for each model, a column for each metric, one for the numbers that it trains; then where the report is.

    ``metrics`` names the columns, of which a model has the first; without it the first few are shown.
    """
    from neurotwin.report.task.page import value

    console = rich.console.Console(highlight=False)
    shown = list(metrics) or list(dict.fromkeys(score.metric for score in scores))[:SHOWN]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("model", *shown, *(["trained"] if trained else [])):
        table.add_column(title.replace("_", " "), no_wrap=True)
    for model in dict.fromkeys(score.model for score in scores):
        found = {score.metric: score for score in scores.select(model=model)}
        if metrics and shown[0] not in found:
            continue
        # the first with its interval; those of the others are in scores.csv
        cells = [value(found[shown[0]]).replace("[", r"\[") if shown[0] in found else ""]
        cells += [f"{found[metric].value:.4f}" if metric in found else "" for metric in shown[1:]]
        if trained:
            cells.append(f"{trained[model]:,}" if model in trained else "")
        table.add_row(model, *cells)
    # as wide as the numbers are: a terminal wraps them, but none is cut off
    console.width = WIDTH
    console.width = max(80, console.measure(table).maximum)
    console.print(table)
    console.print(f"\nreport: {folder / 'report.html'}", markup=False, soft_wrap=True)
