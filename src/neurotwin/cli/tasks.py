"""What the terminal shows of tasks: the list, progress, the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import rich.console
from rich.table import Table

from neurotwin.cli.progress import Console

if TYPE_CHECKING:
    from neurotwin.pipeline.task import TaskResult


WIDTH = 110
SHOWN = 4
"""Metrics that fit into it; the others are in ``scores.csv`` and in the report."""


class TaskConsole(Console):
    """Progress of a task's networks."""

    after: ClassVar[dict[int, str]] = {4: "scoring", 5: "drawing"}
    unit: ClassVar[str] = "epochs"

    def note(self, values: dict[str, float]) -> str:
        """The latest losses."""
        if "validation_loss" not in values:
            return ""
        return f"loss {values['loss']:.3f}, validation {values['validation_loss']:.3f} ({values['validation']:.4f})"


def task_list() -> None:
    """Print every task with its networks."""
    from neurotwin.tasks import TASKS

    console = rich.console.Console(highlight=False)
    for name, task in TASKS.items():
        console.print(f"{name:<14}{task.about}", markup=False, soft_wrap=True)
        for model, chosen in task.models.items():
            mark = " (default)" if model == task.default else ""
            console.print(f"  {model:<14}{chosen.about}{mark}", markup=False, soft_wrap=True)


def task_scores(result: TaskResult) -> None:
    """Print the scores as a table, and where the report is."""
    from neurotwin.report.task.page import value

    console = rich.console.Console(highlight=False)
    metrics = list(dict.fromkeys(score.metric for score in result.scores))[:SHOWN]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("model", *metrics):
        table.add_column(title.replace("_", " "), no_wrap=True)
    for model in dict.fromkeys(score.model for score in result.scores):
        found = {score.metric: score for score in result.scores.select(model=model)}
        # the first with its interval; those of the others are in scores.csv
        cells = [value(found[metrics[0]]).replace("[", r"\[")]
        cells += [f"{found[metric].value:.4f}" if metric in found else "" for metric in metrics[1:]]
        table.add_row(model, *cells)
    console.width = max(console.width, WIDTH)
    console.print(table)
    console.print(f"\nreport: {result.folder / 'report.html'}", markup=False, soft_wrap=True)
