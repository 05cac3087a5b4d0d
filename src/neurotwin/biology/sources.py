"""Nervous systems by name, and where the user's data lie."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neurotwin._base.errors import InputError, unknown_name
from neurotwin._base.registry import Registry
from neurotwin.biology.biology import Biology

SOURCES: Registry[Callable[..., Biology]] = Registry("source")


@SOURCES.register("worm")
def _worm(
    worms: int | str = 2,
    connectome: str = "white-witvliet",
    extrasynaptic: tuple[str, ...] = ("monoamine", "peptide"),
    data: str | Path | None = None,
) -> Biology:
    # imported here because the loader asks this module for the data folder
    from neurotwin.biology.worm.loader import load_worm

    return load_worm(worms=worms, connectome=connectome, extrasynaptic=extrasynaptic, data=data)


def load(source: str, **options: Any) -> Biology:
    """A nervous system by name.

    Parameters
    ----------
    source
        A name in ``SOURCES`` ("worm").
    options
        Of that source; for the worm see :func:`neurotwin.biology.worm.loader.load_worm`.

    Raises
    ------
    UnknownName
        No such source, or no such option; the error lists those that exist.
    """
    reader = SOURCES[source]
    known = list(inspect.signature(reader).parameters)
    for option in options:
        if option not in known:
            raise unknown_name(f"option of source {source!r}", option, known)
    return reader(**options)


def data_folder() -> Path | None:
    """The folder that ``NEUROTWIN_DATA`` names, else ``~/.cache/neurotwin`` if it exists, else None.

    ``InputError`` where ``NEUROTWIN_DATA`` names something that is no folder.
    """
    named = os.environ.get("NEUROTWIN_DATA")
    if named:
        folder = Path(named).expanduser()
        if not folder.is_dir():
            raise InputError(
                "NEUROTWIN_DATA names no folder", got=named, fix="set it to an existing folder, or unset it"
            )
        return folder
    cache = Path.home() / ".cache" / "neurotwin"
    return cache if cache.is_dir() else None
