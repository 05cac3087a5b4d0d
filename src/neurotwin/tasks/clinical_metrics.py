"""What a reader of a diagnostic test asks for: ranks, probabilities, and sensitivity at a specificity that was fixed beforehand.

Two classes: the second one is what is looked for ("positive"). More classes: each against all others, and the mean over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurotwin.tasks.calibration import BINS, Calibration, claims, fit_calibration
from neurotwin.tasks.data import Examples
from neurotwin.tasks.metrics import CLASSIFICATION, log_probabilities
from neurotwin.tasks.ranking_metrics import area_under_roc, average_precision
from neurotwin.tasks.task import Metric, Settled, Statistic

SPECIFICITY = 0.9
"""That the threshold is chosen for."""
AT_THRESHOLD = "specificity_at_that_threshold"


def asked_for(n_classes: int) -> tuple[int, ...]:
    """The classes that are looked for."""
    return (1,) if n_classes == 2 else tuple(range(n_classes))


def class_scores(outputs: np.ndarray) -> np.ndarray:
    """Log probability of each class, less that of all others: log odds, ``[example, class]``."""
    p = log_probabilities(outputs)
    rest = np.stack([np.logaddexp.reduce(np.delete(p, k, axis=1), axis=1) for k in range(p.shape[1])], axis=1)
    return p - rest


def _mean_over_classes(of: Callable[[np.ndarray, np.ndarray], Statistic]) -> Any:
    def metric(outputs: np.ndarray, examples: Examples) -> Statistic:
        scores, y = class_scores(outputs), np.asarray(examples.y)
        each = [of(scores[:, k], y == k) for k in asked_for(outputs.shape[1])]

        def statistic(rows: np.ndarray) -> float:
            found = np.array([one(rows) for one in each])
            return float(found[np.isfinite(found)].mean()) if np.isfinite(found).any() else np.nan

        return statistic

    return metric


def brier(outputs: np.ndarray, examples: Examples) -> Statistic:
    """Mean squared difference of probability and outcome (Brier 1950), summed over classes; of two the second alone."""
    p = np.exp(log_probabilities(outputs))
    error = (p - np.eye(p.shape[1])[np.asarray(examples.y)]) ** 2
    each = error[:, 1] if p.shape[1] == 2 else error.sum(1)
    return lambda rows: float(each[rows].mean())


def calibration_error(outputs: np.ndarray, examples: Examples) -> Statistic:
    """Expected calibration error: |claimed - observed| in each bin, weighted by its examples (Naeini et al. 2015)."""
    p, so = claims(outputs, np.asarray(examples.y))
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    return lambda rows: float(
        np.abs(np.bincount(place[rows], weights=(p - so)[rows], minlength=BINS)).sum() / len(rows)
    )


@dataclass(frozen=True, eq=False)
class Thresholds:
    """For each class that is looked for, the log odds above which it is called."""

    by_class: dict[int, float]

    @classmethod
    def choose(cls, outputs: np.ndarray, y: np.ndarray, specificity: float = SPECIFICITY) -> Thresholds:
        """The lowest ones with at least this specificity on these examples."""
        scores, found = class_scores(outputs), {}
        for k in asked_for(outputs.shape[1]):
            others = np.sort(scores[y != k, k])
            found[k] = float(others[max(0, int(np.ceil(specificity * len(others) - 1e-9)) - 1)])
        return cls(found)

    def share(self, outputs: np.ndarray, examples: Examples, *, of_positives: bool) -> Statistic:
        """Sensitivity (the share of the positives that are called), or specificity (of the others that are not)."""
        scores, y = class_scores(outputs), np.asarray(examples.y)
        right = {
            k: (y == k, (scores[:, k] > t) if of_positives else (scores[:, k] <= t))
            for k, t in self.by_class.items()
        }

        def statistic(rows: np.ndarray) -> float:
            found = []
            for positive, correct in right.values():
                among = correct[rows][positive[rows] == of_positives]
                if len(among):
                    found.append(among.mean())
            return float(np.mean(found)) if found else np.nan

        return statistic


def settle(outputs: np.ndarray, validation: Examples) -> Settled:
    """Calibration and thresholds of one classifier from its scores on the validation part, with the metrics that use them."""
    y = np.asarray(validation.y)
    calibration = fit_calibration(outputs, y)
    thresholds = Thresholds.choose(calibration(outputs), y)
    percent = f"{SPECIFICITY:.0%}".rstrip("%")

    def before(
        of: Callable[[np.ndarray, Examples], Statistic], calibration: Calibration = calibration
    ) -> Any:
        return lambda outputs, examples: of(calibration.undo(outputs), examples)

    log_loss = next(metric for metric in CLASSIFICATION if metric.name == "log_loss")
    found = [
        Metric(
            f"sensitivity_at_{percent}_specificity",
            lambda outputs, examples: thresholds.share(outputs, examples, of_positives=True),
        ),
        Metric(
            AT_THRESHOLD,
            lambda outputs, examples: thresholds.share(outputs, examples, of_positives=False),
        ),
    ]
    for name, of, unit in (
        ("calibration_error", calibration_error, ""),
        ("brier", brier, ""),
        ("log_loss", log_loss.of, "nats"),
    ):
        if name != "log_loss":  # it is among the task's own
            found.append(Metric(name, of, unit, higher_is_better=False))
        found.append(Metric(f"{name}_uncalibrated", before(of), unit, higher_is_better=False))
    facts = {
        "scale": calibration.scale,
        "shift": calibration.shift.tolist(),
        "threshold_log_odds": {str(k): t for k, t in thresholds.by_class.items()},
    }
    return Settled(calibration, calibration.into, tuple(found), facts)


CLINICAL = (
    Metric("auc", _mean_over_classes(area_under_roc)),
    Metric("average_precision", _mean_over_classes(average_precision)),
    *(metric for metric in CLASSIFICATION if metric.name != "macro_f1"),
)
"""Metrics of scores ``[example, class]`` that need nothing from the validation part."""
