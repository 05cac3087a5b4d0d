"""What is said, and the status, when a run fails half way."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from neurotwin._base.errors import DivergenceError, InputError
from neurotwin.blueprint import design
from neurotwin.pipeline.folder import PREVIOUS

SMALL = ("--controls", "none", "--unseen", "none", "--members", "1")


@pytest.fixture
def fails_with(monkeypatch):
    """Training that ends with this error."""

    def arrange(error: BaseException) -> None:
        def fit(*arguments: object, **options: object) -> None:
            raise error

        monkeypatch.setattr("neurotwin.pipeline.fits.fit", fit)
        # motifs take seconds, and are not the matter here
        monkeypatch.setattr(
            "neurotwin.pipeline.fits.design", lambda b, **o: design(b, **{**o, "motif_nulls": None})
        )

    return arrange


def contents(path: Path) -> dict[str, bytes]:
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.fixture
def old(tmp_path) -> Path:
    """A complete run, as far as its folder is concerned."""
    path = tmp_path / "run"
    path.mkdir()
    (path / "scores.csv").write_text("old scores")
    (path / "run.json").write_text('{"settings": {}, "status": "complete"}')
    return path


def test_ctrl_c_ends_with_130_and_one_line_that_says_how_to_go_on(neurotwin, fails_with, tmp_path):
    fails_with(KeyboardInterrupt())
    ended = neurotwin("run", "worm", "--out", tmp_path / "run", "--quiet", *SMALL)
    assert ended.status == 130
    assert ended.out == ""
    assert ended.err == f"interrupted; continue with --resume --out {tmp_path / 'run'}\n"
    assert (tmp_path / "run" / "run.json").is_file()


def test_a_full_disk_is_named_with_the_file_and_keeps_the_old_run(neurotwin, fails_with, old):
    before = contents(old)
    fails_with(OSError(errno.ENOSPC, "No space left on device", "history.csv"))
    ended = neurotwin("run", "worm", "--out", old, "--force", "--quiet", *SMALL)
    assert ended.status == 1
    assert ended.err.splitlines() == [
        "error: No space left on device",
        "  given:    history.csv",
        "  expected: room for the files of the run",
        "  fix:      free some space, or choose another folder with --out",
        f"  note:     continue with --resume --out {old}",
        f"  note:     the run that was there before is kept in {old / PREVIOUS}",
    ]
    assert contents(old / PREVIOUS) == before


def test_a_divergence_ends_with_1_keeps_its_state_and_the_old_run(neurotwin, fails_with, old):
    before = contents(old)
    fails_with(DivergenceError("the fit diverged", fix="use a smaller learning rate"))
    ended = neurotwin("run", "worm", "--out", old, "--force", "--quiet", *SMALL)
    assert ended.status == 1
    assert ended.err.startswith("error: the fit diverged\n  fix:      use a smaller learning rate\n")
    assert f"kept in {old / PREVIOUS}" in ended.err
    assert '"status": "diverged"' in (old / "run.json").read_text()
    assert contents(old / PREVIOUS) == before


def test_a_mistake_found_late_gives_the_old_run_back(neurotwin, fails_with, old):
    before = contents(old)
    fails_with(InputError("a training stretch is shorter than a window"))
    ended = neurotwin("run", "worm", "--out", old, "--force", "--quiet", *SMALL)
    assert ended.status == 2
    assert contents(old) == before


def test_a_mistake_found_late_leaves_no_new_folder(neurotwin, fails_with, tmp_path):
    fails_with(InputError("a training stretch is shorter than a window"))
    assert neurotwin("run", "worm", "--out", tmp_path / "run", "--quiet", *SMALL).status == 2
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_not_dressed_up_as_a_mistake(neurotwin, fails_with, tmp_path):
    fails_with(ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError, match="ours"):
        neurotwin("run", "worm", "--out", tmp_path / "run", "--quiet", *SMALL)
