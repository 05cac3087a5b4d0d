"""The run's folder: one process at a time, and nothing that was there is ever lost."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from neurotwin._base.errors import RunFolderError
from neurotwin.pipeline.folder import PREVIOUS, RunFolder, claim_free_folder


def record(status: str = "complete", mark: str = "old") -> str:
    return json.dumps({"settings": {"mark": mark}, "status": status})


def contents(path: Path) -> dict[str, str]:
    return {p.relative_to(path).as_posix(): p.read_text() for p in sorted(path.rglob("*")) if p.is_file()}


@pytest.fixture
def old(tmp_path) -> Path:
    """A complete run."""
    path = tmp_path / "run"
    (path / "figures").mkdir(parents=True)
    (path / "figures" / "a.svg").write_text("<svg/>")
    (path / "scores.csv").write_text("old scores")
    (path / "run.json").write_text(record())
    return path


def start(path: Path, mark: str = "new", **how: bool) -> RunFolder:
    folder = RunFolder(path, **how)
    folder.open(record("running", mark))
    return folder


def finish(folder: RunFolder, mark: str = "new") -> None:
    folder.write("run.json", record("complete", mark))
    folder.complete()
    folder.release()


def killed(folder: RunFolder) -> None:
    """What ``kill -9`` does: the lock goes, everything else stays as it is."""
    assert folder._lock is not None
    os.close(folder._lock)
    folder._lock = None


def test_a_run_leaves_its_files_and_nothing_else(tmp_path):
    folder = start(tmp_path / "deep" / "run")
    (folder.work / "connectome.checkpoint").write_text("state")
    folder.write("scores.csv", "scores")
    (folder.path / ".scores.csv.abc.part").write_text("half")
    finish(folder)
    assert contents(folder.path) == {"run.json": record("complete", "new"), "scores.csv": "scores"}


def test_a_run_that_is_there_is_refused_and_untouched(old):
    before = contents(old)
    with pytest.raises(RunFolderError, match="not empty") as told:
        RunFolder(old)
    assert "--resume" in str(told.value.fix)
    assert "--force" in str(told.value.fix)
    assert contents(old) == before


@pytest.mark.parametrize("how", [{}, {"force": True}, {"resume": True}])
def test_a_folder_that_is_not_a_runs_is_refused_and_untouched(tmp_path, how):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunFolderError) as told:
        RunFolder(tmp_path, **how)
    assert "--force" not in str(told.value.fix)
    assert contents(tmp_path) == {"thesis.tex": "years of work"}


@pytest.mark.parametrize("how", [{"force": True}, {"resume": True}])
def test_a_damaged_record_is_named_and_kept(tmp_path, how):
    (tmp_path / "run.json").write_text('{"settings": ')
    with pytest.raises(RunFolderError, match="damaged"):
        RunFolder(tmp_path, **how)
    assert contents(tmp_path) == {"run.json": '{"settings": '}


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunFolderError, match="is a file"):
        RunFolder(tmp_path / "file")
    folder = RunFolder(tmp_path / "file" / "below")
    with pytest.raises(RunFolderError, match="Not a directory"):
        folder.open(record("running"))


def test_resume_and_force_exclude_each_other(old):
    with pytest.raises(RunFolderError, match="continued and replaced"):
        RunFolder(old, resume=True, force=True)


def test_nothing_to_resume_is_told_and_makes_no_folder(tmp_path):
    with pytest.raises(RunFolderError, match="no run to resume"):
        RunFolder(tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()


def test_a_start_that_was_killed_before_its_record_blocks_nobody(tmp_path):
    path = tmp_path / "run"
    (path / "fits").mkdir(parents=True)
    (path / ".run.json.x1.part").write_text("{")
    (path / ".writable").write_text("")
    finish(start(path))
    assert json.loads((path / "run.json").read_text())["status"] == "complete"


def test_a_folder_made_in_vain_goes_and_the_users_own_stays(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    RunFolder(mine).release()
    assert mine.is_dir()
    claimed = claim_free_folder(tmp_path / "claimed")
    RunFolder(claimed, made=True).release()
    assert not claimed.exists()


def test_free_folders_are_numbered(tmp_path):
    names = [claim_free_folder(tmp_path / "runs" / "worm").name for _ in range(3)]
    assert names == ["worm", "worm-2", "worm-3"]


# ---- two at once


def test_a_second_process_is_refused_while_the_first_lives(tmp_path):
    folder = start(tmp_path / "run")
    for how in ({}, {"resume": True}, {"force": True}):
        with pytest.raises(RunFolderError, match="another process"):
            RunFolder(folder.path, **how)
    killed(folder)
    resumed = RunFolder(folder.path, resume=True)
    assert resumed.stored == json.loads(record("running", "new"))


def test_the_lock_holds_between_processes_and_dies_with_its_owner(tmp_path):
    code = f"""
