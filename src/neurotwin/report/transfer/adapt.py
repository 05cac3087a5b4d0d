"""The report of ``neurotwin transfer adapt``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from neurotwin.report.figures.style import BLUE, GREY, PURPLE, RULE, Picture, canvas, picture
from neurotwin.report.tables import Table
from neurotwin.report.task.page import value
from neurotwin.report.transfer.content import ExperimentContent, Section

if TYPE_CHECKING:
    from neurotwin.biology import DataCard
    from neurotwin.evaluation import Score, Scorecard


def adapt_content(
    *,
    model: str,
    about: str,
    methods: dict[str, str],
    scores: Scorecard,
    costs: pd.DataFrame,
    pretrained: dict[str, float],
    classes: tuple[tuple[str, ...], tuple[str, ...]],
    counts: dict[str, int],
    shots: int,
    draws: int,
    epochs: int,
    split: str,
    cards: tuple[DataCard, ...],
    run: dict[str, Any],
    limits: tuple[str, ...],
) -> ExperimentContent:
    """Verdict, pictures and tables; ``pretrained`` is the accuracy of each network on the classes of the pre-training."""
    accuracy = scores.select(metric="accuracy")
    best = max((s for s in accuracy if s.model in methods), key=lambda s: s.value)
    scratch = accuracy.get(model="baseline: from scratch")
    lead = (
        f"With {shots} examples of each new class, {best.model} reaches {value(best)} (the best of {len(methods)} "
        "methods on the test "
        f"part); the same network from scratch reaches {value(scratch)}."
    )
    own = {method: about_it for method, about_it in methods.items() if method in set(costs["model"])}
    about_run = (
        f"{model}: {about}. It was pre-trained on the first classes, got a new read-out, and was adapted to the others with "
        f"{shots} training examples of each class and at most as many for validation, which chose the epoch. Every method, and "
        f"training from scratch, had {epochs} epochs; what stands beside it was pre-trained in the same way and fine-tuned in full."
    )
    kept = Table(
        "Pre-trained networks on the test part of their own classes",
        ("Network", "Accuracy"),
        tuple((name, f"{share:.4f}") for name, share in pretrained.items()),
        (1,),
    )
    return ExperimentContent(
        title=f"Transfer: {model}, from {'/'.join(classes[0])} to {'/'.join(classes[1])}",
        facts=(
            f"{shots} examples a class",
            f"{draws} draws",
            f"{counts['test']:,} test examples",
            f"seed {run['seed']}",
        ),
        lead=lead,
        numbers=tuple(judged(score) for score in accuracy if score.model.startswith("difference: ")),
        brackets="Numbers in brackets are 95 % intervals, from resampling draws, then test examples within each; differences are "
        "paired. “Indistinguishable” means that the interval of the difference includes 0.",
        sections=(
            Section(
                "result",
                "Result",
                (about_run,),
                (_score_table(accuracy),),
                (accuracies(accuracy), against_parameters(accuracy, costs, own)),
            ),
            Section("costs", "Costs", (), (_cost_table(costs),)),
            Section(
                "methods",
                "Methods",
                (),
                (Table("Methods", ("Method", "What is trained"), tuple(methods.items())), kept),
            ),
        ),
        split=f"{split}; the classes were then divided in two, and these are the examples of the second half",
        counts=counts,
        cards=cards,
        run=run,
        limits=limits,
    )


def judged(score: Score) -> str:
    """A difference in words."""
    first, _, second = score.model.removeprefix("difference: ").partition(" - ")
    if not math.isfinite(score.low) or score.low <= 0 <= score.high:
        word = "indistinguishable from"
    else:
        word = "better than" if score.value > 0 else "worse than"
    return f"{first} is {word} {second}: difference {value(score)}."


def accuracies(scores: Scorecard) -> Picture:
    """One row for each model."""
    shown = [s for s in scores if not s.model.startswith("difference: ")]
    name, title = "accuracy", "Test accuracy on the new classes"
    with canvas(name, 0.9 + 0.27 * len(shown)) as figure:
        ax = figure.subplots()
        for row, score in enumerate(reversed(shown)):
            ends = [[score.value - score.low], [score.high - score.value]]
            ax.errorbar(
                score.value, row, xerr=ends, fmt="o", color=colour_of(score.model), capsize=2, markersize=4
            )
        ax.set_yticks(range(len(shown)), [s.model for s in reversed(shown)])
        ax.grid(axis="x", color=RULE)
        ax.set(xlabel="accuracy, 95 % interval", ylim=(-0.6, len(shown) - 0.4))
        ax.set_title(title)
        return picture(figure, name, title, "; ".join(f"{s.model} {s.value:.3f}" for s in shown) + ".")


def against_parameters(scores: Scorecard, costs: pd.DataFrame, methods: dict[str, str]) -> Picture:
    """Accuracy against the number of trained parameters, which the memory of training goes with."""
    name, title = "accuracy-parameters", "Accuracy and what is trained for it"
    trained = dict(zip(costs["model"], costs["trained"], strict=True))
    with canvas(name, 3.4) as figure:
        ax = figure.subplots()
        for place, model in enumerate(methods):
            score = scores.get(model=model)
            ends = [[score.value - score.low], [score.high - score.value]]
            ax.errorbar(trained[model], score.value, yerr=ends, fmt="o", color=BLUE, capsize=2, markersize=4)
            ax.annotate(
                model,
                (trained[model], score.value),
                xytext=(5, (4, -10)[place % 2]),
                textcoords="offset points",
                fontsize=8,
            )
        scratch = scores.get(model="baseline: from scratch").value
        ax.axhline(scratch, color=GREY, linestyle="--", linewidth=1, label="from scratch")
        ax.grid(axis="y", color=RULE)
        ax.margins(x=0.2)
        ax.set(xscale="log", xlabel="trained parameters", ylabel="test accuracy")
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.xaxis.set_minor_formatter("")
        ax.set_title(title)
        figure.legend(loc="outside lower center")
        return picture(
            figure, name, title, "; ".join(f"{m}: {trained[m]:,} parameters" for m in methods) + "."
        )


def colour_of(model: str) -> str:
    """Blue for what the page is about, purple for false wiring, grey for the rest."""
    return PURPLE if model.startswith("null: ") else GREY if model.startswith("baseline: ") else BLUE


def _score_table(scores: Scorecard) -> Table:
    rows = tuple((s.model, value(s), f"{s.n:,}") for s in scores)
    return Table(
        "Accuracy on the test part of the new classes",
        ("Model", "Accuracy", "Draws × examples"),
        rows,
        (1, 2),
    )


def _cost_table(costs: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row["model"]),
            f"{row['trained']:,}",
            f"{row['trained'] / row['total']:.1%}",
            kilobytes(row["gradient_bytes"]),
            kilobytes(row["optimiser_bytes"]),
            f"{row['seconds']:.1f}",
        )
        for row in costs.to_dict("records")
    )
    columns = ("Model", "Trained", "Of all", "Gradient", "Optimiser state", "Seconds")
    return Table(
        "What each adaptation costs", columns, rows, (1, 2, 3, 4, 5),
        note="Memory is computed from the shapes of the arrays (Adam, 4 bytes a number), seconds are measured: the "
        "quickest draw, on one core.",
    )  # fmt: skip


def kilobytes(count: float) -> str:
    """In kB of 1,000 bytes."""
    return f"{count / 1000:,.1f} kB"
