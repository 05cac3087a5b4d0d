"""The figures that the worm twin is to reach, as data, and the check of a scorecard against them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from neurotwin.evaluation.scorecard import Score, Scorecard

STATUSES = ("reached aim", "reached", "not reached", "not measured")


@dataclass(frozen=True)
class Target:
    """One figure to reach.

    Parameters
    ----------
    name
        In words.
    family, metric, split, model
        Which score; ``model`` may hold wildcards ("twin*"), and then the best of those that fit counts.
    minimum, aim
        What is asked at least, and hoped for. With ``relative_to`` both are added to that model's value
        (``aim`` not where ``aim_absolute``).
    relative_to
        A model or wildcard; the best of those that fit is the reference.
    aim_absolute
        The aim is a value of its own although the minimum is relative.
    clear_of_zero
        The interval's low end must be above 0 as well.
    """

    name: str
    family: str
    metric: str
    split: str
    model: str
    minimum: float
    aim: float
    relative_to: str | None = None
    aim_absolute: bool = False
    clear_of_zero: bool = False


def _forecast(horizon: int) -> Target:
    name = f"forecasting r at {horizon} frame{'s' if horizon > 1 else ''}"
    metric = f"forecast_r_{horizon}"
    return Target(
        name, "function", metric, "held_out_time", "twin", 0.0, 0.05, relative_to="baseline: persistence"
    )


def _permuted(split: str, words: str) -> Target:
    return Target(
        f"co-smoothing r, connectome minus permuted connectome, {words}",
        "function",
        "cosmoothing_r",
        split,
        "difference: twin - permuted",
        0.10,
        0.15,
        clear_of_zero=True,
    )


TARGETS: tuple[Target, ...] = (
    Target(
        "co-smoothing r, later time, connectome twin",
        "function",
        "cosmoothing_r",
        "held_out_time",
        "twin",
        0.50,
        0.58,
    ),
    Target(
        "co-smoothing r, later time, best twin of any design",
        "function",
        "cosmoothing_r",
        "held_out_time",
        "twin*",
        0.0,
        0.05,
        relative_to="baseline: ridge",
    ),
    Target(
        "co-smoothing r, a worm never seen, connectome twin",
        "function",
        "cosmoothing_r",
        "held_out_animal",
        "twin",
        0.42,
        0.50,
    ),
    _permuted("held_out_time", "later time"),
    _permuted("held_out_animal", "a worm never seen"),
    *(_forecast(horizon) for horizon in (1, 5, 10, 20)),
    Target(
        "causal AUROC, zero-shot",
        "causal",
        "auroc",
        "zero_shot",
        "twin",
        0.0,
        0.70,
        relative_to="anatomy: *",
        aim_absolute=True,
    ),
)


def check_targets(scorecard: Scorecard, targets: tuple[Target, ...] = TARGETS) -> pd.DataFrame:
    """Each target against the scorecard: columns target, value, low, high, minimum, aim, status.

    ``status`` is "reached aim", "reached", "not reached" or "not measured" (the score or its reference is
    absent or NaN). The thresholds shown are absolute: a relative one has its reference added. Where
    ``clear_of_zero`` is asked, an interval that holds 0, or is not there, counts as not reached.
    """
    rows = [_check(scorecard, target) for target in targets]
    return pd.DataFrame(rows, columns=["target", "value", "low", "high", "minimum", "aim", "status"])


def _check(scorecard: Scorecard, target: Target) -> tuple[str, float, float, float, float, float, str]:
    score = _best(scorecard, target, target.model)
    reference = _best(scorecard, target, target.relative_to) if target.relative_to else None
    base = 0.0 if target.relative_to is None else np.nan if reference is None else reference.value
    minimum = target.minimum + base
    aim = target.aim if target.aim_absolute else target.aim + base
    if score is None:
        return target.name, np.nan, np.nan, np.nan, minimum, aim, "not measured"
    return (
        target.name,
        score.value,
        score.low,
        score.high,
        minimum,
        aim,
        _status(score, minimum, aim, target.clear_of_zero),
    )


def _status(score: Score, minimum: float, aim: float, clear_of_zero: bool) -> str:
    if np.isnan(minimum):
        return "not measured"
    if score.value < minimum or (clear_of_zero and not score.low > 0):
        return "not reached"
    return "reached aim" if score.value >= aim else "reached"


def _best(scorecard: Scorecard, target: Target, model: str) -> Score | None:
    """The best measured score of the models that fit a wildcard."""
    fitting = [
        s
        for s in scorecard.select(family=target.family, metric=target.metric, split=target.split)
        if fnmatchcase(s.model, model) and not np.isnan(s.value)
    ]
    return max(fitting, key=lambda s: s.value if s.higher_is_better else -s.value, default=None)
