"""The data card of a user's own files."""

from __future__ import annotations

from pathlib import Path

from neurotwin.biology import DataCard


def own_files(path: Path, title: str, digest: str, processing: tuple[str, ...] = ()) -> DataCard:
    """What can be said of files that the user named: where they are and what was done to them; not their licence."""
    return DataCard(
        name=path.name.partition(".")[0],
        title=title,
        source=f"the user's files {path}",
        version="",
        licence="not stated in the files: as their publisher says",
        citation="as their publisher says",
        url="",
        sha256=digest,
        processing=processing,
    )
