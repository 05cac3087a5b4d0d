"""The scoreboard fits a terminal of 100 columns and says what the scores say."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console as RichConsole

from neurotwin.cli.progress import Console
from neurotwin.cli.show import LABELS, WIDTH, scoreboard
from neurotwin.evaluation import Score, Scorecard, check_targets

MODELS = (
    "twin",
    "twin: connectome-guided",
    "twin: all-to-all",
    "null: permuted",
    "null: rewired",
    "baseline: autoregressive",
    "baseline: persistence",
    "anatomy: linear propagation",
)


def full_card() -> Scorecard:
    family = {
        "held_out_time": "function",
        "held_out_animal": "function",
        "zero_shot": "causal",
        "fitted": "structure",
    }
    scores = [
        Score(family.get(split, "biology"), metric, split, model, 0.5 - 0.01 * i, 0.3, 0.7)
        for metric, split in LABELS
        for i, model in enumerate(MODELS)
    ]
    scores.append(
        Score("function", "cosmoothing_r", "held_out_time", "difference: twin - permuted", 0.2, 0.1, 0.3)
    )
    return Scorecard(scores)


@pytest.fixture
def printed(capsys, tmp_path) -> list[str]:
    scores = full_card()
    scoreboard(SimpleNamespace(scores=scores, targets=check_targets(scores), folder=tmp_path / "run"))  # type: ignore[arg-type]
    return capsys.readouterr().out.splitlines()


def test_no_line_is_wider_than_the_terminal(printed, tmp_path):
    assert max(len(line) for line in printed if str(tmp_path) not in line) <= WIDTH


def test_each_question_has_one_row_with_the_twin_its_rival_and_every_other_design(printed):
    head = next(line for line in printed if line.startswith("score"))
    assert head.split() == [
        "score",
        "twin",
        "best",
        "simple",
        "method",
        "guided",
        "all-to-all",
        "permuted",
        "rewired",
    ]
    row = next(line for line in printed if line.startswith(LABELS["forecast_r_5", "held_out_time"]))
    assert (
        row.split()[-8:]
        == ["0.50", "[0.30,", "0.70]", "0.45", "autoregressive", "0.49", "0.48", "0.47", "0.46"][-8:]
    )


def test_a_star_marks_a_clear_difference_and_nothing_else(printed):
    starred = [line for line in printed if "*" in line and "differs from the twin" not in line]
    assert len(starred) == 1
    assert starred[0].startswith(LABELS["cosmoothing_r", "held_out_time"])
    assert "0.47*" in starred[0]


def test_the_rest_is_said_to_be_in_the_table_and_the_verdict_is_there(printed, tmp_path):
    text = "\n".join(printed)
    assert f"All {len(full_card())} scores" in text
    assert "scores.csv" in text
    assert "Filling in a hidden neuron: r = 0.50 [0.30, 0.70], above permuted wiring (0.47)" in " ".join(
        text.split()
    )
    assert printed[-1] == f"report: {tmp_path / 'run' / 'report.html'}"


def test_progress_goes_to_stderr_and_quiet_says_nothing(capsys):
    for quiet in (False, True):
        with Console(quiet) as console:
            console.step(4, "train", "1 fit")
            console.fit("connectome", 1, 1, 0, 8, {})
            console.fit("connectome", 1, 1, 4, 8, {"validation": 0.5})
            console.fit("connectome", 1, 1, 8, 8, {"validation": 0.25})
        captured = capsys.readouterr()
        assert captured.out == ""
        said = captured.err.splitlines()
        assert said == (
            [] if quiet else ["4 train      1 fit", "   fit 1 of 1, connectome: validation r 0.750"]
        )


def test_on_a_terminal_there_is_a_bar_for_the_fit_that_runs():
    console = Console(quiet=False)
    screen = RichConsole(force_terminal=True, width=100, record=True, file=StringIO())
    console._console, console._progress.live.console, console._live = screen, screen, True
    console.fit("connectome", 2, 9, 0, 200, {})
    assert [(t.description, t.completed, t.total) for t in console._progress.tasks] == [
        ("fit 2 of 9, connectome", 0, 200)
    ]
    console.fit("connectome", 2, 9, 50, 200, {"validation": 0.5})
    (task,) = console._progress.tasks
    assert (task.completed, task.fields["note"]) == (50, "50/200 steps  validation r 0.500")
    console.step(5, "evaluate", "2 worms")
    assert [(t.description, t.total) for t in console._progress.tasks] == [("scoring", None)]


def test_the_catalogue_lists_every_name(neurotwin):
    ended = neurotwin("list")
    assert ended.status == 0
    for name in ("worm", "cook2019", "glorot", "softplus", "adagrad", "warmup", "all-to-all", "permuted"):
        assert name in ended.out


def test_the_version_is_told(neurotwin):
    from importlib.metadata import version

    assert neurotwin("--version").out == f"neurotwin {version('neurotwin')}\n"
