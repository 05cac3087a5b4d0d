"""Reports of transfer: what each adaptation method reaches, costs, and leaves of a twin."""

from __future__ import annotations

from pathlib import Path

from neurotwin._base.files import write_atomic
from neurotwin.report.transfer.adapt import adapt_content
from neurotwin.report.transfer.content import TransferContent
from neurotwin.report.transfer.fidelity import fidelity_content

__all__ = ["TransferContent", "adapt_content", "fidelity_content", "write_transfer_report"]


def write_transfer_report(content: TransferContent, folder: str | Path) -> None:
    """Write ``report.html`` and ``figures/*.svg`` into ``folder``, each whole or not at all."""
    from neurotwin.report.html import page
    from neurotwin.report.tables import run_tables

    folder = Path(folder)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for picture in content.pictures:
        write_atomic(folder / "figures" / f"{picture.name}.svg", picture.standalone())
    write_atomic(
        folder / "report.html",
        page("transfer/template.html.j2", content=content, run=run_tables(content.run)),
    )
