"""Killed, resumed, replaced, diverging: the run ends in the same bytes, or says why not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from neurotwin.pipeline import run

pytestmark = pytest.mark.slow


class News:
    """A watcher that keeps the steps at which each fit reported."""

    def __init__(self) -> None:
        self.fits: dict[str, list[int]] = {}

    def step(self, number: int, name: str, detail: str) -> None:
        pass

    def fit(
        self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]
    ) -> None:
        self.fits.setdefault(name, []).append(step)


def killed_in_training(folder: Path, command: list[str], environment: dict[str, str]) -> int:
    """Start a run in another process, and ``kill -9`` it when the state of its first fit is on disk."""
    checkpoint = folder / "fits" / "connectome.checkpoint"
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not checkpoint.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    return process.wait()


def test_killed_and_resumed_ends_in_the_same_bytes_as_undisturbed(finished, small, elsewhere, tmp_path):
    """This is also "equal seeds, equal scores" between two processes."""
    folder = tmp_path / "killed"
    code = "from neurotwin.cli import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "run",
        "worm",
        "--out",
        str(folder),
        *small,
        "--checkpoint-seconds",
        "0",
    ]
    assert killed_in_training(folder, command, elsewhere) == -signal.SIGKILL
    assert (folder / "fits" / "connectome.checkpoint").is_file()
    assert not (folder / "scores.csv").exists()
    assert json.loads((folder / "run.json").read_text())["status"] == "running"

    news = News()
    run(out=folder, resume=True, watcher=news)
    assert news.fits["connectome"][0] == 0
    assert news.fits["connectome"][1] > 4  # not begun again
    assert news.fits["permuted"] == [0, 4, 8, 12, 16]
    for name in ("scores.csv", "history.csv", "blueprint.json"):
        assert (folder / name).read_bytes() == (finished.folder / name).read_bytes(), name
    tensors = [load_file(one / "twin.safetensors") for one in (folder, finished.folder)]
    assert tensors[0].keys() == tensors[1].keys()
    assert all(np.array_equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    assert {path.name for path in folder.iterdir()} == {path.name for path in finished.folder.iterdir()}


def test_resuming_a_complete_run_reads_it_and_writes_nothing(finished, command, monkeypatch):
    def compute(*given):
        raise AssertionError("a complete run was computed again")

    monkeypatch.setattr(sys.modules["neurotwin.pipeline.run"], "_run", compute)
    times = {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*")}
    ended = command("run", "worm", "--out", finished.folder, "--resume")
    assert ended.status == 0
    assert "this run is complete" in ended.err
    assert ended.out == finished.ended.out
    assert {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*")} == times


def test_a_run_that_is_there_is_not_overwritten(finished, command, small):
    before = (finished.folder / "run.json").read_bytes()
    ended = command("run", "worm", "--out", finished.folder, *small)
    assert ended.status == 2
    assert "not empty" in ended.err
    assert (finished.folder / "run.json").read_bytes() == before


def test_a_diverging_fit_stops_with_the_cause_and_says_so_again_when_resumed(command, small, tmp_path):
    folder = tmp_path / "diverges"
    ended = command(
        "run",
        "worm",
        "--out",
        folder,
        *small,
        "--controls",
        "none",
        "--unseen",
        "none",
        "--learning-rate",
        "1e6",
        "--quiet",
    )
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err.startswith("error: the fit diverged: the loss left the finite numbers\n")
    assert "fix:      use a learning rate below 1e+06" in ended.err
    assert "Traceback" not in ended.err
    kept = folder / "fits" / "connectome.checkpoint"
    assert str(kept) in ended.err
    assert kept.is_file()
    assert json.loads((folder / "run.json").read_text())["status"] == "diverged"
    again = command("run", "worm", "--out", folder, "--resume", "--quiet")
    assert again == ended
