"""From a task's results to the words, tables and figures of its page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from neurotwin.report.html import page
from neurotwin.report.tables import Table, run_tables
from neurotwin.report.task import (  # noqa: F401  their pictures enter the registry
    predicted,
    reliability,
    saliency,
    sounds,
    stream_pictures,
)
from neurotwin.report.task.content import TaskContent
from neurotwin.report.task.pictures import PICTURES, training

if TYPE_CHECKING:
    from neurotwin.evaluation import Score
    from neurotwin.report.figures import Picture


COLUMNS = 4
"""Metrics side by side in a table: more cannot be read without scrolling."""


def render(content: TaskContent) -> str:
    """The page as text; equal content gives equal text."""
    lead, numbers = verdict(content)
    total = sum(content.counts.values())
    facts = [f"{count:,} {name}" for name, count in content.counts.items()]
    if content.classes:
        facts.append(f"{len(content.classes)} classes")
    if "seed" in content.run:
        facts.append(f"seed {content.run['seed']}")
    if isinstance(content.run.get("wall_seconds"), int | float):
        facts.append(f"{content.run['wall_seconds']:,.0f} s")
    parts = tuple((name, f"{count:,}", f"{count / total:.0%}") for name, count in content.counts.items())
    return page(
        "task/template.html.j2",
        content=content,
        facts=facts,
        lead=lead,
        numbers=numbers,
        unit="test examples (groups of them, where there are groups)",
        scores=score_tables(content),
        pictures=_answers(content),
        training=training(content),
        parts=Table("Examples", ("Part", "Examples", "Share"), parts, (1, 2)),
        run=run_tables(content.run),
        limits=content.limits,
    )


def pictures_of(content: TaskContent) -> list[Picture]:
    """Every figure, in the order of the page."""
    return [*_answers(content), *training(content)]


def verdict(content: TaskContent) -> tuple[str, list[str]]:
    """One sentence on the network, and one on each thing that stands beside it; computed from the scores."""
    own = content.scores.get(metric=content.metric, model=content.model)
    words = content.metric.replace("_", " ")
    lead = f"{content.model} reaches a test {words} of {value(own)} on {own.n:,} examples."
    prefix = f"difference: {content.model} - "
    said = []
    for score in content.scores.select(metric=content.metric):
        if not score.model.startswith(prefix):
            continue
        sign = 1 if score.higher_is_better else -1
        if not math.isfinite(score.low):
            other = score.model.removeprefix(prefix)
            said.append(f"Difference from {other}: {value(score)}, without an interval: too few groups.")
            continue
        if score.low <= 0 <= score.high:
            judged = "indistinguishable from"
        else:
            judged = "better than" if sign * score.value > 0 else "worse than"
        said.append(f"It is {judged} {score.model.removeprefix(prefix)}: difference {value(score)}.")
    return lead, said


def value(score: Score) -> str:
    """A number with its interval and unit; four digits, since good classifiers differ in the third."""
    ends = f" [{score.low:.4f}, {score.high:.4f}]" if math.isfinite(score.low) else ""
    return f"{score.value:.4f}{ends}" + (f" {score.unit}" if score.unit else "")


def score_tables(content: TaskContent) -> list[Table]:
    """A row for each model, a column for each metric, ``COLUMNS`` of them a table; differences follow in the first."""
    metrics = list(dict.fromkeys(score.metric for score in content.scores))
    lower = {score.metric for score in content.scores if not score.higher_is_better}
    tables = []
    for start in range(0, len(metrics), COLUMNS):
        chosen = metrics[start : start + COLUMNS]
        rows = []
        for model in dict.fromkeys(score.model for score in content.scores):
            found = {score.metric: score for score in content.scores.select(model=model)}
            if any(m in found for m in chosen):
                rows.append((model, *(value(found[m]) if m in found else "–" for m in chosen)))
        titles = tuple(m.replace("_", " ") + (" (lower is better)" if m in lower else "") for m in chosen)
        caption = "Scores, continued" if start else "Scores"
        tables.append(Table(caption, ("Model", *titles), tuple(rows), tuple(range(1, len(chosen) + 1))))
    return tables


def _answers(content: TaskContent) -> list[Picture]:
    drawn = (PICTURES[name](content) for name in content.pictures)
    return [found for found in drawn if found is not None]
