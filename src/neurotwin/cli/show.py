"""What the terminal shows: progress while a run goes on, the scoreboard when it is done."""

from __future__ import annotations

import math
from types import TracebackType
from typing import TYPE_CHECKING

import rich.console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from neurotwin.evaluation import Scorecard
    from neurotwin.pipeline import RunResult

HEADINGS = ("prepare", "design", "initialise", "train", "evaluate", "report")


class Console:
    """Progress on stderr; a watcher of ``neurotwin.pipeline.run``."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._console = rich.console.Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("   {task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet,
        )
        self._tasks: dict[str, TaskID] = {}
        self._live = self._console.is_terminal and not quiet

    def __enter__(self) -> Console:
        if self._live:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._progress.stop()

    def step(self, number: int, name: str, detail: str) -> None:
        """Print the heading of a step."""
        if not self.quiet:
            self._console.print(f"{number} {name:<11}{detail}", soft_wrap=True)

    def fit(self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]) -> None:
        """Move the bar of a fit, or print a line when it ends where there is no terminal."""
        if self.quiet:
            return
        note = f"validation r {1.0 - values['validation']:.3f}"
        if not self._live:
            if step == steps:
                self._console.print(f"   fit {number} of {total}, {name}: {note}")
            return
        for other, task in self._tasks.items():
            if other != name:
                self._progress.update(task, visible=False)
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(f"fit {number} of {total}, {name}", total=steps, note="")
        self._progress.update(self._tasks[name], completed=step, note=note)


def scoreboard(result: RunResult) -> None:
    """Print scores with intervals, goals and the verdict."""
    from neurotwin.report import verdict

    console = rich.console.Console(highlight=False)
    table = Table(title="Scoreboard (95 % intervals)", title_justify="left", box=None, pad_edge=False)
    for name, justify in (("score", "left"), ("split", "left"), ("model", "left"), ("value", "right"), ("interval", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    previous = ("", "")
    for family, metric, split in _order(result.scores):
        for score in result.scores.select(family=family, metric=metric, split=split):
            here = (metric, split)
            shown = here if here != previous else ("", "")
            interval = "" if math.isnan(score.low) else f"{score.low:.3f} to {score.high:.3f}"
            table.add_row(*shown, score.model, f"{score.value:.3f}", interval)
            previous = here
    console.print(table)
    console.print()
    goals = Table(title="Goals", title_justify="left", box=None, pad_edge=False)
    for name in ("goal", "value", "at least", "aim", "status"):
        goals.add_column(name, justify="left" if name in ("goal", "status") else "right")
    for row in result.targets.itertuples():
        goals.add_row(str(row.target), *(_number(x) for x in (row.value, row.minimum, row.aim)), str(row.status))
    console.print(goals)
    console.print()
    console.print(verdict(result.scores, result.targets), soft_wrap=False)
    console.print(f"\nreport: {result.folder / 'report.html'}", soft_wrap=True)


def catalogue() -> None:
    """Print the names that options take."""
    from neurotwin.biology.sources import SOURCES
    from neurotwin.comparison import STRATEGIES
    from neurotwin.init import INITIALISERS
    from neurotwin.network import ACTIVATIONS
    from neurotwin.training import OPTIMISERS, SCHEDULES

    console = rich.console.Console(highlight=False)
    for title, names in (
        ("sources", list(SOURCES)),
        ("initialisers", list(INITIALISERS)),
        ("activations", list(ACTIVATIONS)),
        ("optimisers", list(OPTIMISERS)),
        ("schedules", list(SCHEDULES)),
    ):
        console.print(f"{title:<14}{', '.join(names)}")
    console.print("strategies")
    for name, strategy in STRATEGIES.items():
        console.print(f"  {name:<12}{strategy.description}")


def _order(scores: Scorecard) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((score.family, score.metric, score.split) for score in scores))


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"
