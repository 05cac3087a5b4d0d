"""What the terminal shows while a run goes on."""

from __future__ import annotations

from types import TracebackType
from typing import ClassVar

import rich.console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Console:
    """Progress on stderr; a watcher of ``neurotwin.pipeline.run``.

    On a terminal a bar for the fit that is running; elsewhere (a file, a pipe) a line for each fit that
    ended.
    """

    after: ClassVar[dict[int, str]] = {1: "counting motifs", 5: "scoring", 6: "drawing"}
    """What takes long after the heading of a step; training has its own bars."""

    unit: ClassVar[str] = "steps"

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._console = rich.console.Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._fit = ""
        self._live = self._console.is_terminal and not quiet

    def __enter__(self) -> Console:
        if self._live:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bar away."""
        if self._live:
            self._live = False
            self._progress.stop()

    def step(self, number: int, name: str, detail: str) -> None:
        """Print the heading of a step."""
        if self.quiet:
            return
        self._console.print(f"{number} {name:<11}{detail}", soft_wrap=not self._live)
        self._show(self.after.get(number))

    def fit(
        self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]
    ) -> None:
        """Move the bar of a fit, or print a line when it ends where there is no terminal."""
        if self.quiet:
            return
        words = f"fit {number} of {total}, {name}"
        note = self.note(values)
        if not self._live:
            if step == steps:
                self._console.print(f"   {words}: {note}")
            return
        if name != self._fit or self._task is None:
            self._fit = name
            self._show(words, steps)
        if self._task is not None:
            counted = (
                f"{step}/{steps} {self.unit}  {note}" if note else f"{step}/{steps} {self.unit}  compiling"
            )
            self._progress.update(self._task, completed=step, note=counted)

    def note(self, values: dict[str, float]) -> str:
        """The latest values in words."""
        return f"validation r {1.0 - values['validation']:.3f}" if "validation" in values else ""

    def _show(self, words: str | None, total: int | None = None) -> None:
        """One row below the headings: a bar, or one that swings where the end is not known."""
        if not self._live:
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        if words is not None:
            self._task = self._progress.add_task(words, total=total, note="")
