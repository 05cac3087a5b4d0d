"""``neurotwin transfer adapt`` and ``fidelity``: whole runs on little data, and no traceback for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from transfer_networks import worm_twin

from neurotwin._base.errors import InputError
from neurotwin.cli import main
from neurotwin.evaluation import Scorecard
from neurotwin.network import Twin
from neurotwin.pipeline.adaptation import run_adapt
from neurotwin.pipeline.fidelity import run_fidelity
from neurotwin.tasks import TASKS, outputs_of
from neurotwin.tasks.storage import load_network
from neurotwin.transfer.adapt import halves
from neurotwin.transfer.storage import load_adapted


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    return run_adapt(
        tmp_path_factory.mktemp("adapt") / "a", model="dense", methods=("frozen", "lora"), draws=2, epochs=2
    )


def test_a_run_of_adapt_leaves_what_is_promised(adapted):
    names = {path.name for path in adapted.folder.iterdir()}
    assert {"run.json", "pretrained.safetensors", "scores.csv", "costs.csv", "report.html", "models"} <= names
    assert json.loads((adapted.folder / "run.json").read_text())["status"] == "complete"
    card = Scorecard.from_csv(adapted.folder / "scores.csv")
    for model in (
        "lora",
        "baseline: from scratch",
        "difference: lora - from scratch",
        "baseline: softmax regression",
    ):
        score = card.get(metric="accuracy", model=model)
        assert score.low <= score.value <= score.high
    costs = pd.read_csv(adapted.folder / "costs.csv").set_index("model")
    assert (
        costs.loc["frozen", "trained"]
        < costs.loc["lora", "trained"]
        < costs.loc["baseline: from scratch", "trained"]
    )
    page = (adapted.folder / "report.html").read_text()
    for words in ("CC BY 4.0", "from 0/1/2/3/4 to 5/6/7/8/9", "was not tested", "lora is"):
        assert words in page


def test_the_adapted_network_is_merged_and_can_be_used(adapted):
    network, about = load_network(adapted.folder / "models" / "lora.safetensors")
    target = halves(TASKS["images"].load(None, False)).target
    assert about["classes"] == list(target.classes)
    right = outputs_of(network, target.test, TASKS["images"].encode).argmax(-1) == target.test.y
    small, told = load_adapted(
        adapted.folder / "adapted" / "lora.safetensors",
        load_network(adapted.folder / "pretrained.safetensors")[0],
    )
    assert told["method"] == "lora"
    ours, theirs = (outputs_of(n, target.test, TASKS["images"].encode) for n in (small, network))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    with pytest.raises(InputError, match="the file is no adaptation"):
        load_adapted(adapted.folder / "pretrained.safetensors", small)
    # the scores are means over two draws, the file is of the first
    assert abs(right.mean() - adapted.scores.get(model="lora").value) < 0.25
    assert right.mean() > 0.3


@pytest.mark.slow
def test_a_run_of_fidelity_puts_accuracy_beside_what_is_left(tmp_path):
    (tmp_path / "old" / "twins").mkdir(parents=True)
    for name in ("twin", "permuted"):
        worm_twin().save(tmp_path / "old" / "twins" / f"{name}.safetensors")
    found = run_fidelity(
        tmp_path / "run", methods=("frozen", "full"), epochs=1, first=192, twins=tmp_path / "old"
    )
    for name in ("twin", "null: permuted"):
        assert found.scores.get(metric="cosmoothing_r_retained", model=f"{name}, frozen").value == 1
        assert found.scores.get(metric="weight_distance", model=f"{name}, full").value > 0
        assert 0 <= found.scores.get(metric="accuracy", model=f"{name}, full").value <= 1
    old, new = (Twin.load(tmp_path / "run" / "twins" / f"{n}.safetensors") for n in ("twin", "twin-full"))
    assert not jnp.array_equal(old.parameters.directed, new.parameters.directed)
    np.testing.assert_array_equal(old.parameters.observer, new.parameters.observer)
    page = (tmp_path / "run" / "report.html").read_text()
    for words in ("Fidelity budget", "by construction", "shuffled twin", "Dag"):
        assert words in page


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("adapt --model wurm", "unknown network of the task images"),
        ("adapt --methods lorra", "unknown adaptation method"),
        ("adapt --shots 0", "the number of examples a class cannot be used"),
        ("adapt --shots 1000", "a class has fewer training examples"),
        ("adapt --draws 0", "the number of draws cannot be used"),
        ("adapt --data nothing-here", "there is no such file or folder"),
        ("fidelity --animal worn", "unknown animal"),
        ("fidelity --animal larva", "the larva's connectome does not come with the package"),
        ("fidelity --methods lorra", "unknown adaptation method"),
        ("fidelity --anchors strong", "--anchors is no list of numbers"),
        ("fidelity --first 50", "a batch is larger than the training part"),
        ("fidelity --first -1", "the number of training images cannot be used"),
    ],
)
def test_a_mistake_is_told_and_leaves_nothing(monkeypatch, capsys, tmp_path, arguments, what):
    monkeypatch.delenv("NEUROTWIN_DATA", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
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
