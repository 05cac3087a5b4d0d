"""The run's folder: taken by one process, resumed, replaced, and never half lost."""

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
PREVIOUS = "neurotwin-previous-run"
# What a killed process may leave of setting an old run aside, or of throwing it away: names carry the state.
MOVING, DISCARDED = ".neurotwin-moving", ".neurotwin-discarded-"


class RunFolder:
    """A folder that one run writes to.

    The folder itself is locked (``flock``), so that two processes never write to one run; the lock of a dead
    process is gone with it. A run that is to be replaced is set aside whole inside the folder, as
    ``neurotwin-previous-run``, and deleted when the new run is complete. Nothing outside of ``path`` is
    touched: it may be a mount point, or lie in a folder that is not the user's.

    Parameters
    ----------
    path
        Where.
    resume
        Continue what is there.
    force
        Replace what is there.
    made
        The folder was made for this run (``claim_free_folder``): it goes again if the run comes to nothing.

    Attributes
    ----------
    stored
        The record of the run to be resumed; None without ``resume``.

    Raises
    ------
    RunFolderError
        When the folder cannot be used as asked. Nothing was changed then.
    """

    def __init__(
        self, path: str | Path, *, resume: bool = False, force: bool = False, made: bool = False
    ) -> None:
        self.path = Path(path)
        if resume and force:
            raise RunFolderError(
                "a run cannot be both continued and replaced",
                got="resume and force",
                expected="one of them, or none",
                fix="leave out one of --resume and --force",
            )
        self._force, self._resume = force, resume
        self._made, self._opened = made, False
        self._lock: int | None = None
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError(
                "the run folder is a file", got=str(self.path), expected="a folder", fix="give another --out"
            )
        self.stored: dict[str, Any] | None = None
        try:
            if self.path.is_dir():
                self._take()
                self._mend()
            if resume:
                self.stored = self._to_resume()
            else:
                self._check_free()
        except OSError as error:
            self.release()
            raise self._unusable(error) from None
        except RunFolderError:
            self.release()
            raise

    @property
    def work(self) -> Path:
        """Finished fits and the state of the running one; deleted when the run is complete."""
        return self.path / WORK

    @property
    def previous(self) -> Path | None:
        """Where the run that is being replaced waits; None where there is none."""
        waiting = self.path / PREVIOUS
        return waiting if record_in(waiting) is not None else None

    def open(self, record: str) -> None:
        """Make the folder, set an old run aside and write the record; nothing is lost where that fails.

        Raises
        ------
        RunFolderError
            The folder cannot be written, or another process was faster.
        """
        try:
            if self._lock is None:
                self.path.mkdir(parents=True, exist_ok=True)
                self._made = True
                self._take()
                self._check_free()
            write_atomic(self.path / ".writable", "")
            (self.path / ".writable").unlink()
            if self._force:
                self._set_aside()
            self._opened = True
            self.write(RECORD, record)
            self.work.mkdir(exist_ok=True)
        except OSError as error:
            self.restore()
            raise self._unusable(error) from None

    def write(self, name: str, data: str | bytes) -> None:
        """Write one file atomically."""
        write_atomic(self.path / name, data)

    def complete(self) -> None:
        """The run is complete: working files and the run that it replaces may go."""
        shutil.rmtree(self.work, ignore_errors=True)
        for part in self.path.glob(".*.part"):  # of a write that was killed
            part.unlink(missing_ok=True)
        if self.previous is not None:
            self._discard(self.path / PREVIOUS)

    def restore(self) -> bool:
        """Give back what was there before this run, unless there is something worth resuming.

        Returns whether that was done: not for a run that was resumed or has finished a fit.
        """
        if not self._opened or self._resume or any(self.work.glob("*.safetensors")):
            return False
        for name in self._entries():  # the record last: a kill before that leaves an unfinished run
            _delete(self.path / name)
        self._mend()
        return True

    def release(self) -> None:
        """Let others have the folder; one that was made in vain goes."""
        if self._lock is None:
            return
        if self._made and self._is_free():
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = None

    def _take(self) -> None:
        import fcntl

        lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise RunFolderError(
                "another process is working in the run folder",
                got=str(self.path),
                fix="wait until it is done, or give another --out",
            ) from None
        except OSError:  # a network file system without locks: go on without one
            pass
        self._lock = lock

    def _to_resume(self) -> dict[str, Any]:
        record = record_in(self.path)
        if record is not None:
            return record
        if (self.path / RECORD).exists():
            raise RunFolderError(
                f"{RECORD} is damaged, so the run cannot be continued",
                got=str(self.path / RECORD),
                expected="the JSON that neurotwin wrote, with its settings",
                fix="start again with another --out",
            )
        raise RunFolderError(
            "there is no run to resume",
            got=str(self.path),
            expected=f"a folder with {RECORD}",
            fix="leave --resume out, or name the run's folder with --out",
        )

    def _check_free(self) -> None:
        if not self.path.is_dir() or self._is_free():
            return
        if not self._force:
            fix = "give another --out"
            if record_in(self.path) is not None:
                fix = "continue the run with --resume, replace it with --force, or give another --out"
            waiting = f" (the run that it was to replace is kept in {self.previous})" if self.previous else ""
            raise RunFolderError(
                "the run folder is not empty",
                got=f"{self.path}{waiting}",
                expected="a folder that does not exist or is empty",
                fix=fix,
            )
        if record_in(self.path) is None:
            state = "a damaged" if (self.path / RECORD).exists() else "no"
            raise RunFolderError(
                "the folder to be replaced is not a run's",
                got=f"{self.path}, which has {state} {RECORD}",
                expected=f"a folder with the {RECORD} of a run",
                fix="give another --out, or delete the folder yourself",
            )

    def _is_free(self, besides: str = "") -> bool:
        """Empty, but for ``besides`` and what a start leaves that was killed before it wrote the record."""
        for entry in os.scandir(self.path):
            unfinished = entry.name.startswith((f".{RECORD}.", ".writable"))
            empty_work = entry.name == WORK and entry.is_dir() and not any(os.scandir(entry.path))
            if not (unfinished or empty_work or entry.name == besides):
                return False
        return True

    def _set_aside(self) -> None:
        """Move the old run into ``PREVIOUS``; an unfinished one that was itself replacing makes way."""
        record, waiting = record_in(self.path), self.path / PREVIOUS
        if record is None:
            return
        if self.previous is not None and record.get("status") != "complete":
            for name in self._entries():
                self._discard(self.path / name)
            return
        if waiting.exists():  # its replacement was complete
            self._discard(waiting)
        moving = self.path / MOVING
        moving.mkdir()
        for name in self._entries():
            os.rename(self.path / name, moving / name)
        os.rename(moving, waiting)

    def _mend(self) -> None:
        """Finish what a killed process left half done: an old run that was being moved comes back whole."""
        for entry in self.path.glob(f"{DISCARDED}*"):
            _delete(entry)
        moving = self.path / MOVING
        if not moving.exists() and self.previous is not None and self._is_free(besides=PREVIOUS):
            for name in self._entries():
                _delete(self.path / name)
            os.rename(self.path / PREVIOUS, moving)
        if moving.is_dir():
            for name in os.listdir(moving):
                os.rename(moving / name, self.path / name)
            moving.rmdir()

    def _discard(self, entry: Path) -> None:
        """Delete, so that a kill never leaves half of something under its own name."""
        discarded = entry.with_name(DISCARDED + entry.name)
        _delete(discarded)
        os.rename(entry, discarded)
        _delete(discarded)

    def _entries(self) -> list[str]:
        """Names of what belongs to the run, its record last."""
        kept = (PREVIOUS, MOVING)
        names = [
            name for name in os.listdir(self.path) if name not in kept and not name.startswith(DISCARDED)
        ]
        return sorted(names, key=lambda name: name == RECORD)

    def _unusable(self, error: OSError) -> RunFolderError:
        return RunFolderError(
            "the run folder cannot be used",
            got=f"{self.path}: {error.strerror or error}",
            expected="a folder that can be made and written",
            fix="free some space, mend its permissions, or give another --out",
        )


def _delete(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def record_in(folder: Path) -> dict[str, Any] | None:
    """The run's record, or None where there is none that can be read."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("settings"), dict) else None


def claim_free_folder(base: Path) -> Path:
    """Make ``base``, or ``base-2``, ``base-3`` … : the first that does not exist, even where two ask at once.

    ``RunFolderError`` where none can be made.
    """
    candidate, number = base, 1
    while True:
        try:
            candidate.mkdir(parents=True)
            return candidate
        except FileExistsError:
            if base.parent.exists() and not base.parent.is_dir():
                raise RunFolderError(
                    "the run folder's parent is a file", got=str(base.parent), fix="give another --out"
                ) from None
            number += 1
            candidate = base.with_name(f"{base.name}-{number}")
        except OSError as error:
            raise RunFolderError(
                "the run folder cannot be made",
                got=f"{candidate}: {error.strerror}",
                fix="name another one with --out",
            ) from None
