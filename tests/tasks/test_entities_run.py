"""``neurotwin task entities`` as a whole, on a small made-up text; a pretrained body and its own learning rate."""

from __future__ import annotations

import json
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest
import tiny_bert

from neurotwin._base.errors import InputError
from neurotwin.cli import main
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.contestants import contestants
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, Settings, fit, outputs_of
from neurotwin.tasks.readers.bert import read_bert
from neurotwin.tasks.storage import load_network

pytestmark = pytest.mark.usefixtures("compile_quickly")

SHORT = {"epochs": 1, "batch": 16}
ONE_LAYER = {"num_hidden_layers": 1, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    """120 sentences: whoever has a capital letter after "in" is a place, and a person elsewhere."""
    rng = np.random.default_rng(0)
    names = ["".join(rng.choice(list("abcdeilmnorst"), 5)).capitalize() for _ in range(60)]
    lines = []
    for _ in range(120):
        person, place = rng.choice(names, 2, replace=False)
        lines += [f"{person} B-PER", "lives O", "in O", f"{place} B-LOC", ". O", ""]
    path = tmp_path_factory.mktemp("text") / "made.conll"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    """What makes a whole encoder slow to compile is left out: its layers and their dropout are tested by themselves."""
    return tiny_bert.write(tmp_path_factory.mktemp("bert"), **ONE_LAYER)


@pytest.fixture(scope="module")
def encoded(text, bert, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "encoder"
    return run_task("entities", out, data=text, model="encoder", encoder=bert, **SHORT)


def test_the_recurrent_tagger_learns_and_leaves_what_is_promised(text, tmp_path) -> None:
    done = run_task("entities", tmp_path / "run", data=text, epochs=5, batch=8, learning_rate=1e-2)
    assert done.scores.get(model="bilstm-crf", metric="entity_f1").value > 0.95
    card = Scorecard.from_csv(done.folder / "scores.csv")
    assert {score.metric for score in card} == {
        "entity_f1", "entity_precision", "entity_recall", "token_accuracy", "entity_f1_LOC", "entity_f1_PER",
    }  # fmt: skip
    assert {"baseline: window, same size", "baseline: features and regression"} <= {s.model for s in card}
    page = (done.folder / "report.html").read_text()
    assert "made.conll" in page
    assert "tags were read as IOB2" in page


@pytest.mark.slow
def test_an_encoder_run_names_its_encoder_and_its_rival_from_random_weights(encoded, bert) -> None:
    record = json.loads((encoded.folder / "run.json").read_text())
    assert record["settings"]["encoder"] == bert.name
    assert len(record["settings"]["encoder_sha256"]) == 64
    assert (
        record["settings"]["training"]["body_rate"] == TASKS["entities"].models["encoder"].settings.body_rate
    )
    assert len(set(record["parameters"].values())) == 1
    assert "baseline: transformer, same size" in {score.model for score in encoded.scores}
    page = (encoded.folder / "report.html").read_text()
    assert f"pretrained encoder: {bert.name}" in page
    assert "far more text than the training part" in page


@pytest.mark.slow
def test_a_stored_encoder_answers_without_its_folder(encoded, text) -> None:
    task = TASKS["entities"]
    network, about = load_network(encoded.folder / "model.safetensors")
    data = task.load(text, False)
    about["spec"]["encoder"]["folder"] = "/nowhere"
    encode = task.encoder_of("encoder", about["spec"])
    ours, theirs = (outputs_of(n, data.test, encode) for n in (network, encoded.network))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_a_frozen_encoder_trains_the_head_alone(text, bert, tmp_path) -> None:
    done = run_task("entities", tmp_path / "run", data=text, model="encoder-frozen", encoder=bert, **SHORT)
    record = json.loads((done.folder / "run.json").read_text())
    sizes = record["parameters"]
    more = 2 * 4 * 96 * tiny_bert.WIDTH  # the LSTMs' weights on the vectors, and nothing of the encoder
    assert sizes["encoder-frozen"] - sizes["baseline: bilstm-crf, same size"] == more


@pytest.mark.parametrize(
    ("width", "label"), [(8, "baseline: bilstm-crf, same size"), (384, "baseline: bilstm-crf")]
)
def test_a_rival_is_of_the_same_size_only_where_it_is(bert, width, label) -> None:
    """The bilstm-crf cannot grow with the vectors of a wide encoder, and once was called of the same size all the same."""
    task = TASKS["entities"]
    found = read_bert(bert).spec["encoder"]
    data = {"tags": ["O", "B-PER", "I-PER"], "words": [1, 2], "counts": [1, 1], "dropout": 0.0}
    spec = {**data, "encoder": {**found, "form": {**found["form"], "hidden_size": width}}}
    names = [one.name for one in contestants(task, "encoder-frozen", spec, Settings(), None)]
    assert names == ["encoder-frozen", label]


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_body_rate_that_is_none_is_refused(rate) -> None:
    with pytest.raises(InputError, match="body_rate is not usable"):
        Settings(body_rate=rate)


class _TwoParts(eqx.Module):
    body: eqx.nn.Linear
    head: eqx.nn.Linear

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        flat = x.reshape(len(x), -1)
        return jax.vmap(self.head)(jax.nn.tanh(jax.vmap(self.body)(flat)))


def test_the_body_moves_by_its_share_of_the_learning_rate() -> None:
    task = TASKS["images"]
    data = task.load(None, False)
    keys = jax.random.split(jax.random.key(0))
    network = _TwoParts(eqx.nn.Linear(64, 4, key=keys[0]), eqx.nn.Linear(4, 10, key=keys[1]))
    for rate in (1.0, 0.01):
        settings = Settings(
            epochs=1, batch=len(data.train), learning_rate=1e-3, schedule="constant", body_rate=rate
        )
        fitted = fit(network, data.train, data.validation, task, settings).network
        moved = [
            np.abs(getattr(fitted, part).weight - getattr(network, part).weight).max()
            for part in ("body", "head")
        ]
        # Adam's first step is the learning rate, whatever the slope
        np.testing.assert_allclose(moved, [rate * 1e-3, 1e-3], rtol=0.05)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("--encoder nothing-here --model encoder", "there is no such folder"),
        ("--encoder . --model bilstm-crf", "the network bilstm-crf begins from no pretrained encoder"),
        ("--encoder . --model encoder", "the folder has no config.json"),
        ("--body-rate 0", "body_rate is not usable"),
    ],
)
def test_a_mistake_is_told_and_leaves_nothing(monkeypatch, capsys, tmp_path, arguments, what) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["neurotwin", "task", "entities", *arguments.split(), "--out", "new"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert what in told.splitlines()[0]
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_extra_is_named(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr("neurotwin.tasks.readers.bert.PACKAGE", "no_such_package_here")
    monkeypatch.setattr(
        "sys.argv", ["neurotwin", "task", "entities", "--model", "encoder", "--out", str(tmp_path / "new")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code
    assert "neurotwin[nlp]" in told
    assert "--encoder FOLDER" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []
