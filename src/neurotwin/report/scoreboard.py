"""The scoreboard from the scores: questions, with their answers and pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotwin.report import figures
from neurotwin.report.verdict import CAUSAL, FILLING, FORECASTING, NEW_ANIMAL, abilities, answer
from neurotwin.report.words import capital, horizon_of, metric_explained, metric_words, model_of, split_words

if TYPE_CHECKING:
    from neurotwin.evaluation import Score, Scorecard
    from neurotwin.report.content import ReportContent
    from neurotwin.report.figures import Picture

_QUESTIONS = (
    ("held_out_time", "Does it predict neurons it did not see?", FILLING),
    ("held_out_animal", "Does it work in an animal it never saw?", NEW_ANIMAL),
    ("held_out_neurons", "Does it predict neurons that it never saw in training?", ""),
)
_SHORT = {"held_out_time": "later time", "held_out_animal": "new animal", "zero_shot": "zero-shot"}


@dataclass(frozen=True)
class Question:
    """One question of the scoreboard: what is asked, how it was measured, the answer, the pictures."""

    anchor: str
    heading: str
    explained: str
    answer: str
    pictures: tuple[Picture, ...]


def questions(content: ReportContent) -> list[Question]:
    """The scoreboard, question by question; a question without scores says so."""
    card = content.scorecard
    answers = {ability.name: answer(ability) for ability in abilities(card)}
    asked = []
    plain = [s for s in card.select(family="function") if model_of(s.model).kind != "difference"]
    shown = [s for s in plain if horizon_of(s.metric) is None and math.isfinite(s.value)]
    for split, heading, ability in _QUESTIONS:
        groups = _groups([s for s in shown if s.split == split])
        if groups or split != "held_out_neurons":
            asked.append(
                _question(f"ask-{split.replace('_', '-')}", heading, groups, answers.get(ability, ""))
            )
    others = _groups([s for s in shown if s.split not in {split for split, _, _ in _QUESTIONS}])
    if others:
        asked.append(_question("ask-activity", "How else does it follow activity?", others, ""))
    forecasts = [s for s in plain if horizon_of(s.metric) is not None and math.isfinite(s.value)]
    asked.append(_forecasting(forecasts, content.blueprint.dt_ms, answers))
    causal = [s for s in card.select(family="causal") if model_of(s.model).kind != "difference"]
    asked.append(
        _question(
            "ask-causal",
            "Does it respond as the animal does when a neuron is stimulated?",
            _groups([s for s in causal if math.isfinite(s.value)]),
            answers.get(CAUSAL, ""),
        )
    )
    asked.append(_differences(card))
    return asked


def _groups(scores: list[Score]) -> dict[tuple[str, str], list[Score]]:
    groups: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        groups.setdefault((score.metric, score.split), []).append(score)
    return groups


def _question(anchor: str, heading: str, groups: dict[tuple[str, str], list[Score]], told: str) -> Question:
    if not groups:
        return Question(anchor, heading, "", "Not measured in this run.", ())
    pictures, explained = [], []
    for (metric, split), scores in groups.items():
        words = metric_words(metric)
        name = f"scores-{_slug(metric)}-{_slug(split)}"
        zero = 0.5 if metric == "auroc" else 0.0
        title = f"{capital(words)}, {split_words(split)}"
        axis = f"{words} ({'higher' if scores[0].higher_is_better else 'lower'} is better)"
        pictures.append(figures.forest(scores, name, title, axis, zero))
        if metric_explained(metric):
            explained.append(f"{capital(words)}: {metric_explained(metric)}.")
    return Question(anchor, heading, " ".join(dict.fromkeys(explained)), told, tuple(pictures))


def _forecasting(scores: list[Score], dt_ms: float, answers: dict[str, str]) -> Question:
    heading = "Does it see the future?"
    if not scores:
        return Question("ask-future", heading, "", "Not measured in this run.", ())
    pictures = tuple(
        figures.forecast(own, f"scores-forecast-{_slug(split)}", dt_ms)
        for split, own in _by_split(scores).items()
    )
    explained = (
        "Every neuron is known up to one frame and foretold from there; Pearson r of forecast and recording, "
        "averaged over neurons and animals. Persistence says that nothing changes."
    )
    return Question("ask-future", heading, explained, answers.get(FORECASTING, ""), pictures)


def _by_split(scores: list[Score]) -> dict[str, list[Score]]:
    splits: dict[str, list[Score]] = {}
    for score in scores:
        splits.setdefault(score.split, []).append(score)
    return splits


def _differences(card: Scorecard) -> Question:
    heading = "Are the differences real?"
    found = [s for s in card if model_of(s.model).kind == "difference" and math.isfinite(s.value)]
    if not found:
        return Question(
            "ask-differences", heading, "", "No paired differences were measured in this run.", ()
        )
    groups: dict[str, list[Score]] = {}
    for score in found:
        family = "forecast r" if horizon_of(score.metric) is not None else metric_words(score.metric)
        groups.setdefault(family, []).append(score)
    pictures = tuple(
        figures.forest(
            scores,
            f"differences-{_slug(words)}",
            f"{capital(words)}: difference",
            f"difference in {words}",
            0.0,
            _label,
        )
        for words, scores in groups.items()
    )
    explained = (
        "Paired differences on the same neurons, animals or pairs, with their 95 % intervals. One that "
        "crosses the dashed line at 0 is not distinguishable from no difference."
    )
    clear = sum(s.low > 0 if s.higher_is_better else s.high < 0 for s in found)
    worse = sum(s.high < 0 if s.higher_is_better else s.low > 0 for s in found)
    even = len(found) - clear - worse
    told = (
        f"Of {len(found)} differences {clear} favour the first named, {even} are indistinguishable from 0, "
        f"{worse} favour the second."
    )
    return Question("ask-differences", heading, explained, told, pictures)


def _label(score: Score) -> str:
    horizon = horizon_of(score.metric)
    where = f"{horizon} fr." if horizon is not None else _SHORT.get(score.split, split_words(score.split))
    return f"{model_of(score.model).words}, {where}"


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower()).strip("-")
