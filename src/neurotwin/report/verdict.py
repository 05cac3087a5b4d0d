"""The verdict in plain words, computed from the scores: what the twin is good for, and what it is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from neurotwin.report.words import capital, horizon_of, listed, model_of, number, value_words

if TYPE_CHECKING:
    from neurotwin.evaluation import Score, Scorecard

ABOVE, BELOW, EVEN = "above", "below", "indistinguishable from"
FILLING, NEW_ANIMAL, FORECASTING, CAUSAL = (
    "filling in a hidden neuron",
    "filling in a hidden neuron of a new animal",
    "forecasting",
    "foretelling who responds to stimulation",
)
CONTROLS = ("baseline", "null", "anatomy")


@dataclass(frozen=True)
class Comparison:
    """The twin beside one control: ``word`` is above, below or indistinguishable from; ``paired`` says
    whether a paired difference was measured or only the two intervals were laid side by side.
    """

    control: Score
    word: str
    paired: bool


@dataclass(frozen=True)
class Ability:
    """One thing a twin may be good for: the twin's scores of it and how each stands to its controls."""

    name: str
    scores: tuple[Score, ...]
    comparisons: tuple[tuple[Score, Comparison], ...]

    @property
    def standing(self) -> str:
        """As ``standing_of`` says of all its comparisons."""
        return standing_of([comparison for _, comparison in self.comparisons])


def standing_of(comparisons: Sequence[Comparison]) -> str:
    """Say "above" (all controls), "below" (at least one), "even" (neither) or "alone" (no control).

    The controls are the simple methods (baselines and anatomy) where there are any, else the nulls: the twin
    on false wiring is no method that anyone would use instead, but the least that must be beaten.
    """
    simple = [c for c in comparisons if model_of(c.control.model).kind != "null"]
    words = {c.word for c in simple or comparisons}
    if not words:
        return "alone"
    if BELOW in words:
        return "below"
    return "above" if words == {ABOVE} else "even"


def compare(card: Scorecard, twin: Score, control: Score) -> Comparison:
    """How the twin stands to a control.

    A paired difference ("difference: twin - permuted") decides where the scorecard has one: above when its
    interval is clear of 0 in the good direction. Otherwise the two intervals must not touch. Whatever has no
    interval is indistinguishable.
    """
    good = 1.0 if twin.higher_is_better else -1.0
    first, second = twin.model, control.model
    named = {f"difference: {first} - {second}", f"difference: {first} - {model_of(second).name}"}
    for score in card.select(family=twin.family, metric=twin.metric, split=twin.split):
        if score.model in named and math.isfinite(score.low) and math.isfinite(score.high):
            if score.low > 0 or score.high < 0:
                return Comparison(control, ABOVE if good * score.value > 0 else BELOW, True)
            return Comparison(control, EVEN, True)
    ends = (twin.low, twin.high, control.low, control.high)
    if all(math.isfinite(end) for end in ends):
        if twin.low > control.high:
            return Comparison(control, ABOVE if good > 0 else BELOW, False)
        if twin.high < control.low:
            return Comparison(control, BELOW if good > 0 else ABOVE, False)
    return Comparison(control, EVEN, False)


def controls_of(card: Scorecard, twin: Score) -> list[Score]:
    """What the twin is held against: the best baseline and persistence, every null, the best anatomy."""
    same = card.select(family=twin.family, metric=twin.metric, split=twin.split)
    rivals = [s for s in same if model_of(s.model).kind in CONTROLS and math.isfinite(s.value)]
    sign = 1.0 if twin.higher_is_better else -1.0
    rivals.sort(key=lambda s: -sign * s.value)
    chosen: list[Score] = []
    for kind in CONTROLS:
        found = [s for s in rivals if model_of(s.model).kind == kind]
        chosen += found if kind == "null" else found[:1]
        chosen += [s for s in found[1:] if kind == "baseline" and model_of(s.model).name == "persistence"]
    return chosen


def main_model(card: Scorecard) -> str:
    """The model that the report is about: "twin", or the first design scored where the run had another."""
    models = [s.model for s in card if model_of(s.model).kind == "twin"]
    return models[0] if models and "twin" not in models else "twin"


def abilities(card: Scorecard) -> tuple[Ability, ...]:
    """The abilities that the scorecard speaks of, each with its comparisons."""
    asked = (
        (FILLING, _twins(card, "cosmoothing_r", "held_out_time")),
        (NEW_ANIMAL, _twins(card, "cosmoothing_r", "held_out_animal")),
        (FORECASTING, _forecasts(card)),
        (CAUSAL, _twins(card, "auroc", "zero_shot")),
    )
    found = []
    for name, scores in asked:
        if scores:
            pairs = tuple((s, compare(card, s, c)) for s in scores for c in controls_of(card, s))
            found.append(Ability(name, tuple(scores), pairs))
    return tuple(found)


def verdict(scorecard: Scorecard, targets: pd.DataFrame | None) -> str:
    """One paragraph on what the twin is good for and what it is not, from the numbers alone.

    Parameters
    ----------
    scorecard
        All scores; the twin's carry the model name "twin".
    targets
        What ``check_targets`` gave, or None.
    """
    lead, numbers, reached = verdict_parts(scorecard, targets)
    return " ".join(part for part in (lead, *numbers, reached) if part)


