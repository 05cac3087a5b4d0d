"""The main job on the embedded worms: what it leaves, what it says, and that a killed run ends in the same bytes.

One file, since what it looks at takes a minute to make and each process of a parallel session makes its own.
"""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from neurotwin.biology import load
from neurotwin.blueprint import Blueprint
from neurotwin.evaluation import Scorecard
from neurotwin.network import Twin
from neurotwin.pipeline import RunSettings, run
from neurotwin.report.verdict import abilities

pytestmark = pytest.mark.slow

FILES = {
    "run.json",
    "blueprint.json",
    "twin.safetensors",
    "history.csv",
    "scores.csv",
    "report.html",
    "figures",
}
HORIZONS = (1, 5, 10, 20)


@pytest.fixture(scope="module")
def scores(finished) -> Scorecard:
    return Scorecard.from_csv(finished.folder / "scores.csv")


def test_the_folder_holds_what_the_contract_names_and_nothing_else(finished):
    assert {path.name for path in finished.folder.iterdir()} == FILES
    assert any((finished.folder / "figures").glob("*.svg"))


def test_the_columns_of_the_scores(finished):
    header = (finished.folder / "scores.csv").read_text().splitlines()[0]
    assert header == "family,metric,split,model,value,low,high,ceiling,n,unit,higher_is_better"


def test_every_question_is_scored_beside_its_controls(scores):
    models = {
        (metric, split): {s.model for s in scores.select(metric=metric, split=split)}
        for metric, split in {(s.metric, s.split) for s in scores}
    }
    later = models["cosmoothing_r", "held_out_time"]
    assert {"twin", "null: permuted", "baseline: ridge", "baseline: mean"} <= later
    assert {"difference: twin - ridge", "difference: twin - permuted"} <= later
    assert "twin" in models["cosmoothing_r", "held_out_animal"]
    for h in HORIZONS:
        ahead = models[f"forecast_r_{h}", "held_out_time"]
        assert {"twin", "baseline: persistence", "difference: twin - persistence"} <= ahead
    anatomy = [s for s in scores.select(metric="auroc") if s.model.startswith("anatomy: ")]
    best = max(anatomy, key=lambda s: s.value).model.removeprefix("anatomy: ")
    assert {"twin", "difference: twin - permuted", f"difference: twin - {best}"} <= models[
        "auroc", "zero_shot"
    ]
    assert {s.family for s in scores.select(model="twin")} == {"function", "causal", "structure", "biology"}


def test_every_difference_is_the_difference_of_its_two_scores(scores):
    """Over the same neurons the mean difference is the difference of the means; pairing adds the interval."""
    checked = 0
    for score in scores:
        if not score.model.startswith("difference: twin - "):
            continue
        control = score.model.removeprefix("difference: twin - ")
        same = scores.select(metric=score.metric, split=score.split)
        twin = same.get(model="twin").value
        (other,) = (s.value for s in same if s.model.partition(": ")[2] == control and s is not score)
        assert score.value == pytest.approx(twin - other, abs=1e-6), score.key
        assert score.low <= score.value <= score.high
        checked += 1
    assert checked >= 1 + 3 * len(HORIZONS) + 2


def test_the_verdict_rests_on_paired_differences_where_it_compares_with_a_simple_method(scores):
    for ability in abilities(scores):
        if ability.name.startswith("filling in a hidden neuron of a new animal"):
            continue  # no baseline predicts a new animal
        for score, comparison in ability.comparisons:
            assert comparison.paired, (score.metric, comparison.control.model)


def test_the_record_says_what_was_asked_with_what_on_which_data(finished):
    record = finished.record
    assert record["status"] == "complete"
    assert record["seed"] == 0
    settings = RunSettings.from_dict(record["settings"])
    assert (settings.controls, settings.unseen, settings.training.steps) == (
        ("permuted",),
        ("connectome",),
        16,
    )
    assert record["command"].startswith("neurotwin run worm --out ")
    assert {"python", "neurotwin", "jax", "numpy"} <= set(record["versions"])
    biology = load("worm")
    assert record["hashes"] == {card.name: card.sha256 for card in biology.cards}
    assert record["recordings"] == {
        r.subject: hashlib.sha256(np.ascontiguousarray(r.activity).tobytes()).hexdigest()
        for r in biology.recordings
    }
    assert record["wall_seconds"] > 0


def test_the_files_can_be_read_back(finished):
    blueprint = Blueprint.from_json((finished.folder / "blueprint.json").read_text())
    twin = Twin.load(finished.folder / "twin.safetensors")
    assert twin.blueprint == blueprint
    assert twin.n_members == 1
    assert blueprint.n_neurons == 300
    history = pd.read_csv(finished.folder / "history.csv")
    fits = ["connectome", "permuted", "connectome-without-0", "connectome-without-1"]
    assert list(dict.fromkeys(history["model"])) == fits
    assert list(history[history["model"] == "connectome"]["step"]) == [4, 8, 12, 16]
    assert np.isfinite(history["loss"]).all()


class Page(HTMLParser):
    """Collects what a browser would fetch by itself; links that a reader may follow are not that."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.words = ""

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster") or (name.endswith("href") and tag != "a"):
                self.fetched.append(value or "")

    def handle_data(self, data):
        self.words += data


def test_the_report_is_whole_and_fetches_nothing(finished):
    html = (finished.folder / "report.html").read_text()
    page = Page()
    page.feed(html)
    page.close()
    assert [address for address in page.fetched if not address.startswith(("#", "data:"))] == []
    assert re.findall(r"@import|url\(\s*['\"]?(?!['\"]?(?:#|data:))", html) == []
    assert html.rstrip().endswith("</html>")
    assert "The twin of the worm" in page.words


def test_the_terminal_shows_the_steps_and_the_scoreboard(finished):
    steps = [line.split()[:2] for line in finished.ended.err.splitlines() if line[:1].isdigit()]
    names = ["prepare", "design", "initialise", "train", "evaluate", "report"]
    assert steps == [[str(number + 1), name] for number, name in enumerate(names)]
    assert "fit 4 of 4, connectome-without-1: validation r" in finished.ended.err
    lines = [line for line in finished.ended.out.splitlines() if str(finished.folder) not in line]
    assert max(len(line) for line in lines) <= 100
    twin = next(row for row in lines if row.startswith("co-smoothing r, later"))
    value = Scorecard.from_csv(finished.folder / "scores.csv").get(
        metric="cosmoothing_r", split="held_out_time", model="twin"
    )
    assert f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]" in twin


def test_the_settings_in_the_record_are_plain_json(finished):
    assert json.loads(json.dumps(finished.record)) == finished.record


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
