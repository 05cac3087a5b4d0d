"""Show: one self-contained HTML page and its figures, from a run's results.

Compute → structure → render: ``content`` is what the page needs; ``verdict``, ``scoreboard`` and ``tables``
say what it means; ``figures`` draws; ``html`` renders.
"""

from __future__ import annotations

from pathlib import Path

from neurotwin._base.files import write_atomic
from neurotwin.report.content import ReportContent, TraceExample
from neurotwin.report.verdict import verdict

__all__ = ["ReportContent", "TraceExample", "build_report", "save_figures", "verdict", "write_report"]


def build_report(content: ReportContent) -> str:
    """The report as one HTML page without scripts or outside resources; equal content gives equal text."""
    from neurotwin.report.html import render

    return render(content)


def write_report(content: ReportContent, path: str | Path) -> None:
    """Write the report whole or not at all; an ``OSError`` leaves what was there."""
    write_atomic(path, build_report(content))


def save_figures(content: ReportContent, folder: str | Path) -> tuple[Path, ...]:
    """Write every figure of the report as an SVG file into ``folder`` (made where it is missing).

    Returns
    -------
    The paths, in the order of the page.
    """
    from neurotwin.report.html import Pictures

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for picture in Pictures(content).all():
        path = folder / f"{picture.name}.svg"
        write_atomic(path, picture.standalone())
        paths.append(path)
    return tuple(paths)
