"""The report of ``neurotwin transfer fidelity``: task accuracy against what is left of the twin's scorecard."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurotwin.report.figures.style import BLUE, FAINT, GREY, INK, PURPLE, RULE, Picture, canvas, picture
from neurotwin.report.tables import Table
from neurotwin.report.task.page import value
from neurotwin.report.transfer.adapt import kilobytes
from neurotwin.report.transfer.content import ExperimentContent, Section

if TYPE_CHECKING:
    from neurotwin.biology import DataCard
    from neurotwin.evaluation import Score, Scorecard

MEASURES = {
    "cosmoothing_r_retained": ("co-smoothing r, share retained", "Prediction of held-out neurons"),
    "auroc_retained": ("causal AUROC above ½, share retained", "Responses to stimulation"),
    "magnitude_spearman_retained": ("weights ~ contacts ρ, share retained", "Weights against contact counts"),
    "sign_agreement_retained": ("sign agreement, share retained", "Signs of the synapses"),
    "weight_distance": ("‖W′ − W‖ / ‖W‖", "Distance of the chemical weights"),
}
"""Metric → label of the axis, title."""
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*", "<", ">", "h", "p")
COLOURS = (BLUE, PURPLE)
UNTOUCHED = "by construction"
NEARLY_ALL = 0.95
WORDS = {
    "cosmoothing_r_retained": "co-smoothing r",
    "magnitude_spearman_retained": "rank correlation with the contact counts",
}
"""What the verdict may be about, the first that was measured."""


@dataclass(frozen=True)
class Point:
    """One twin that was adapted in one way.

    Attributes
    ----------
    twin, variant
        Names in the scores: "<twin>, <variant>".
    anchor
        Strength of the anchor where the variant is on that line (0: full fine-tuning), else None.
    """

    twin: str
    variant: str
    anchor: float | None = None

    @property
    def model(self) -> str:
        """In the scores."""
        return f"{self.twin}, {self.variant}"


def fidelity_content(
    *,
    points: tuple[Point, ...],
    methods: dict[str, str],
    scores: Scorecard,
    costs: pd.DataFrame,
    counts: dict[str, int],
    facts: tuple[str, ...],
    how: tuple[str, ...],
    split: str,
    cards: tuple[DataCard, ...],
    run: dict[str, Any],
    limits: tuple[str, ...],
) -> ExperimentContent:
    """Verdict, a picture for each measure that was taken, tables."""
    twins = tuple(dict.fromkeys(point.twin for point in points))
    lead, said = verdict(points, scores)
    measured = [m for m in MEASURES if len(scores.select(metric=m))]
    tables = (_share_table(points, scores, measured), _raw_table(twins, points, scores))
    return ExperimentContent(
        title="Fidelity budget: what a task costs a twin",
        facts=(*facts, f"{counts['test']:,} test images", f"seed {run['seed']}"),
        lead=lead,
        numbers=said,
        brackets="Numbers in brackets are 95 % intervals: of accuracy from resampling test images, of co-smoothing from resampling "
        "animals and neurons, of the causal score from resampling stimulated neurons, each paired with the twin before adaptation. "
        "Structure is of all synapses and has none. None of them holds the spread between seeds. 1 = all of the score before "
        "adaptation is left. In the pictures a line joins full fine-tuning with the anchored ones, from weak to strong.",
        sections=(
            Section(
                "result", "Result", how, (), tuple(budget(metric, points, scores) for metric in measured)
            ),
            Section("scores", "Scores", (), tables),
            Section("costs", "Costs", (), (_cost_table(costs),)),
            Section(
                "methods",
                "Methods",
                (),
                (Table("Methods", ("Method", "What is trained"), tuple(methods.items())),),
            ),
        ),
        split=split,
        counts=counts,
        cards=cards,
        run=run,
        limits=limits,
    )


def verdict(points: tuple[Point, ...], scores: Scorecard) -> tuple[str, tuple[str, ...]]:
    """The most accurate way of all, and of those that keep nearly everything; then every way, and the shuffled one beside it."""
    main, metric = points[0].twin, measure(scores)
    own = [point for point in points if point.twin == main]
    accuracy = {p.model: scores.get(metric="accuracy", model=p.model) for p in points}
    kept = {p.model: scores.get(metric=metric, model=p.model) for p in points}
    best = max(own, key=lambda p: accuracy[p.model].value)
    lead = (
        f"The most accurate adaptation of the {main} is {best.variant}: {value(accuracy[best.model])}, with "
        f"{kept[best.model].value:.0%} of its {WORDS[metric]} left."
    )
    said = []
    whole = [p for p in own if kept[p.model].value >= NEARLY_ALL]
    if whole:
        safe = max(whole, key=lambda p: accuracy[p.model].value)
        said.append(
            f"Among those that keep {NEARLY_ALL:.0%} of it or more, {safe.variant} is the most accurate: "
            f"{value(accuracy[safe.model])}."
        )
    said += [_line(point, scores, metric) for point in own]
    said += [
        _line(point, scores, metric)
        for point in points
        if point.twin != main and point.variant in ("full", "frozen")
    ]
    for score in _baselines(scores):
        said.append(f"{score.model.removeprefix('baseline: ')}, without any wiring: accuracy {value(score)}.")
    return lead, tuple(said)


def measure(scores: Scorecard) -> str:
    """The share that the verdict is about: of function where there were recordings, else of structure."""
    return next(metric for metric in WORDS if len(scores.select(metric=metric)))


def _line(point: Point, scores: Scorecard, metric: str) -> str:
    kept = scores.get(metric=metric, model=point.model)
    accuracy = scores.get(metric="accuracy", model=point.model)
    more = (
        ""
        if kept.source != UNTOUCHED
        else ", by construction: none of the weights that were there is trained"
    )
    return f"{point.model}: accuracy {value(accuracy)}, {WORDS[metric]} retained {value(kept)}{more}."


def budget(metric: str, points: tuple[Point, ...], scores: Scorecard) -> Picture:
    """Accuracy to the right, what is left upwards; a marker for each method, a colour for each twin, a line for the anchor."""
    label, title = MEASURES[metric]
    variants = tuple(dict.fromkeys(point.variant for point in points))
    twins = tuple(dict.fromkeys(point.twin for point in points))
    marker = {variant: MARKERS[i % len(MARKERS)] for i, variant in enumerate(variants)}
    name, said, heights = f"budget-{metric.replace('_', '-')}", [], []
    with canvas(name, 4.8) as figure:
        ax = figure.subplots()
        for colour, twin in zip(COLOURS, twins, strict=False):
            line = []
            for point in (p for p in points if p.twin == twin):
                found = scores.select(metric=metric, model=point.model)
                if not len(found):
                    continue
                y, x = found.scores[0], scores.get(metric="accuracy", model=point.model)
                ax.errorbar(
                    x.value,
                    y.value,
                    xerr=_ends(x),
                    yerr=_ends(y),
                    fmt=marker[point.variant],
                    color=colour,
                    markersize=6,
                    elinewidth=0.8,
                    alpha=0.85,
                    markerfacecolor=colour if twin == twins[0] else "none",
                )
                heights.append(y.value)
                said.append(f"{point.model}: {x.value:.3f}, {y.value:.3f}")
                if point.anchor is not None:
                    line.append((point.anchor, x.value, y.value))
            if len(line) > 1:
                _, along, up = zip(*sorted(line), strict=True)
                ax.plot(along, up, "-", color=colour, linewidth=1, zorder=0)
        for dash, score in zip((":", "--"), _baselines(scores), strict=False):
            ax.axvline(score.value, color=GREY, linestyle=dash, linewidth=1)
        ax.axhline(0.0 if metric == "weight_distance" else 1.0, color=FAINT, linewidth=1, zorder=-1)
        # small changes are to look small: never less than a tenth of the scale
        middle, half = (min(heights) + max(heights)) / 2, max(0.05, 0.6 * (max(heights) - min(heights)))
        low, high = ax.get_ylim()
        ax.set_ylim(min(low, middle - half), max(high, middle + half))
        ax.grid(color=RULE, zorder=-2)
        ax.set(xlabel="test accuracy on the task", ylabel=label)
        ax.set_title(title)
        _legend(figure, ax, marker, twins, [s.model.removeprefix("baseline: ") for s in _baselines(scores)])
        return picture(figure, name, title, f"Accuracy and {label}. {'; '.join(said)}.")


def _legend(
    figure: Any, ax: Any, marker: dict[str, str], twins: tuple[str, ...], baselines: list[str]
) -> None:
    """Below the picture: markers of methods, colours of twins, dashes of what has no twin."""
    handles = [ax.plot([], [], m, color=INK, label=variant, markersize=5)[0] for variant, m in marker.items()]
    handles += [
        ax.plot([], [], "-", color=colour, label=twin)[0]
        for colour, twin in zip(COLOURS, twins, strict=False)
    ]
    handles += [
        ax.plot([], [], dash, color=GREY, linewidth=1, label=name)[0]
        for dash, name in zip((":", "--"), baselines, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, handlelength=1.6, columnspacing=1.0)


def _baselines(scores: Scorecard) -> list[Score]:
    return [s for s in scores.select(metric="accuracy") if s.model.startswith("baseline: ")]


def _ends(score: Score) -> np.ndarray:
    return np.nan_to_num(np.array([[score.value - score.low], [score.high - score.value]]))


def _share_table(points: tuple[Point, ...], scores: Scorecard, measured: list[str]) -> Table:
    columns = ["accuracy", *measured]
    rows = []
    for model in [p.model for p in points] + [s.model for s in _baselines(scores)]:
        found = {s.metric: s for s in scores.select(model=model)}
        rows.append((model, *(value(found[m]) if m in found else "–" for m in columns)))
    return Table(
        "Accuracy, and what is left of the twin",
        ("Model", *(m.replace("_", " ") for m in columns)),
        tuple(rows),
        tuple(range(1, len(columns) + 1)),
        note="– : not measured; the causal share is left out where the twin's AUROC was no better than chance before.",
    )


def _raw_table(twins: tuple[str, ...], points: tuple[Point, ...], scores: Scorecard) -> Table:
    metrics = [m for m in ("cosmoothing_r", "auroc", "magnitude_spearman", "sign_agreement", "weight_wasserstein")
               if len(scores.select(metric=m))]  # fmt: skip
    rows = []
    for model in (*(f"{twin}, before" for twin in twins), *(p.model for p in points)):
        found = {s.metric: s for s in scores.select(model=model)}
        if any(m in found for m in metrics):
            rows.append((model, *(value(found[m]) if m in found else "–" for m in metrics)))
    return Table(
        "The scorecard itself",
        ("Model", *(m.replace("_", " ") for m in metrics)),
        tuple(rows),
        tuple(range(1, len(metrics) + 1)),
        note="Structure is held against the wiring that the twin was built on: for the shuffled twin that is the shuffled one.",
    )


def _cost_table(costs: pd.DataFrame) -> Table:
    rows = []
    for row in costs.to_dict("records"):
        memory = row["gradient_bytes"] + row["optimiser_bytes"]
        seconds = "–" if not math.isfinite(row["seconds"]) else f"{row['seconds']:.0f}"
        rows.append((str(row["model"]), f"{row['trained']:,}", kilobytes(memory), seconds))
    return Table(
        "What each adaptation costs", ("Model", "Trained numbers", "Gradient and optimiser state", "Seconds"), tuple(rows),
        (1, 2, 3), note="Memory is computed from the shapes of the arrays; seconds are measured, compiling included.",
    )  # fmt: skip
