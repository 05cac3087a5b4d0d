"""Show: one self-contained HTML page and its figures, from a run's results.

Compute → structure → render: ``content`` is what the page needs; ``verdict``, ``scoreboard`` and ``tables``
say what it means; ``figures`` draws; ``html`` renders.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neurotwin._base.files import write_atomic
from neurotwin.report.content import ReportContent, TraceExample
from neurotwin.report.verdict import verdict

if TYPE_CHECKING:
    from neurotwin.report.figures import Picture

__all__ = ["ReportContent", "TraceExample", "build_report", "save_figures", "verdict", "write_report"]


def build_report(content: ReportContent) -> str:
    """The report as one HTML page without scripts or outside resources; equal content gives equal text."""
    from neurotwin.report.html import Pictures, render

    return render(content, Pictures(content))


def write_report(content: ReportContent, path: str | Path, figures: str | Path | None = None) -> None:
    """Write the report whole or not at all; an ``OSError`` leaves what was there.

    ``figures`` is a folder that :func:`save_figures` fills besides: nothing is drawn twice.
    """
    from neurotwin.report.html import Pictures, render

    pictures = Pictures(content)
    if figures is not None:
        _save(pictures.all(), Path(figures))
    write_atomic(path, render(content, pictures))


def save_figures(content: ReportContent, folder: str | Path) -> tuple[Path, ...]:
    """Write every figure of the report as an SVG file into ``folder`` (made where it is missing).

    Returns
    -------
    The paths, in the order of the page.
    """
    from neurotwin.report.html import Pictures

    return _save(Pictures(content).all(), Path(folder))


def _save(pictures: list[Picture], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for picture in pictures:
        path = folder / f"{picture.name}.svg"
        write_atomic(path, picture.standalone())
        paths.append(path)
    return tuple(paths)
