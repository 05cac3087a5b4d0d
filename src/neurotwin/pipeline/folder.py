"""The run's folder: taken, resumed, replaced, and never half lost."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from neurotwin._base.errors import RunFolderError
from neurotwin._base.files import write_atomic

RECORD = "run.json"
WORK = "fits"


class RunFolder:
    """A folder that one run writes to.

    Parameters
    ----------
    path
        Where.
    resume
        Continue what is there.
    force
        Replace what is there, once the new run is complete: until then it waits beside as ``<name>.previous``.

    Raises
    ------
    RunFolderError
        When the folder cannot be used as asked.
    """

    def __init__(self, path: str | Path, *, resume: bool = False, force: bool = False) -> None:
        self.path = Path(path)
        self.previous = self.path.with_name(self.path.name + ".previous")
        if resume and force:
            raise RunFolderError("resume and force exclude each other", fix="give one of --resume and --force")
        self.stored: dict[str, Any] | None = None
        self._resume, self._force, self._replaced = resume, force, False
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError("the run folder is a file", got=str(self.path), fix="give another --out")
        occupied = self.path.is_dir() and any(self.path.iterdir())
        if resume:
            self.stored = self._read() if occupied else None
            if self.stored is None:
                raise RunFolderError(
                    "there is no run to resume", got=str(self.path), expected=f"a folder with {RECORD}", fix="leave --resume out"
                )
        elif occupied and not force:
            raise RunFolderError(
                "the run folder is not empty",
                got=str(self.path),
                fix="continue the run with --resume, replace it with --force, or give another --out",
            )
        elif occupied and self._read() is None:
            raise RunFolderError(
                "the folder to be replaced is not a run's", got=f"{self.path} has no {RECORD}", fix="give another --out"
            )

    def open(self) -> None:
        """Make the folder, and set an old run aside; raises RunFolderError where nothing can be written."""
        try:
            if self._force and self.path.is_dir() and any(self.path.iterdir()):
                if self.previous.exists():
                    raise RunFolderError(
                        "an earlier run still waits beside",
                        got=str(self.previous),
                        fix="look at it, then move or delete it",
                    )
                os.rename(self.path, self.previous)
                self._replaced = True
            self.work.mkdir(parents=True, exist_ok=True)
            probe = self.path / ".writable"
            write_atomic(probe, "")
            probe.unlink()
        except OSError as error:
            self.restore()
            raise RunFolderError(
                "the run folder cannot be written", got=f"{self.path}: {error.strerror or error}", fix="give another --out"
            ) from None

    @property
    def work(self) -> Path:
        """Finished fits and the state of the running one; deleted when the run is complete."""
        return self.path / WORK

    def write(self, name: str, data: str | bytes) -> None:
        """Write one file atomically."""
        write_atomic(self.path / name, data)

    def close(self) -> None:
        """The run is complete: working files and the run that it replaces may go."""
        shutil.rmtree(self.work, ignore_errors=True)
        if self._replaced:
            shutil.rmtree(self.previous, ignore_errors=True)

    def restore(self) -> None:
        """The run failed: what was there before comes back."""
        if self._replaced and self.previous.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
            os.rename(self.previous, self.path)
            self._replaced = False

    def _read(self) -> dict[str, Any] | None:
        try:
            record = json.loads((self.path / RECORD).read_text())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and "settings" in record else None


def free_folder(base: Path) -> Path:
    """``base``, or ``base-2``, ``base-3`` … : the first that does not exist."""
    if not base.exists():
        return base
    number = 2
    while (candidate := base.with_name(f"{base.name}-{number}")).exists():
        number += 1
    return candidate
