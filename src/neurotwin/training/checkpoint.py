"""The state of a fit on disk, so that a killed run continues to the same result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neurotwin.network.storage import leaf_names, load_arrays, save_arrays

FORMAT = "neurotwin.checkpoint.1"


def save_checkpoint(path: Path, state: Any, *, fingerprint: str, rows: list[dict[str, Any]]) -> None:
    """Write the loop's arrays and history in one atomic file; ``fingerprint`` names the fit that they belong to."""
    save_arrays(state, path, {"format": FORMAT, "fingerprint": fingerprint, "rows": json.dumps(rows)})


def load_checkpoint(path: Path, like: Any, *, fingerprint: str) -> tuple[Any, list[dict[str, Any]]] | None:
    """The saved state, or None where there is none or it belongs to a fit with other settings."""
    if not path.is_file():
        return None
    from neurotwin._base.errors import InputError

    try:
        state, metadata = load_arrays(like, path)
    except InputError:  # cut short by a full disk, or of another shape: the fit starts again
        return None
    if metadata.get("format") != FORMAT or metadata.get("fingerprint") != fingerprint:
        return None
    wanted, found = leaf_names(like), leaf_names(state)
    if any(
        (wanted[name].shape, wanted[name].dtype) != (found[name].shape, found[name].dtype) for name in wanted
    ):
        return None
    return state, json.loads(metadata["rows"])
