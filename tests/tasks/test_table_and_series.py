"""``neurotwin task table`` and ``series``: whole runs on small data, and no traceback for a mistake."""

from __future__ import annotations

import json

import equinox as eqx
import jax
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.cli.parse import options_of
from neurotwin.cli.tasks import task_list
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, fit, outputs_of
from neurotwin.tasks.readers.table_code import TableCode
from neurotwin.tasks.readers.tables import read_table
from neurotwin.tasks.storage import load_network

pytestmark = pytest.mark.usefixtures("compile_quickly")


@pytest.fixture(scope="module")
def table_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 150))
    lines = [f"{p:.4f},{q:.4f},{'hot' if p + q > 0 else 'cold'}" for p, q in zip(a, b, strict=True)]
    (folder / "a.csv").write_text("\n".join(["a,b,state", *lines]))
    options = {"target": "state"}
    return run_task("table", folder / "run", data=folder / "a.csv", options=options, model="dense", epochs=30)


def test_a_table_run_states_target_options_and_every_method(table_run):
    record = json.loads((table_run.folder / "run.json").read_text())
    assert record["settings"]["options"] == {"target": "state"}
    models = {score.model for score in table_run.scores}
    assert {"baseline: logistic regression", "baseline: gradient-boosted trees"} <= models
    assert table_run.scores.get(model="dense", metric="auc").value > 0.9
    page = (table_run.folder / "report.html").read_text()
    assert "Target: state (classification). Inputs: a (number), b (number): 2 features." in page
    assert "dense reaches a test auc of" in page


def test_new_rows_go_through_the_stored_network(table_run):
    network, about = load_network(table_run.folder / "model.safetensors")
    code = TableCode.from_dict(about["spec"]["code"])
    rows = read_table(table_run.folder.parent / "a.csv")
    told = np.asarray(network(code(rows))).argmax(-1)
    truth = np.array([about["classes"].index(cell) for cell in rows["state"]])
    assert (told == truth).mean() > 0.85


@pytest.mark.slow
def test_a_forecast_run_has_skill_and_blocks(tmp_path):
    t = np.arange(400)
    values = np.sin(2 * np.pi * t / 12) + 0.05 * np.random.default_rng(0).normal(size=400)
    (tmp_path / "a.csv").write_text("\n".join(["y", *map(str, values)]))
    options = {"target": "y", "window": "12", "horizon": "3", "season": "12"}
    result = run_task(
        "series", tmp_path / "run", data=tmp_path / "a.csv", options=options, model="dense", epochs=15
    )
    scores = result.scores
    assert scores.get(model="dense", metric="skill").value > 0.8
    assert scores.get(model="baseline: persistence", metric="skill").value == 0
    assert scores.get(model="baseline: seasonal persistence", metric="skill").value > 0.8
    assert scores.get(model="baseline: mean", metric="skill").value < 0.5
    page = (result.folder / "report.html").read_text()
    assert "Intervals draw blocks of 15 rows" in page


@pytest.mark.parametrize("name", ["gru", "tcn", "worm"])
def test_every_series_network_learns_and_sees_the_whole_window(name):
    task = TASKS["series"]
    data = task.read(None, options={"window": "6", "columns": "AVAL,AVAR,RIML"})
    task = task.fitted_to(data)
    model = task.models[name]
    network = model.build({**task.describe(data), "dropout": 0.0}, jax.random.key(0))
    fitted = fit(network, data.train, data.validation, task, model.settings_for(len(data.train), epochs=3))
    losses = [row["loss"] for row in fitted.history]
    assert losses[-1] < losses[0]
    x = np.asarray(data.test.x)[:4]
    changed = x.copy()
    changed[:, 0] += 1
    answer = eqx.filter_jit(lambda network, x: network(x))
    assert (
        network.body.own[0] == 0
    )  # so that only the network behind the linear part can have seen the first row
    before, after = (np.asarray(answer(network, part)) for part in (x, changed))
    assert (np.abs(after - before) > 1e-7 * network.sd).all()
    assert outputs_of(fitted.network, data.test, task.encode).shape == (len(data.test),)


