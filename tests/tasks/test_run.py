"""``neurotwin task``: from data to a run folder, the same for the same seed, and no traceback for a mistake."""

from __future__ import annotations

import json
import re

import jax
import numpy as np
import pytest

from neurotwin.cli import main
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.task import run_task, score_task
from neurotwin.tasks import TASKS, Examples, fit, interval, outputs_of
from neurotwin.tasks.storage import load_network

SHORT = {"epochs": 2, "batch": 64}


def command(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["neurotwin", "task", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return run_task("images", tmp_path_factory.mktemp("runs") / "a", seed=5, **SHORT)


def test_the_folder_holds_what_is_promised(done):
    names = {path.name for path in done.folder.iterdir()}
    assert names == {"run.json", "model.safetensors", "history.csv", "scores.csv", "report.html", "figures"}
    record = json.loads((done.folder / "run.json").read_text())
    assert record["status"] == "complete"
    assert record["settings"]["training"]["epochs"] == 2
    card = Scorecard.from_csv(done.folder / "scores.csv")
    assert {score.split for score in card} == {"test"}
    assert {"cnn", "baseline: dense, same size", "baseline: softmax regression"} <= {
        score.model for score in card
    }
    assert abs(np.diff(list(record["parameters"].values()))[0]) < 0.01 * record["parameters"]["cnn"]


def test_the_report_states_origin_licence_split_and_limits(done):
    page = (done.folder / "report.html").read_text()
    for words in (
        "CC BY 4.0",
        "Alpaydin",
        "drawn for the test part",
        "was not tested",
        "same hand is on both sides",
    ):
        assert words in page
    assert "<script" not in page
    assert re.search(r"cnn reaches a test accuracy of 0\.\d{4} \[", page)


def test_equal_seeds_give_equal_scores_and_others_do_not(done, tmp_path):
    again = run_task("images", tmp_path / "b", seed=5, **SHORT)
    assert again.scores == done.scores
    assert (again.folder / "model.safetensors").read_bytes() == (
        done.folder / "model.safetensors"
    ).read_bytes()
    assert run_task("images", tmp_path / "c", seed=6, **SHORT).scores != done.scores


def test_the_stored_network_answers_as_the_trained_one(done):
    network, about = load_network(done.folder / "model.safetensors")
    data = TASKS["images"].load(None, False)
    assert about["classes"] == list(data.classes)
    ours, theirs = (outputs_of(n, data.test, TASKS["images"].encode) for n in (network, done.network))
    np.testing.assert_array_equal(ours, theirs)
    right = (ours.argmax(-1) == data.test.y).mean()
    assert right == pytest.approx(done.scores.get(model="cnn", metric="accuracy").value)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "least"), [("cnn", 0.97), ("spiking-cnn", 0.90), ("dense", 0.93)])
def test_every_network_learns_the_digits(model, least):
    task = TASKS["images"]
    data, chosen = task.load(None, False), task.models[model]
    settings = chosen.settings_for(len(data.train), epochs=30)
    network = chosen.build({**task.describe(data), "dropout": settings.dropout}, jax.random.key(0))
    fitted = fit(network, data.train, data.validation, task, settings)
    outputs = outputs_of(fitted.network, data.test, task.encode)
    assert (outputs.argmax(-1) == data.test.y).mean() > least


def test_softmax_regression_is_no_straw_man():
    task = TASKS["images"]
    data = task.load(None, False)
    predict = task.baselines["softmax regression"](task, data, 0)
    assert (predict(data.validation).argmax(-1) == data.validation.y).mean() > 0.97


def test_training_never_sees_the_test_part(monkeypatch, tmp_path):
    import neurotwin.pipeline.task as pipeline

    data, seen = TASKS["images"].load(None, False), []
    fit = pipeline.fit

    def watched(network, train, validation, *others, **options):
        seen.append({row.tobytes() for part in (train, validation) for row in part.x})
        return fit(network, train, validation, *others, **options)

    monkeypatch.setattr(pipeline, "fit", watched)
    run_task("images", tmp_path / "run", **SHORT)
    assert len(seen) == 2
    assert not any({row.tobytes() for row in data.test.x} & part for part in seen)


def test_a_difference_is_paired():
    test = Examples(np.zeros((40, 1)), np.arange(40) % 2)
    good = np.eye(2)[np.asarray(test.y)]
    worse = good.copy()
    worse[:10] = worse[:10, ::-1]
    card = score_task(TASKS["images"], "a", {"a": good, "baseline: b": worse}, test)
    found = card.get(model="difference: a - b", metric="accuracy")
    assert found.value == pytest.approx(0.25)
    assert 0 < found.low < 0.25 < found.high < 0.5


def test_groups_widen_an_interval():
    groups = np.repeat(np.arange(8), 50)
    hit = (groups % 2).astype(float)
    alone, together = (interval(lambda rows: hit[rows].mean(), 400, g) for g in (None, groups))
    assert together.high - together.low > 3 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("imges", "unknown task"),
        ("", "no task was named"),
        ("images --model cn", "unknown network of the task images"),
        ("images --data nothing-here", "there is no such file or folder"),
        ("images --epochs 0", "epochs is not usable"),
        ("images --batch 5000", "a batch is larger than the training part"),
        ("images --learning-rate nan", "learning_rate is not usable"),
        ("images --optimiser adm", "unknown optimiser"),
        ("images --seed -1", "the seed cannot be used"),
        ("images --dropout 1", "dropout is not usable"),
    ],
)
def test_a_mistake_is_told_and_leaves_nothing(monkeypatch, capsys, tmp_path, arguments, what):
    monkeypatch.delenv("NEUROTWIN_DATA", raising=False)
    status, said = command(monkeypatch, capsys, *arguments.split(), "--out", tmp_path / "new")
    assert status == 2
    assert what in said.err.splitlines()[0]
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_kept(done, monkeypatch, capsys):
    before = (done.folder / "run.json").read_bytes()
    status, said = command(monkeypatch, capsys, "images", "--out", done.folder)
    assert status == 2
    assert "the run folder is not empty" in said.err
    assert (done.folder / "run.json").read_bytes() == before


def test_the_list_names_every_network(monkeypatch, capsys):
    status, said = command(monkeypatch, capsys, "--list")
    assert status == 0
    for name, task in TASKS.items():
        assert all(word in said.out for word in (name, *task.models))
