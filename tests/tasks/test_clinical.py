"""Calibration and clinical measures against hand-worked values and scikit-learn."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from sklearn import metrics as sk

from neurotwin.tasks import Examples
from neurotwin.tasks.calibration import claims, fit_calibration, reliability
from neurotwin.tasks.clinical_metrics import (
    CLINICAL,
    Thresholds,
    brier,
    calibration_error,
    class_scores,
    settle,
)
from neurotwin.tasks.metrics import log_probabilities
from neurotwin.tasks.networks import DenseNetwork

RNG = np.random.default_rng(0)
ROWS = np.arange(400)
OF = {metric.name: metric.of for metric in CLINICAL}


def drawn(n_classes, n=400, wrong_scale=1.0, prior=None):
    """Scores whose softmax is the truth, then stretched; answers drawn from that truth."""
    true = RNG.normal(size=(n, n_classes)) * 1.5 + (0 if prior is None else np.log(prior))
    p = np.exp(log_probabilities(true))
    y = np.array([RNG.choice(n_classes, p=row) for row in p])
    return true * wrong_scale, Examples(np.zeros((n, 1)), y)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_ranks_are_those_of_scikit_learn_also_with_ties_and_repeated_rows(n_classes):
    outputs, examples = drawn(n_classes)
    outputs = outputs.round(0)
    for rows in (ROWS, RNG.integers(400, size=400)):
        y, p = examples.y[rows], class_scores(outputs)[rows]
        auc = (
            sk.roc_auc_score(y, p[:, 1])
            if n_classes == 2
            else np.mean([sk.roc_auc_score(y == k, p[:, k]) for k in range(n_classes)])
        )
        precision = np.mean(
            [
                sk.average_precision_score(y == k, p[:, k])
                for k in ([1] if n_classes == 2 else range(n_classes))
            ]
        )
        assert OF["auc"](outputs, examples)(rows) == pytest.approx(auc)
        assert OF["average_precision"](outputs, examples)(rows) == pytest.approx(precision)


def test_class_scores_are_log_odds():
    outputs = RNG.normal(size=(5, 3))
    p = np.exp(log_probabilities(outputs))
    np.testing.assert_allclose(class_scores(outputs), np.log(p / (1 - p)))


def test_no_positive_drawn_gives_no_area():
    outputs, examples = drawn(2)
    assert np.isnan(OF["auc"](outputs, examples)(np.flatnonzero(examples.y == 0)))


def test_brier_is_that_of_scikit_learn():
    outputs, examples = drawn(2)
    p = np.exp(log_probabilities(outputs))[:, 1]
    assert brier(outputs, examples)(ROWS) == pytest.approx(sk.brier_score_loss(examples.y, p))


def test_the_calibration_error_by_hand():
    # two bins: claimed 0.25 and 0 of 2 so; claimed 0.95 and 1 of 2 so: (2 · 0.25 + 2 · 0.45) / 4
    p = np.array([0.25, 0.25, 0.95, 0.95])
    outputs = np.stack([np.log(1 - p), np.log(p)], axis=1)
    examples = Examples(np.zeros((4, 1)), np.array([0, 0, 1, 0]))
    assert calibration_error(outputs, examples)(np.arange(4)) == pytest.approx(0.35)
    count, claimed, observed = reliability(*claims(outputs, examples.y))
    assert count.tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0, 2]
    assert claimed[[2, 9]] == pytest.approx([0.25, 0.95])
    assert observed[[2, 9]] == pytest.approx([0, 0.5])


@pytest.mark.parametrize(("n_classes", "stretch"), [(2, 4.0), (2, 0.25), (3, 4.0)])
def test_calibration_finds_the_stretch_that_was_applied(n_classes, stretch):
    outputs, examples = drawn(n_classes, n=4000, wrong_scale=stretch)
    found = fit_calibration(outputs, examples.y)
    assert found.scale * stretch == pytest.approx(1, abs=0.12)
    assert found.shift == pytest.approx(np.zeros(n_classes), abs=0.12)
    assert calibration_error(found(outputs), examples)(np.arange(4000)) < 0.03
    assert calibration_error(outputs, examples)(np.arange(4000)) > 0.08
    np.testing.assert_allclose(found.undo(found(outputs)), outputs, atol=1e-9)


def test_calibration_finds_a_shift_of_the_shares():
    outputs, examples = drawn(2, n=4000, prior=[0.5, 0.5])
    found = fit_calibration(outputs + np.array([0.0, 2.0]), examples.y)
    assert found.shift[1] == pytest.approx(-2 * found.scale, abs=0.15)


def test_a_classifier_without_mistakes_is_not_made_certain():
    outputs = np.array([[1.0, 0.0], [0.0, 1.0]] * 10)
    p = np.exp(log_probabilities(fit_calibration(outputs, np.arange(20) % 2)(outputs)))
    assert p.max() == pytest.approx(11 / 12, abs=1e-3)  # Platt's target: (10 + 1) / (10 + 2)


def test_the_network_itself_becomes_calibrated():
    network = DenseNetwork(
        {"shape": (8, 8, 1), "classes": 2, "mean": 0.5, "sd": 0.3, "parameters": 200}, jax.random.key(0)
    )
    x = RNG.random((30, 8, 8, 1), dtype=np.float32)
    found = fit_calibration(np.asarray(network(x)), RNG.integers(2, size=30))
    np.testing.assert_allclose(found.into(network)(x), found(np.asarray(network(x))), atol=1e-5)


def test_a_threshold_is_the_lowest_with_the_specificity():
    margin = np.r_[np.arange(10.0), np.arange(5.0, 15.0)]
    outputs, y = np.stack([np.zeros(20), margin], axis=1), np.repeat([0, 1], 10)
    chosen = Thresholds.choose(outputs, y, 0.9)
    assert chosen.by_class == pytest.approx({1: 8.0})
    examples = Examples(np.zeros((20, 1)), y)
    assert chosen.share(outputs, examples, of_positives=False)(np.arange(20)) == pytest.approx(0.9)
    assert chosen.share(outputs, examples, of_positives=True)(np.arange(20)) == pytest.approx(0.6)


def test_what_is_settled_comes_from_the_validation_part_alone():
    outputs, validation = drawn(2, wrong_scale=3.0)
    settled = settle(outputs, validation)
    named = {metric.name: metric.of for metric in settled.metrics}
    other, test = drawn(2, wrong_scale=3.0)
    told = settled.adjust(other)
    specificity = named["specificity_at_that_threshold"]
    assert specificity(settled.adjust(outputs), validation)(ROWS) == pytest.approx(0.9, abs=0.01)
    assert specificity(told, test)(ROWS) != pytest.approx(
        specificity(settled.adjust(outputs), validation)(ROWS)
    )
    assert named["brier_uncalibrated"](told, test)(ROWS) == pytest.approx(brier(other, test)(ROWS))
    assert named["brier"](told, test)(ROWS) < named["brier_uncalibrated"](told, test)(ROWS)
