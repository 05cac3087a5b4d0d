"""``run.json``: what a run was asked to do, with which versions, on which data; and results read back."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError, RunFolderError
from neurotwin.biology import Biology
from neurotwin.blueprint import Blueprint
from neurotwin.evaluation import Scorecard, check_targets
from neurotwin.network import Twin
from neurotwin.pipeline.folder import record_in
from neurotwin.pipeline.settings import RunSettings

PACKAGES = ("neurotwin", "jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "pandas")
RUNNING, DIVERGED, COMPLETE = "running", "diverged", "complete"


def record_of(
    settings: RunSettings, biology: Biology, stored: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The record of a run; ``stored`` is that of the run to be resumed.

    Raises
    ------
    RunFolderError
        The data are not those that the stored run was started with.
    """
    hashes = {card.name: card.sha256 for card in biology.cards}
    recordings = {recording.subject: _sha256(recording.activity) for recording in biology.recordings}
    if stored is not None and stored.get("recordings", recordings) != recordings:
        changed = [name for name in recordings if stored["recordings"].get(name) != recordings[name]]
        raise RunFolderError(
            "the run to be resumed was started with other recordings",
            got=f"now {', '.join(recordings)}"
            + (f"; other values in {', '.join(changed)}" if changed else ""),
            expected=", ".join(stored["recordings"]),
            fix="name the same data folder with --data or NEUROTWIN_DATA, or start another run",
        )
    return {
        "format": "neurotwin.run.1",
        "command": (stored or {}).get("command") or command_line("neurotwin.run(...)"),
        "seed": settings.seed,
        "settings": settings.to_dict(),
        **made_with(),
        "hashes": hashes,
        "recordings": recordings,
    }


def agreed(given: RunSettings | None, stored: dict[str, Any]) -> RunSettings:
    """The settings of the stored run; RunFolderError where others are given."""
    settings = stored_settings(stored)
    conflicts = [] if given is None else given.conflicts(settings)
    if conflicts:
        raise RunFolderError(
            "the run to be resumed was started with other settings",
            got="; ".join(conflicts),
            expected="the settings of the stored run",
            fix="leave these options out, or start another run with another --out",
        )
    return settings


def stored_settings(record: dict[str, Any]) -> RunSettings:
    """The settings in a run's record."""
    return RunSettings.from_dict(record["settings"])


def settings_in(folder: str | Path) -> RunSettings | None:
    """The settings of the run in a folder; None where there is no run that could be resumed."""
    record = record_in(Path(folder))
    return None if record is None else stored_settings(record)


def read_results(folder: Path) -> tuple[Blueprint, Twin, Scorecard, pd.DataFrame, pd.DataFrame]:
    """Blueprint, twin, scores, targets and history of a complete run.

    Raises
    ------
    RunFolderError
        A file is missing or damaged.
    """
    try:
        scores = Scorecard.from_csv(folder / "scores.csv")
        return (
            Blueprint.from_json((folder / "blueprint.json").read_text(encoding="utf-8")),
            Twin.load(folder / "twin.safetensors"),
            scores,
            check_targets(scores),
            pd.read_csv(folder / "history.csv"),
        )
    except (OSError, ValueError, KeyError) as error:
        told = f"{error.what} ({error.got})" if isinstance(error, InputError) else error
        raise RunFolderError(
            "the run is complete, but its files are not",
            got=f"{folder}: {told}",
            expected="blueprint.json, twin.safetensors, scores.csv and history.csv as they were written",
            fix="run it again with --force, or read it with the version that wrote it",
        ) from None


def as_json(record: dict[str, Any]) -> str:
    """The text of ``run.json``."""
    return json.dumps(record, indent=2, default=list) + "\n"


def command_line(otherwise: str) -> str:
    """The command that is running, or ``otherwise`` where it is not neurotwin's own."""
    if Path(sys.argv[0]).name != "neurotwin":
        return otherwise
    return "neurotwin " + shlex.join(sys.argv[1:])


def made_with() -> dict[str, Any]:
    """Versions and machine."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: found for name in PACKAGES if (found := _version(name))},
        },
        "machine": f"{platform.machine()}, {platform.system()}",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a checkout
        return ""


def _sha256(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
