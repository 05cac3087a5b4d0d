"""What the terminal shows of a run that is done: the scoreboard, the goals, the verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import rich.console
from rich.table import Table

if TYPE_CHECKING:
    from neurotwin.evaluation import Score, Scorecard
    from neurotwin.pipeline import RunResult

WIDTH = 100
LABELS = {
    ("cosmoothing_r", "held_out_time"): "co-smoothing r, later",
    ("cosmoothing_r", "held_out_animal"): "co-smoothing r, new worm",
    ("forecast_r_1", "held_out_time"): "forecast r, 1 frame",
    ("forecast_r_5", "held_out_time"): "forecast r, 5 frames",
    ("forecast_r_10", "held_out_time"): "forecast r, 10 frames",
    ("forecast_r_20", "held_out_time"): "forecast r, 20 frames",
    ("auroc", "zero_shot"): "causal AUROC, zero-shot",
    ("magnitude_spearman", "fitted"): "weights like contacts",
    ("sign_agreement", "fitted"): "sign agreement",
    ("support_jaccard", "fitted"): "same synapses",
    ("spectrum_distance", "generation"): "power spectrum",
    ("correlation_similarity", "generation"): "correlations of neurons",
    ("autocorrelation_time_error", "generation"): "time scales",
    ("dimensionality_ratio", "generation"): "dimensionality",
}
"""The main questions; the other rows are in ``scores.csv``."""


def scoreboard(result: RunResult) -> None:
    """Print the main scores with their controls, the goals and the verdict."""
    from neurotwin.report import verdict

    console = rich.console.Console(highlight=False)
    console = rich.console.Console(
        highlight=False, width=min(console.width, WIDTH) if console.is_terminal else WIDTH
    )
    console.print()
    console.print(_scores(result.scores))
    rest = len(result.scores)
    console.print(
        f"[ ] 95 % interval; * differs from the twin; ↓ lower is better. All {rest} scores: "
        f"{result.folder / 'scores.csv'}",
        markup=False,
    )
    console.print()
    console.print(_goals(result))
    console.print()
    console.print(verdict(result.scores, result.targets), markup=False)
    console.print()
    console.print(f"report: {result.folder / 'report.html'}", markup=False, soft_wrap=True)


def catalogue() -> None:
    """Print the names that options take."""
    from neurotwin.biology.sources import SOURCES
    from neurotwin.biology.worm.loader import CONNECTOMES
    from neurotwin.comparison import STRATEGIES
    from neurotwin.init import INITIALISERS
    from neurotwin.network import ACTIVATIONS
    from neurotwin.training import OPTIMISERS, SCHEDULES

    console = rich.console.Console(highlight=False)
    for title, names in (
        ("sources", list(SOURCES)),
        ("connectomes", list(CONNECTOMES)),
        ("initialisers", list(INITIALISERS)),
        ("activations", list(ACTIVATIONS)),
        ("optimisers", list(OPTIMISERS)),
        ("schedules", list(SCHEDULES)),
    ):
        console.print(f"{title:<14}{', '.join(names)}", markup=False)
    console.print("strategies")
    for name, strategy in STRATEGIES.items():
        console.print(f"  {name:<12}{strategy.description}", markup=False)


def _scores(scores: Scorecard) -> Table:
    """One row for each question: the twin, the best simple method, and every other design and null."""
    from neurotwin.report.verdict import main_model
    from neurotwin.report.words import model_of

    main = main_model(scores)
    others = [
        m
        for m in dict.fromkeys(s.model for s in scores)
        if m != main and model_of(m).kind in ("twin", "null")
    ]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("score", max_width=24)
    table.add_column("twin", no_wrap=True)
    table.add_column("best simple method", max_width=20)
    for model in others:
        table.add_column(model_of(model).name.removeprefix("connectome-"), no_wrap=True)
    for (metric, split), label in LABELS.items():
        found = {score.model: score for score in scores.select(metric=metric, split=split)}
        if main not in found:
            continue
        twin = found[main]
        sign = 1.0 if twin.higher_is_better else -1.0
        simple = [s for s in found.values() if model_of(s.model).kind in ("baseline", "anatomy")]
        simple = [s for s in simple if math.isfinite(s.value)]
        best = max(simple, key=lambda s: sign * s.value, default=None)
        cells = ["" if best is None else f"{_beside(scores, twin, best)} {model_of(best.model).name}"]
        cells += [_beside(scores, twin, found[model]) if model in found else "" for model in others]
        table.add_row(label if twin.higher_is_better else f"{label} ↓", _with_interval(twin), *cells)
    return table


def _goals(result: RunResult) -> Table:
    goals = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("goal", "value", "at least", "aim", "status"):
        goals.add_column(
            name, justify="left" if name in ("goal", "status") else "right", no_wrap=name != "goal"
        )
    for row in result.targets.to_dict("records"):
        values = (_number(row[name]) for name in ("value", "minimum", "aim"))
        goals.add_row(str(row["target"]), *values, str(row["status"]))
    return goals


def _beside(scores: Scorecard, twin: Score, control: Score) -> str:
    """A control's value, with a star where the twin is clear of it, above or below."""
    from neurotwin.report.verdict import EVEN, compare

    return _number(control.value) + ("" if compare(scores, twin, control).word == EVEN else "*")


def _with_interval(score: Score) -> str:
    if math.isnan(score.low):
        return _number(score.value)
    return rf"{_number(score.value)} \[{_number(score.low)}, {_number(score.high)}]"


def _number(value: object) -> str:
    number = float(str(value))
    return "" if math.isnan(number) else f"{number:.2f}"
