"""Every mistake ends with status 2, names what was given, what was expected and the mend; leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from neurotwin.pipeline import RunSettings
from neurotwin.pipeline.record import as_json

# options → (what is wrong, what was given)
MISTAKES = {
    "--strategy conectome": ("unknown strategy", "'conectome'"),
    "--controls permutd": ("unknown strategy", "'permutd'"),
    "--unseen nobody": ("unknown strategy", "'nobody'"),
    "--unseen guided --controls none": ("not part of the run", "unseen guided"),
    "--init gausian": ("unknown initialiser", "'gausian'"),
    "--optimiser adm": ("unknown optimiser", "'adm'"),
    "--schedule cos": ("unknown learning-rate schedule", "'cos'"),
    "--activation tanhh": ("unknown activation", "'tanhh'"),
    "--connectome cook2020": ("unknown connectome", "'cook2020'"),
    "--worms 0": ("no number of worms", "0"),
    "--worms -1": ("no number of worms", "-1"),
    "--worms many": ("no number of worms", "'many'"),
    "--worms 7": ("the package carries 2 recorded worms", "worms=7"),
    "--worms all": ("the package carries 2 recorded worms", "worms=all"),
    "--data nothing-here": ("the data folder is no folder", "nothing-here"),
    "--weight bad": ("unknown term of the objective", "'bad'"),
    "--weight l1=much": ("a weight is not a number", "l1=much"),
    "--weight l1": ("a weight is not a number", "l1"),
    "--weight l1=-1": ("the objective's weight l1", "-1.0"),
    "--weight l1=nan": ("the objective's weight l1", "nan"),
    "--members 0": ("an ensemble needs a member", "0"),
    "--steps 0": ("steps is not usable", "0"),
    "--validate-every 0": ("validate_every is not usable", "0"),
    "--patience -1": ("patience is not usable", "-1"),
    "--learning-rate 0": ("learning_rate is not usable", "0.0"),
    "--learning-rate nan": ("learning_rate is not usable", "nan"),
    "--clip-norm -1": ("clip_norm is not usable", "-1.0"),
    "--dropout 1": ("dropout is not usable", "1.0"),
    "--seed -1": ("the seed cannot be used", "-1"),
    "--seed 99999999999": ("the seed cannot be used", "99999999999"),
    "--radius 0": ("the spectral radius cannot be used", "0.0"),
    "--radius -1": ("the spectral radius cannot be used", "-1.0"),
    "--radius nan": ("the spectral radius cannot be used", "nan"),
    "--resume --force": ("continued and replaced", "resume and force"),
}


def told(err: str) -> dict[str, str]:
    """The error's parts by name: error, given, expected, fix."""
    pairs = (line.split(":", 1) for line in err.splitlines() if ":" in line)
    return {name.strip(): text.strip() for name, text in pairs}


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_told_and_leaves_nothing(neurotwin, tmp_path, options):
    ended = neurotwin("run", "worm", "--out", tmp_path / "runs" / "new", *options.split())
    assert ended.status == 2
    assert ended.out == ""
    what, given = MISTAKES[options]
    parts = told(ended.err)
    assert what in parts["error"]
    assert given in parts["given"]
    assert parts["expected"]
    assert parts["fix"]
    assert "Traceback" not in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_source_names_the_near_one(neurotwin, tmp_path):
    ended = neurotwin("run", "wrom", "--out", tmp_path / "new")
    assert ended.status == 2
    assert told(ended.err) == {
        "error": "unknown source",
        "given": "'wrom'",
        "expected": "worm",
        "fix": "did you mean worm?",
    }


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["rnu", "worm"], ["run", "worm", "--members", "x"], ["run", "worm", "--no-such", "1"]],
)
def test_a_wrong_usage_is_told(neurotwin, arguments):
    ended = neurotwin(*arguments)
    assert ended.status == 2
    assert "Usage: neurotwin" in ended.err
    assert "Error:" in ended.err


def run_folder(path: Path, **settings: object) -> Path:
    """A run that was interrupted at once."""
    path.mkdir()
    values = RunSettings(**settings).to_dict()  # type: ignore[arg-type]
    (path / "run.json").write_text(as_json({"settings": values, "status": "running"}))
    return path


@pytest.mark.parametrize(
    ("options", "what", "fix"),
    [
        ([], "the run folder is not empty", "--resume"),
        (["--resume", "--seed", "0"], "other settings", "leave these options out"),
        (["--resume", "--steps", "3"], "other settings", "leave these options out"),
        (["--force", "--worms", "7"], "the package carries 2", "NEUROTWIN_DATA"),
    ],
)
def test_an_existing_run_is_refused_and_untouched(neurotwin, tmp_path, options, what, fix):
    folder = run_folder(tmp_path / "run", seed=4)
    before = (folder / "run.json").read_bytes()
    ended = neurotwin("run", "worm", "--out", folder, *options)
    assert ended.status == 2
    assert what in ended.err
    assert fix in told(ended.err)["fix"]
    assert [p.name for p in folder.iterdir()] == ["run.json"]
    assert (folder / "run.json").read_bytes() == before


def test_a_conflict_with_the_stored_run_names_both_values(neurotwin, tmp_path):
    folder = run_folder(tmp_path / "run", seed=4)
    ended = neurotwin("run", "worm", "--out", folder, "--resume", "--seed", "0", "--weight", "l1=0.5")
    assert "seed is 0, in the stored run 4" in ended.err
    assert "l1 is 0.5, in the stored run 0.0" in ended.err


@pytest.mark.parametrize("text", ["", "{", '{"settings": 5}', '{"settings": {"training": {}}}', "[1]"])
def test_a_damaged_record_is_no_traceback(neurotwin, tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    ended = neurotwin("run", "worm", "--out", tmp_path, "--resume")
    assert ended.status == 2
    assert "run.json" in ended.err
    assert told(ended.err)["fix"]
    assert (tmp_path / "run.json").read_text() == text


@pytest.mark.parametrize("option", ["--resume", "--force"])
def test_which_run_must_be_named(neurotwin, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    ended = neurotwin("run", "worm", option)
    assert ended.status == 2
    assert f"{option} --out FOLDER" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--out", "--data"])
def test_an_empty_path_is_refused_and_not_taken_for_the_current_folder(
    neurotwin, tmp_path, monkeypatch, option
):
    monkeypatch.chdir(tmp_path)
    ended = neurotwin("run", "worm", option, "")
    assert ended.status == 2
    assert f"{option} is empty" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["file", "file/below", "/proc/nothing/below"])
def test_a_place_that_cannot_be_written_is_told(neurotwin, tmp_path, where):
    (tmp_path / "file").write_text("mine")
    ended = neurotwin("run", "worm", "--out", tmp_path / where)
    assert ended.status == 2
    assert "another --out" in told(ended.err)["fix"]
    assert (tmp_path / "file").read_text() == "mine"


def test_the_installed_command_tells_a_mistake_without_a_traceback(tmp_path):
    code = "from neurotwin.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "run", "wrom"], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[:2] == ["error: unknown source", "  given:    'wrom'"]
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
