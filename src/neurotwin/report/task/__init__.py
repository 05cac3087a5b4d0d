"""The report of a task: one self-contained HTML page and its figures."""

from __future__ import annotations

from pathlib import Path

from neurotwin._base.files import write_atomic
from neurotwin.report.task.content import TaskContent

__all__ = ["TaskContent", "write_task_report"]


def write_task_report(content: TaskContent, folder: str | Path) -> None:
    """Write ``report.html`` and ``figures/*.svg`` into ``folder``, each whole or not at all."""
    from neurotwin.report.task.page import pictures_of, render

    folder = Path(folder)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for picture in pictures_of(content):
        write_atomic(folder / "figures" / f"{picture.name}.svg", picture.standalone())
    write_atomic(folder / "report.html", render(content))
