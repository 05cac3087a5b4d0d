"""Figures to reach: thresholds, references and statuses."""

from __future__ import annotations

import math

import pytest

from neurotwin.evaluation.scorecard import Score, Scorecard
from neurotwin.evaluation.targets import STATUSES, TARGETS, check_targets

COSMOOTHING = "co-smoothing r, later time, connectome twin"
BEST = "co-smoothing r, later time, best twin of any design"
PERMUTED = "co-smoothing r, connectome minus permuted connectome, later time"
AUROC = "causal AUROC, zero-shot"


def function(
    model: str, value: float, metric: str = "cosmoothing_r", split: str = "held_out_time", **more
) -> Score:
    return Score("function", metric, split, model, value, **more)


def row(scores: list[Score], target: str) -> dict:
    table = check_targets(Scorecard(scores)).set_index("target")
    return {str(name): value for name, value in table.loc[target].to_dict().items()}


def test_the_table_holds_the_issues_figures() -> None:
    table = check_targets(Scorecard())
    assert list(table.columns) == ["target", "value", "low", "high", "minimum", "aim", "status"]
    assert len(table) == len(TARGETS) == 10
    assert table["target"].is_unique
    assert set(table["status"]) == {"not measured"}
    absolute = {t.name: (t.minimum, t.aim) for t in TARGETS if t.relative_to is None}
    assert sorted(absolute.values()) == [(0.1, 0.15), (0.1, 0.15), (0.42, 0.5), (0.5, 0.58)]
    assert {t.metric for t in TARGETS if "forecast" in t.metric} == {
        f"forecast_r_{h}" for h in (1, 5, 10, 20)
    }


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (0.49, "not reached"),
        (0.50, "reached"),
        (0.579, "reached"),
        (0.58, "reached aim"),
        (math.nan, "not measured"),
    ],
)
def test_an_absolute_figure(value: float, status: str) -> None:
    assert status in STATUSES
    assert row([function("twin", value)], COSMOOTHING)["status"] == status


def test_the_best_twin_is_held_against_ridge() -> None:
    ridge = function("baseline: ridge", 0.535)
    twins = [function("twin", 0.51), function("twin: all-to-all", 0.54)]
    found = row([ridge, *twins], BEST)
    assert (found["value"], found["status"]) == (0.54, "reached")
    assert (found["minimum"], found["aim"]) == pytest.approx((0.535, 0.585))
    assert row([ridge, twins[0]], BEST)["status"] == "not reached"
    assert row([ridge, function("twin: ensemble", 0.6)], BEST)["status"] == "reached aim"
    assert row(twins, BEST)["status"] == "not measured"  # no reference, no verdict


def test_nulls_and_differences_are_not_taken_for_twins() -> None:
    scores = [
        function("baseline: ridge", 0.1),
        function("null: permuted", 0.9),
        function("difference: twin - permuted", 0.9),
    ]
    assert row(scores, BEST)["status"] == "not measured"


@pytest.mark.parametrize(
    ("value", "low", "status"),
    [
        (0.12, 0.05, "reached"),
        (0.16, 0.05, "reached aim"),
        (0.16, -0.01, "not reached"),
        (0.16, 0.0, "not reached"),
        (0.16, math.nan, "not reached"),
        (0.09, 0.05, "not reached"),
    ],
)
def test_a_difference_must_be_clear_of_zero(value: float, low: float, status: str) -> None:
    assert (
        row([function("difference: twin - permuted", value, low=low, high=0.3)], PERMUTED)["status"] == status
    )


def test_forecasts_are_held_against_persistence_of_their_own_horizon() -> None:
    scores = [
        function("baseline: persistence", 0.8, "forecast_r_1"),
        function("baseline: persistence", 0.5, "forecast_r_5"),
        function("twin", 0.81, "forecast_r_1"),
        function("twin", 0.49, "forecast_r_5"),
    ]
    assert row(scores, "forecasting r at 1 frame")["status"] == "reached"
    assert row(scores, "forecasting r at 5 frames")["status"] == "not reached"
    assert row(scores, "forecasting r at 10 frames")["status"] == "not measured"


@pytest.mark.parametrize(
    ("value", "status"), [(0.63, "not reached"), (0.64, "reached"), (0.69, "reached"), (0.70, "reached aim")]
)
def test_causal_needs_the_best_anatomy_and_aims_at_a_value_of_its_own(value: float, status: str) -> None:
    scores = [
        Score("causal", "auroc", "zero_shot", f"anatomy: {name}", v)
        for name, v in (("direct", 0.57), ("path length", 0.62), ("linear propagation", 0.64))
    ]
    found = row([*scores, Score("causal", "auroc", "zero_shot", "twin", value)], AUROC)
    assert (found["minimum"], found["aim"], found["status"]) == (0.64, 0.70, status)
    assert row(scores, AUROC)["status"] == "not measured"


def test_an_aim_below_the_reference_is_no_comfort() -> None:
    scores = [
        Score("causal", "auroc", "zero_shot", "anatomy: direct", 0.8),
        Score("causal", "auroc", "zero_shot", "twin", 0.75),
    ]
    assert row(scores, AUROC)["status"] == "not reached"