def test_a_level_beyond_the_training_ones_is_followed():
    task = TASKS["series"]
    data = task.read(None, options={"window": "6", "columns": "AVAL,AVAR"})
    task = task.fitted_to(data)
    network = task.models["dense"].build({**task.describe(data), "dropout": 0.0}, jax.random.key(0))
    x = np.asarray(data.test.x)[:4]
    far, further = (np.asarray(network(x + shift)) for shift in (20, 120))
    np.testing.assert_allclose(further - far, 100 * network.sd, rtol=1e-4)
    # changes are seen, and a first answer is the last value and a little more
    assert np.abs(np.asarray(network(x)) - (network.mean + network.sd * x[:, -1, 0])).max() < network.sd
    assert (np.asarray(network(x)) != np.asarray(network(x[:, ::-1]))).all()


def test_units_of_change_are_those_of_the_training_part(tmp_path):
    rows = np.arange(200)
    steady = np.where(rows % 2, 1.0, -1.0)  # changes by two deviations, which are counted as one
    (tmp_path / "a.csv").write_text(
        "\n".join(["y,z", *(f"{a},{b}" for a, b in zip(rows, steady, strict=True))])
    )
    task = TASKS["series"]
    data = task.read(tmp_path / "a.csv", options={"target": "y", "window": "5", "horizon": "3"})
    spec = task.describe(data)
    sd = rows[:140].std()
    np.testing.assert_allclose(spec["change"], [np.sqrt((1 + 4 + 9 + 16) / 4) / sd, 1.0], rtol=1e-5)
    assert spec["step"] == pytest.approx(3 / np.std(data.train.y))


@pytest.mark.parametrize("name", ["autoregressive ridge", "gradient-boosted trees on lags"])
def test_simple_methods_follow_a_level_that_training_did_not_have(tmp_path, name):
    noise = np.random.default_rng(0).normal(size=300)
    (tmp_path / "a.csv").write_text("\n".join(["y", *map(str, np.arange(300) + 0.1 * noise)]))
    task = TASKS["series"]
    data = task.read(tmp_path / "a.csv", options={"target": "y", "window": "5", "horizon": "3"})
    task = task.fitted_to(data)
    told = task.baselines[name](task, data, 0)(data.test)
    # three rows ahead of a ramp: persistence is 3 off, a method that knows training levels alone 90 and more
    assert np.abs(told - data.test.y).mean() < 0.3


def test_members_answer_for_themselves_in_training_and_together_after_it():
    data = TASKS["table"].read(None, options={"sample": "breast_cancer"})
    task = TASKS["table"].fitted_to(data)
    network = task.models["mlp"].build({**task.describe(data), "dropout": 0.0}, jax.random.key(0))
    x = np.asarray(data.test.x)[:5]
    answer = eqx.filter_jit(lambda network, x, key: network(x, key))
    each, together = np.asarray(answer(network, x, jax.random.key(1))), np.asarray(answer(network, x, None))
    assert each.shape == (5, 8, 2) and each.std(1).min() > 0
    p = np.exp(each) / np.exp(each).sum(-1, keepdims=True)
    np.testing.assert_allclose(np.exp(together), p.mean(1), rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "options", "what"),
    [
        ("table", {"tarket": "a"}, "unknown option of the task table"),
        ("images", {"target": "a"}, "unknown option of the task images"),
        ("table", {"sample": "iris"}, "unknown sample"),
        ("series", {"horizon": "0"}, "horizon cannot be used"),
    ],
)
def test_a_wrong_option_is_told_and_leaves_nothing(tmp_path, name, options, what):
    with pytest.raises(InputError, match=what):
        run_task(name, tmp_path / "new", options=options)
    assert list(tmp_path.iterdir()) == []


def test_options_on_the_command_line():
    assert options_of(["target=y", " drop = a, b=c "]) == {"target": "y", "drop": "a, b=c"}
    for pairs, what in (
        (["target"], "no name or no value"),
        (["=y"], "no name"),
        (["a=1", "a=2"], "given twice"),
    ):
        with pytest.raises(InputError, match=what):
            options_of(pairs)


def test_the_list_names_the_options(capsys):
    task_list()
    said = capsys.readouterr().out
    for name in ("table", "series"):
        assert all(f"--option {option}=…" in said for option in TASKS[name].options)