def verdict_parts(scorecard: Scorecard, targets: pd.DataFrame | None) -> tuple[str, tuple[str, ...], str]:
    """The verdict in three: the bottom line, the numbers behind it (a sentence for each ability), the goals;
    empty for what there is not.
    """
    found = abilities(scorecard)
    if not found:
        lead = "The twin was not scored on anything that it could be used for, so nothing can be said of it."
        return lead, (), _goals(targets)
    numbers = tuple(_forecast(a) if a.name == FORECASTING else _detail(a) for a in found)
    return f"{_lead(found)} {_wiring(found)}".strip(), numbers, _goals(targets)


def answer(ability: Ability) -> str:
    """One sentence for one question, without numbers: yes, partly or no, and beside which controls."""
    told = listed(_relations(ability))
    match ability.standing:
        case "above":
            return f"Yes: {told}."
        case "even":
            return f"Not shown to be better than a simpler control: {told}."
        case "below":
            return f"A simpler control does better, at least in part: {told}."
    return "Measured, but without a control to compare it with."


def _twins(card: Scorecard, metric: str, split: str) -> list[Score]:
    return [
        s for s in card.select(metric=metric, split=split, model=main_model(card)) if math.isfinite(s.value)
    ]


def _forecasts(card: Scorecard) -> list[Score]:
    scores = [
        s
        for s in card.select(split="held_out_time", model=main_model(card))
        if horizon_of(s.metric) is not None and s.metric.startswith("forecast_r_") and math.isfinite(s.value)
    ]
    return sorted(scores, key=lambda s: horizon_of(s.metric) or 0)


def _lead(found: tuple[Ability, ...]) -> str:
    by: dict[str, list[str]] = {"above": [], "even": [], "below": [], "alone": []}
    for ability in found:
        if ability.name != FORECASTING:
            by[ability.standing].append(ability.name)
            continue
        horizons: dict[str, list[str]] = {}
        for score in ability.scores:
            own = [c for s, c in ability.comparisons if s is score]
            horizons.setdefault(standing_of(own), []).append(str(horizon_of(score.metric)))
        for standing, ahead in horizons.items():
            by[standing].append(
                f"{FORECASTING} {listed(ahead)} {'frame' if ahead == ['1'] else 'frames'} ahead"
            )
    parts = [
        f"The twin is good for {listed(by['above'])}: there it stands clear of its controls."
        if by["above"]
        else "In nothing that was measured does the twin stand clear of its controls."
    ]
    if by["even"]:
        parts.append(f"It is indistinguishable from a simpler control at {listed(by['even'])}.")
    if by["below"]:
        parts.append(f"A simpler control does better at {listed(by['below'])}.")
    if by["alone"]:
        parts.append(f"No control was measured for {listed(by['alone'])}, so that number says little.")
    return " ".join(parts)


def _wiring(found: tuple[Ability, ...]) -> str:
    """Whether the animal's wiring matters, from the permuted and the rewired control."""
    by: dict[str, list[str]] = {}
    for ability in found:
        nulls = {model_of(c.control.model).name: c.word for _, c in ability.comparisons}
        words = [nulls[name] for name in ("permuted", "rewired") if name in nulls]
        if words:
            beaten = "all" if set(words) == {ABOVE} else "some" if ABOVE in words else "none"
            by.setdefault(beaten, []).append(ability.name)
    told = {
        "all": "The animal's own wiring matters for {}: false wiring does worse.",
        "some": "For {} it beats one kind of false wiring and is not clear of the other.",
        "none": "It is not shown that the animal's own wiring matters for {}.",
    }
    return " ".join(text.format(listed(by[key])) for key, text in told.items() if key in by)


def _detail(ability: Ability) -> str:
    score = ability.scores[0]
    name = "AUROC (0.5 is chance)" if score.metric == "auroc" else "r"
    text = f"{capital(ability.name)}: {name} = {value_words(score)}"
    relations = _relations(ability, values=True)
    return f"{text}, {listed(relations)}." if relations else f"{text}."


def _forecast(ability: Ability) -> str:
    values = [f"{value_words(s)} at {horizon_of(s.metric)}" for s in ability.scores]
    unit = "frame" if [horizon_of(s.metric) for s in ability.scores] == [1] else "frames"
    text = f"Forecasting: r = {listed(values)} {unit}"
    relations = _relations(ability)
    return f"{text}; {listed(relations)}." if relations else f"{text}."


def _relations(ability: Ability, values: bool = False) -> list[str]:
    """Phrases: "above permuted wiring (0.41)", "indistinguishable from persistence at 1 and 5" …"""
    relations = []
    for word in (ABOVE, EVEN, BELOW):
        at: dict[str, list[str]] = {}
        for score, comparison in ability.comparisons:
            if comparison.word == word:
                value = f" ({number(comparison.control.value)})" if values else ""
                at.setdefault(_named(comparison.control) + value, []).append(str(horizon_of(score.metric)))
        names = [
            f"{name} at {listed(horizons)}" if ability.name == FORECASTING else name
            for name, horizons in at.items()
        ]
        if names:
            relations.append(f"{word} {listed(names)}")
    return relations


def _named(score: Score) -> str:
    model = model_of(score.model)
    return f"anatomy's {model.words}" if model.kind == "anatomy" else model.words


def _goals(targets: pd.DataFrame | None) -> str:
    if targets is None or not len(targets):
        return ""
    status = [str(word) for word in targets["status"]]
    if len(status) == 1:
        return f"The only goal: {status[0]}."
    reached = sum(word in ("reached", "reached aim") for word in status)
    missed, unknown = status.count("not reached"), status.count("not measured")
    text = f"Of {len(status)} goals {reached} {'is' if reached == 1 else 'are'} reached, {missed} not"
    return f"{text}, {unknown} not measured." if unknown else f"{text}."
