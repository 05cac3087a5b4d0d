"""A whole run of the task medical on a small file of bright and dark spots."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, outputs_of
from neurotwin.tasks.storage import load_network

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng, arrays = np.random.default_rng(0), {}
    for part, n, share in (("train", 300, 0.9), ("val", 120, 0.7), ("test", 120, 0.5)):
        y = (rng.random(n) < share).astype(np.uint8)
        x = rng.normal(100, 30, (n, 12, 12))
        x[:, 4:8, 4:8] += 18 * y[:, None, None]
        arrays |= {f"{part}_images": x.clip(0, 255).astype(np.uint8), f"{part}_labels": y[:, None]}
    path = tmp_path_factory.mktemp("data") / "spots.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def done(file, tmp_path_factory):
    return run_task("medical", tmp_path_factory.mktemp("runs") / "a", data=file, epochs=4, batch=30)


def test_calibration_helps_where_the_shares_differ(done):
    card = Scorecard.from_csv(done.folder / "scores.csv")
    for model in ("cnn", "baseline: dense, same size"):
        after, before = (card.get(model=model, metric=m).value for m in ("log_loss", "log_loss_uncalibrated"))
        assert after < before
    assert card.get(model="cnn", metric="auc").value > 0.8
    names = {score.metric for score in card.select(model="baseline: gradient-boosted trees")}
    assert {"sensitivity_at_90_specificity", "specificity_at_that_threshold", "calibration_error"} <= names


def test_the_stored_network_is_the_calibrated_one(done, file):
    network, _ = load_network(done.folder / "model.safetensors")
    data = TASKS["medical"].load(file, False)
    outputs = outputs_of(network, data.test, TASKS["medical"].encode).astype(np.float64)
    p = 1 / (1 + np.exp(outputs[:, 0] - outputs[:, 1]))
    stored = Scorecard.from_csv(done.folder / "scores.csv").get(model="cnn", metric="brier").value
    assert ((p - data.test.y) ** 2).mean() == pytest.approx(stored, abs=1e-5)
    settled = json.loads((done.folder / "run.json").read_text())["settled"]["cnn"]
    assert settled["scale"] > 0
    assert settled["shift"][1] < 0  # nine of ten are ill in training, seven in validation


def test_the_report_tells_shares_calibration_and_the_check_of_saliency(done):
    page = (done.folder / "report.html").read_text()
    for words in (
        "Shares of the classes: train",
        "calibrated on the validation part",
        "90% specificity on the validation part. On the test part specificity is then",
        "maps of an untrained network is",
        "This is no medical device",
    ):
        assert words in page
    assert {path.stem for path in (done.folder / "figures").iterdir()} >= {"reliability", "saliency"}
