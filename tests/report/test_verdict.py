"""The verdict says what the scores say, and no more."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from neurotwin.evaluation import Score, Scorecard
from neurotwin.report.verdict import (
    ABOVE,
    BELOW,
    EVEN,
    abilities,
    compare,
    controls_of,
    verdict,
    verdict_parts,
)


def score(
    model: str, value: float, half: float = 0.02, metric: str = "cosmoothing_r", **more: object
) -> Score:
    given = {"family": "function", "split": "held_out_time", **more}
    return Score(metric=metric, model=model, value=value, low=value - half, high=value + half, **given)  # type: ignore[arg-type]


def goals(*status: str) -> pd.DataFrame:
    return pd.DataFrame({"target": [f"goal {i}" for i in range(len(status))], "status": status})


def test_a_twin_clear_of_every_control_is_good_for_it():
    card = Scorecard([score("twin", 0.60), score("baseline: ridge", 0.50), score("null: permuted", 0.40)])
    text = verdict(card, goals("reached", "reached aim"))
    assert text.startswith("The twin is good for filling in a hidden neuron: there it stands clear")
    assert "r = 0.60 [0.58, 0.62], above ridge (0.50) and permuted wiring (0.40)." in text
    assert "own wiring matters for filling in a hidden neuron: false wiring does worse" in text
    assert text.endswith("Of 2 goals 2 are reached, 0 not.")
    assert "indistinguishable" not in text and "does better" not in text


def test_a_twin_below_its_controls_is_said_to_be_so():
    card = Scorecard([score("twin", 0.40), score("baseline: ridge", 0.50), score("null: permuted", 0.45)])
    text = verdict(card, goals("not reached"))
    assert "In nothing that was measured does the twin stand clear" in text
    assert "A simpler control does better at filling in a hidden neuron." in text
    assert "below ridge (0.50) and permuted wiring (0.45)" in text
    assert "not shown that the animal's own wiring matters" in text
    assert "good for" not in text
    assert text.endswith("The only goal: not reached.")


def test_overlapping_intervals_are_indistinguishable_whoever_is_ahead():
    for value in (0.48, 0.52):
        text = verdict(Scorecard([score("twin", value), score("baseline: ridge", 0.50)]), None)
        assert "indistinguishable from ridge (0.50)" in text
        assert "good for" not in text and "does better" not in text


@pytest.mark.parametrize(("difference", "word"), [(0.05, ABOVE), (0.01, EVEN), (-0.05, BELOW)])
@pytest.mark.parametrize("named", ["difference: twin - ridge", "difference: twin - baseline: ridge"])
def test_a_paired_difference_overrules_the_overlap(difference: float, word: str, named: str):
    twin, ridge = score("twin", 0.50 + difference, 0.2), score("baseline: ridge", 0.50, 0.2)
    found = compare(Scorecard([twin, ridge, score(named, difference, 0.02)]), twin, ridge)
    assert (found.word, found.paired) == (word, True)


def test_direction_is_respected_where_lower_is_better():
    twin, other = (
        score(m, v, metric="error", higher_is_better=False)
        for m, v in (("twin", 0.2), ("null: permuted", 0.4))
    )
    assert compare(Scorecard([twin, other]), twin, other).word == ABOVE
    difference = score("difference: twin - permuted", -0.2, metric="error", higher_is_better=False)
    assert compare(Scorecard([twin, other, difference]), twin, other).word == ABOVE


def test_without_intervals_nothing_is_claimed():
    twin, other = (
        Score("function", "cosmoothing_r", "held_out_time", m, v)
        for m, v in (("twin", 0.9), ("null: permuted", 0.1))
    )
    assert compare(Scorecard([twin, other]), twin, other).word == EVEN


def test_the_best_baseline_and_persistence_every_null_and_the_best_anatomy_are_the_controls():
    twin = score("twin", 0.5)
    others = [
        score("baseline: mean", 0.0),
        score("baseline: ridge", 0.5),
        score("baseline: persistence", 0.3),
        score("null: permuted", 0.3),
        score("null: rewired", 0.2),
        score("anatomy: direct", 0.1),
        score("anatomy: path length", 0.2),
        score("twin: all-to-all", 0.6),
        Score("function", "cosmoothing_r", "held_out_time", "baseline: lost", math.nan),
    ]
    names = [s.model for s in controls_of(Scorecard([twin, *others]), twin)]
    assert names == [
        "baseline: ridge",
        "baseline: persistence",
        "null: permuted",
        "null: rewired",
        "anatomy: path length",
    ]


def test_forecasting_is_judged_at_each_horizon():
    twin, persistence = (0.70, 0.60, 0.50), (0.80, 0.60, 0.40)
    card = Scorecard(
        s
        for i, h in enumerate((1, 5, 20))
        for s in (
            score("twin", twin[i], metric=f"forecast_r_{h}"),
            score("baseline: persistence", persistence[i], metric=f"forecast_r_{h}"),
        )
    )
    text = verdict(card, None)
    assert "good for forecasting 20 frames ahead" in text
    assert "A simpler control does better at forecasting 1 frame ahead." in text
    assert "indistinguishable from a simpler control at forecasting 5 frames ahead" in text
    assert (
        "above persistence at 20, indistinguishable from persistence at 5 and below persistence at 1" in text
    )


def test_causal_is_judged_against_anatomy():
    def causal(model: str, value: float) -> Score:
        return score(model, value, metric="auroc", family="causal", split="zero_shot")

    better = Scorecard(
        [causal("twin", 0.70), causal("anatomy: direct", 0.57), causal("anatomy: path length", 0.62)]
    )
    assert "above anatomy's path length (0.62)" in verdict(better, None)
    even = Scorecard([causal("twin", 0.63), causal("anatomy: path length", 0.62)])
    assert "indistinguishable from anatomy's path length (0.62)" in verdict(even, None)


def test_a_number_without_controls_says_little():
    text = verdict(Scorecard([score("twin", 0.9)]), None)
    assert "No control was measured for filling in a hidden neuron" in text
    assert "good for" not in text


def test_no_scores_give_no_claim():
    for card in (Scorecard(), Scorecard([score("baseline: ridge", 0.5)])):
        assert "nothing can be said of it" in verdict(card, None)
        assert abilities(card) == ()
    nan = Score("function", "cosmoothing_r", "held_out_time", "twin", math.nan)
    assert "nothing can be said of it" in verdict(Scorecard([nan]), goals("not measured"))


def test_the_parts_make_up_the_whole():
    card = Scorecard([score("twin", 0.60), score("baseline: ridge", 0.50)])
    lead, numbers, reached = verdict_parts(card, goals("reached", "not measured"))
    assert verdict(card, goals("reached", "not measured")) == " ".join((lead, *numbers, reached))
    assert reached == "Of 2 goals 1 is reached, 0 not, 1 not measured."


def test_a_run_of_another_design_is_judged_by_that_design():
    twin, null = score("twin: guided", 0.60, 0.2), score("null: permuted", 0.50, 0.2)
    card = Scorecard([twin, null, score("difference: twin: guided - permuted", 0.1)])
    assert "r = 0.60 [0.40, 0.80], above permuted wiring (0.50)" in verdict(card, None)
