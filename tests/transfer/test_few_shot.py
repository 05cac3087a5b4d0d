"""Few-shot evaluation: divisions, draws, methods against slow oracles, and one short run."""

from __future__ import annotations

import json

import jax
import numpy as np
import pandas as pd
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.few_shot import run_few_shot
from neurotwin.tasks import TASKS
from neurotwin.transfer.few_shot import ON_VECTORS, FewShotSettings, divide, draws, features, fine_tuned

TASK = TASKS["images"]


@pytest.fixture(scope="module")
def digits():
    return TASK.load(None, False)


@pytest.fixture(scope="module")
def network():
    spec = {"shape": (8, 8, 1), "classes": 5, "mean": 5.0, "sd": 6.0, "dropout": 0.0, "parameters": 4000}
    return TASK.models["dense"].build(spec, jax.random.key(0))


def test_the_body_never_meets_a_new_class(digits):
    division = divide(digits, 4, 2)
    assert set(division.new) | set(division.base.classes) == set(digits.classes)
    assert not set(division.new) & set(division.base.classes)
    new = {x.tobytes() for part in (division.pool, division.queries) for x in part.x}
    assert not any(x.tobytes() in new for part in division.base.parts().values() for x in part.x)
    assert len(division.base.test) + len(division.queries) == len(digits.test)
    # numbered in the order of their names
    row = int(np.flatnonzero(np.asarray(division.queries.y) == 1)[0])
    was = next(i for i, x in enumerate(digits.test.x) if (x == division.queries.x[row]).all())
    assert digits.classes[int(digits.test.y[was])] == division.new[1]


@pytest.mark.parametrize("n", [1, 9])
def test_too_few_classes_on_a_side_are_refused(digits, n):
    with pytest.raises(InputError, match="the classes cannot be divided so"):
        divide(digits, n, 0)


def test_draws_hold_k_of_each_class_and_grow():
    y = np.repeat([0, 1, 2], 8)
    one, four = draws(y, 1, 6, 0), draws(y, 4, 6, 0)
    assert one.shape == (6, 3) and four.shape == (6, 12)
    np.testing.assert_array_equal(y[four], np.tile(np.repeat([0, 1, 2], 4), (6, 1)))
    assert all(len(set(row)) == 12 for row in four.tolist())
    np.testing.assert_array_equal(four[:, ::4], one)
    assert len({tuple(row) for row in one.tolist()}) > 3
    with pytest.raises(InputError, match="too few examples to draw from"):
        draws(y, 9, 2, 0)


def test_the_prototype_is_the_nearest_mean():
    rng = np.random.default_rng(0)
    drawn, y, queries = rng.normal(size=(12, 5)), np.repeat([0, 1, 2], 4), rng.normal(size=(40, 5))
    slow = [min(range(3), key=lambda c: float(((q - drawn[y == c].mean(0)) ** 2).sum())) for q in queries]
    np.testing.assert_array_equal(ON_VECTORS["prototype"](drawn, y, queries), slow)


@pytest.mark.parametrize("name", ON_VECTORS)
def test_every_method_tells_clouds_apart_at_any_scale(name):
    rng = np.random.default_rng(0)
    centres = 6 * np.eye(3, 4)
    y, truth = np.repeat([0, 1, 2], 3), np.repeat([0, 1, 2], 50)
    drawn, queries = (centres[c] + rng.normal(size=(len(c), 4)) for c in (y, truth))
    for scale in (1.0, 1e-3):
        assert (ON_VECTORS[name](scale * drawn + 2, y, scale * queries + 2) == truth).mean() > 0.95


def test_features_are_what_the_read_out_reads(network, digits):
    found = features(network, digits.test, TASK.encode)
    assert found.shape == (len(digits.test), network.out.in_features)
    scores = found @ np.asarray(network.out.weight).T + np.asarray(network.out.bias)
    np.testing.assert_allclose(
        scores[:50], network(jax.numpy.asarray(digits.test.x[:50])), rtol=1e-4, atol=1e-4
    )


def test_fine_tuning_learns_and_starts_from_nothing(network, digits):
    division = divide(digits, 3, 0)
    rows = draws(np.asarray(division.pool.y), 10, 2, 0)
    x, y = np.asarray(division.pool.x)[rows], np.asarray(division.pool.y)[rows[0]]
    queries, truth = np.asarray(division.queries.x), np.asarray(division.queries.y)
    untouched = fine_tuned(network, x, y, queries, steps=0)
    assert (untouched == 0).all()
    learned = fine_tuned(network, x, y, queries)
    assert learned.shape == (2, len(truth))
    assert ((learned == truth).mean(-1) > 0.85).all()
    assert (learned[0] != learned[1]).any()


def test_a_network_without_read_out_is_refused(digits):
    with pytest.raises(InputError, match="no read-out to be replaced"):
        features(lambda x: x, digits.test, TASK.encode)


@pytest.mark.parametrize(
    ("options", "what"),
    [({"shots": (1, 1)}, "shots are not usable"), ({"draws": 1}, "draws is not usable")],
)
def test_settings_that_cannot_be_used_are_refused(options, what):
    with pytest.raises(InputError, match=what):
        FewShotSettings(**options)


@pytest.mark.slow
def test_a_whole_run(tmp_path):
    result = run_few_shot(tmp_path / "run", examples=400, shots=(1, 5), draws=3, seeds=1)
    assert {path.name for path in result.folder.iterdir()} == {
        "run.json", "history.csv", "scores.csv", "report.html", "figures",
    }  # fmt: skip
    card = Scorecard.from_csv(result.folder / "scores.csv")
    assert {score.split for score in card} == {"test"}
    history = pd.read_csv(result.folder / "history.csv")
    for name, method, body in (("prototype on dense", "prototype", "dense"),
                               ("baseline: read-out on pixels", "read-out", "pixels")):  # fmt: skip
        rows = history[(history.method == method) & (history.body == body) & (history.k == 5)]
        assert len(rows) == 3
        assert card.get(model=name, metric="accuracy_k5").value == pytest.approx(
            rows.accuracy.mean(), abs=1e-6
        )
    assert json.loads((result.folder / "run.json").read_text())["status"] == "complete"
    page = (result.folder / "report.html").read_text()
    assert "Zero-shot is not measured" in page and "CC BY 4.0" in page