from neurotwin.pipeline.folder import RunFolder
import sys, time
folder = RunFolder({str(tmp_path / "run")!r})
folder.open('{{"settings": {{}}}}')
print("open", flush=True)
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(RunFolderError, match="another process"):
            RunFolder(tmp_path / "run", resume=True)
    finally:
        owner.kill()
        owner.wait()
    RunFolder(tmp_path / "run", resume=True).release()


# ---- replacing


def test_force_keeps_the_old_run_until_the_new_one_is_complete(old):
    before = contents(old)
    folder = start(old, force=True)
    assert folder.previous == old / PREVIOUS
    assert contents(old / PREVIOUS) == before
    folder.write("scores.csv", "new scores")
    finish(folder)
    assert contents(old) == {"run.json": record("complete", "new"), "scores.csv": "new scores"}


def test_a_replacement_that_comes_to_nothing_gives_the_old_run_back(old):
    before = contents(old)
    folder = start(old, force=True)
    folder.write("blueprint.json", "{}")
    assert folder.restore()
    folder.release()
    assert contents(old) == before


def test_a_replacement_that_finished_a_fit_is_kept_beside_the_old_run(old):
    before = contents(old)
    folder = start(old, force=True)
    (folder.work / "connectome.safetensors").write_text("an hour of work")
    assert not folder.restore()
    folder.release()
    assert contents(old / PREVIOUS) == before
    assert (old / "fits" / "connectome.safetensors").is_file()


def test_a_mistake_before_the_start_touches_neither_run(old):
    killed(start(old, force=True))
    before = contents(old)
    folder = RunFolder(old, force=True)
    assert not folder.restore()
    folder.release()
    assert contents(old) == before


def test_a_killed_replacement_is_resumed_and_then_the_old_run_goes(old):
    killed(start(old, force=True))
    finish(start(old, resume=True))
    assert contents(old) == {"run.json": record("complete", "new")}


def test_a_killed_replacement_is_replaced_and_the_old_run_still_waits(old):
    before = contents(old)
    first = start(old, "first", force=True)
    first.write("history.csv", "half")
    killed(first)
    with pytest.raises(RunFolderError, match=f"not empty.*\n.*{PREVIOUS}"):
        RunFolder(old)
    second = start(old, "second", force=True)
    assert contents(old / PREVIOUS) == before
    assert not (old / "history.csv").exists()
    finish(second, "second")
    assert contents(old) == {"run.json": record("complete", "second")}


def test_a_replacement_killed_while_it_cleans_up_leaves_no_stale_previous(old):
    folder = start(old, force=True)
    folder.write("run.json", record("complete", "first"))
    killed(folder)  # complete, but the old run still waits
    folder = start(old, "second", force=True)
    assert contents(old / PREVIOUS) == {"run.json": record("complete", "first")}
    finish(folder, "second")
    assert contents(old) == {"run.json": record("complete", "second")}


class Killed(BaseException):
    """As sudden as ``kill -9``, for every system call in turn."""


@pytest.mark.parametrize("moment", range(9))
@pytest.mark.parametrize("call", ["rename", "replace", "unlink"])
def test_the_old_run_survives_a_kill_at_every_system_call_of_a_replacement(old, monkeypatch, moment, call):
    before, real, count = contents(old), getattr(os, call), [0]

    def dying(*arguments, **options):
        count[0] += 1
        if count[0] > moment:
            raise Killed
        return real(*arguments, **options)

    monkeypatch.setattr(os, call, dying)
    folder = RunFolder(old, force=True)
    with suppress(Killed):
        folder.open(record("running", "new"))
    monkeypatch.undo()
    killed(folder)
    again = RunFolder(old, force=True)  # mends what was half done
    again.open(record("running", "again"))
    assert again.restore()
    again.release()
    assert {name: text for name, text in contents(old).items() if ".part" not in name} == before


def test_a_disk_that_fills_up_at_the_start_gives_the_old_run_back(old, monkeypatch):
    before = contents(old)
    folder = RunFolder(old, force=True)
    real = RunFolder.write

    def full(self, name, data):
        raise OSError(errno.ENOSPC, "No space left on device", str(self.path / name))

    monkeypatch.setattr(RunFolder, "write", full)
    with pytest.raises(RunFolderError, match="No space left on device"):
        folder.open(record("running", "new"))
    monkeypatch.setattr(RunFolder, "write", real)
    folder.release()
    assert contents(old) == before


def test_a_users_folder_with_such_names_inside_is_left_alone(tmp_path):
    (tmp_path / PREVIOUS).mkdir()
    (tmp_path / PREVIOUS / "run.json").write_text(record())
    (tmp_path / "thesis.tex").write_text("years of work")
    before = contents(tmp_path)
    with pytest.raises(RunFolderError):
        RunFolder(tmp_path, force=True)
    assert contents(tmp_path) == before
