"""The report of a transfer experiment: one self-contained HTML page and its figures."""

from __future__ import annotations

from pathlib import Path

from neurotwin._base.files import write_atomic
from neurotwin.report.transfer.content import ExperimentContent, Section

__all__ = ["ExperimentContent", "Section", "write_experiment_report"]


def write_experiment_report(content: ExperimentContent, folder: str | Path) -> None:
    """Write ``report.html`` and ``figures/*.svg`` into ``folder``, each whole or not at all."""
    from neurotwin.report.html import page
    from neurotwin.report.tables import Table, run_tables

    folder = Path(folder)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for section in content.sections:
        for picture in section.pictures:
            write_atomic(folder / "figures" / f"{picture.name}.svg", picture.standalone())
    rows = tuple((name, f"{count:,}") for name, count in content.counts.items())
    html = page(
        "transfer/template.html.j2",
        content=content,
        parts=Table("Examples", ("Part", "Examples"), rows, (1,)),
        run=run_tables(content.run),
    )
    write_atomic(folder / "report.html", html)
