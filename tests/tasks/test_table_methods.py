"""Metrics and simple methods of the tasks table and series against scikit-learn and hand-worked values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.linear_model import Ridge

from neurotwin.tasks import TASKS, Examples
from neurotwin.tasks.ranking_metrics import AUC, AVERAGE_PRECISION
from neurotwin.tasks.regression_metrics import REGRESSION
from neurotwin.tasks.series import scaled_error, skill
from neurotwin.tasks.series_baselines import persistence, random_kernels, seasonal_persistence
from neurotwin.tasks.tabular_baselines import boosted_trees, linear, ridge_path

RNG = np.random.default_rng(0)
DRAWN = RNG.integers(200, size=200)


@pytest.mark.parametrize("rows", [np.arange(200), DRAWN])
def test_ranking_measures_are_those_of_scikit_learn(rows):
    score = np.round(RNG.normal(size=200), 1)  # with ties
    y = (score + RNG.normal(size=200) > 0.5).astype(int)
    outputs = np.stack([np.zeros(200), score], 1)
    examples = Examples(np.zeros((200, 1)), y)
    assert AUC.of(outputs, examples)(rows) == pytest.approx(sk.roc_auc_score(y[rows], score[rows]))
    expected = sk.average_precision_score(y[rows], score[rows])
    assert AVERAGE_PRECISION.of(outputs, examples)(rows) == pytest.approx(expected)


def test_auc_of_three_classes_is_the_mean_of_each_against_the_rest():
    y = RNG.integers(3, size=90)
    p = RNG.dirichlet(np.ones(3), 90)
    told = AUC.of(np.log(p), Examples(np.zeros((90, 1)), y))(np.arange(90))
    assert told == pytest.approx(sk.roc_auc_score(y, p, multi_class="ovr"))


def test_auc_without_positives_is_not_defined():
    assert np.isnan(AUC.of(np.zeros((3, 2)), Examples(np.zeros((3, 1)), np.zeros(3, int)))(np.arange(3)))


@pytest.mark.parametrize("rows", [np.arange(200), DRAWN])
def test_measures_of_numbers_are_those_of_the_libraries(rows):
    from scipy.stats import spearmanr

    y = RNG.normal(size=200)
    told = y + RNG.normal(size=200)
    values = [metric.of(told, Examples(np.zeros((200, 1)), y))(rows) for metric in REGRESSION]
    assert values == pytest.approx(
        [
            sk.r2_score(y[rows], told[rows]),
            sk.mean_absolute_error(y[rows], told[rows]),
            sk.root_mean_squared_error(y[rows], told[rows]),
            spearmanr(y[rows], told[rows])[0],
        ]
    )


@pytest.mark.parametrize("shape", [(40, 7), (9, 30)])
def test_ridge_is_that_of_scikit_learn(shape):
    x, y = RNG.normal(size=shape) + 3, RNG.normal(size=shape[0])
    weights, bias = ridge_path(x, y, np.array([0.1, 10.0]))
    for i, penalty in enumerate((0.1, 10.0)):
        expected = Ridge(penalty).fit(x, y)
        np.testing.assert_allclose(weights[:, i], expected.coef_, atol=1e-8)
        assert bias[i] == pytest.approx(expected.intercept_)


@pytest.fixture(scope="module")
def sample():
    return {name: TASKS[name].read(None) for name in ("table", "series")}


def test_linear_and_trees_are_no_straw_men(sample):
    data = sample["table"]
    task = TASKS["table"].fitted_to(data)
    rows = np.arange(len(data.validation))
    told = [
        task.metrics[0].of(make(task, data, 0)(data.validation), data.validation)(rows)
        for make in (linear, boosted_trees)
    ]
    assert min(told) > 0.3
    cancer = TASKS["table"].read(None, options={"sample": "breast_cancer"})
    fitted = TASKS["table"].fitted_to(cancer)
    rows = np.arange(len(cancer.validation))
    for make in (linear, boosted_trees):
        assert (
            fitted.metrics[0].of(make(fitted, cancer, 0)(cancer.validation), cancer.validation)(rows) > 0.97
        )


def test_persistence_has_no_skill_and_the_truth_has_all(sample):
    data = sample["series"]
    rows = np.arange(len(data.test))
    told = persistence(TASKS["series"], data, 0)(data.test)
    assert skill(data).of(told, data.test)(rows) == 0
    assert skill(data).of(np.asarray(data.test.y), data.test)(rows) == 1
    on_train = scaled_error(data).of(persistence(TASKS["series"], data, 0)(data.train), data.train)
    assert on_train(np.arange(len(data.train))) == pytest.approx(1)


def test_the_value_a_season_before(tmp_path):
    lines = [f"{i % 6}" for i in range(120)]
    (tmp_path / "a.csv").write_text("\n".join(["y", *lines]))
    data = TASKS["series"].read(
        tmp_path / "a.csv", options={"target": "y", "season": "6", "window": "8", "horizon": "2"}
    )
    told = seasonal_persistence(TASKS["series"], data, 0)(data.test)
    np.testing.assert_allclose(told, data.test.y, atol=1e-5)
    assert np.abs(persistence(TASKS["series"], data, 0)(data.test) - data.test.y).min() > 1.9


def test_random_kernels_tell_frequencies_apart(sample):
    t = np.arange(60)
    y = np.arange(40) % 2
    x = np.sin(t * np.where(y, 1.5, 0.5)[:, None] + RNG.uniform(0, 6, 40)[:, None])[:, :, None].astype(
        np.float32
    )
    examples = Examples(x, y)
    data = replace(
        sample["series"], train=examples, validation=examples, test=examples, classes=("slow", "fast")
    )
    new = np.sin(t * 1.5 + 1.0)[None, :, None].astype(np.float32)
    told = random_kernels(TASKS["series"], data, 0)(Examples(new, np.array([1])))
    assert told.argmax(-1).tolist() == [1]
