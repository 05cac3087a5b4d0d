"""Data cards: of a user's own files, and of the samples that come with the package."""

from __future__ import annotations

import json
from importlib import resources
from importlib.resources.abc import Traversable
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


def packaged(name: str) -> tuple[DataCard, Traversable]:
    """Card of a sample of the package, ``NAME.json``, and the folder that its files are in."""
    folder = resources.files("neurotwin.tasks") / "samples"
    return DataCard.from_dict(json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))), folder
