"""``neurotwin transfer``: from data to a run folder, the same for the same seed, and no traceback for a mistake."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from neurotwin.cli import main
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.continual import label, run_continual
from neurotwin.transfer.continual.metrics import average_accuracy

SHORT = {
    "learners": ("plain", "ewc", "joint"),
    "examples": 300,
    "experiences": 2,
    "steps": 20,
    "seeds": 1,
    "seed": 4,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return run_continual(tmp_path_factory.mktemp("runs") / "a", **SHORT)


def test_the_folder_holds_what_is_promised(done):
    assert {path.name for path in done.folder.iterdir()} == {
        "run.json", "history.csv", "scores.csv", "report.html", "figures",
    }  # fmt: skip
    record = json.loads((done.folder / "run.json").read_text())
    assert record["status"] == "complete"
    assert set(record["strengths"]) == {f"ewc on dense ({s}-incremental)" for s in ("class", "task")}
    card = Scorecard.from_csv(done.folder / "scores.csv")
    assert {score.split for score in card} == {"test"}
    assert not len(card.select(metric="forward_transfer", model="plain on dense (class-incremental)"))
    assert len(card.select(metric="forward_transfer", model="plain on dense (task-incremental)"))


def test_scores_and_history_tell_the_same(done):
    history = pd.read_csv(done.folder / "history.csv")
    for one in done.outcomes:
        rows = history[
            (history.scenario == one.scenario) & (history.learner == one.learner) & (history.part == "test")
        ]
        found = rows[rows.after > 0].pivot(index="after", columns="experience", values="accuracy").to_numpy()
        np.testing.assert_allclose(found, one.test[0], atol=1e-6)
        assert set(rows.after) == {0, 1, 2}
        score = done.scores.get(model=label(one), metric="average_accuracy")
        assert score.value == pytest.approx(average_accuracy(found), abs=1e-6)


def test_the_strength_is_the_best_on_the_validation_part(done):
    for one in done.outcomes:
        if one.tried:
            assert one.tried[one.strength] == max(one.tried.values())
            assert one.tried[one.strength] == pytest.approx(average_accuracy(one.validation[0]))


def test_the_report_states_scenario_origin_and_limits(done):
    page = (done.folder / "report.html").read_text()
    for words in (
        "Class-incremental",
        "Task-incremental",
        "CC BY 4.0",
        "not told which experience",
        "Kirkpatrick",
    ):
        assert words in page
    assert "<script" not in page
    assert len(list((done.folder / "figures").glob("*.svg"))) == 4


def test_equal_seeds_give_equal_scores(done, tmp_path):
    assert run_continual(tmp_path / "b", **SHORT).scores == done.scores


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("continual --sequence splt", "unknown sequence of experiences"),
        ("continual --model dnse", "unknown network of the task images"),
        ("continual --learners plain,ewcc", "unknown continual learner"),
        ("continual --experiences 9", "the classes do not make so many pairs"),
        ("continual --steps 0", "steps is not usable"),
        ("continual --data nothing-here", "there is no such file or folder"),
        ("few-shot --shots 1,x", "--shots is no list of whole numbers"),
        ("few-shot --new 9", "the classes cannot be divided so"),
        ("online --detector adwn", "unknown drift detector"),
        ("online --burst 5000", "there are not enough examples for such a stream"),
    ],
)
def test_a_mistake_is_told_and_leaves_nothing(monkeypatch, capsys, tmp_path, arguments, what):
    monkeypatch.delenv("NEUROTWIN_DATA", raising=False)
    monkeypatch.setattr(
        "sys.argv", ["neurotwin", "transfer", *arguments.split(), "--out", str(tmp_path / "new")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert what in said.splitlines()[0]
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
