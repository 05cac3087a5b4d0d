"""From the accuracies of few-shot evaluation to the words, tables and pictures of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neurotwin.report.figures.style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RULE,
    VERMILION,
    Picture,
    canvas,
    picture,
)
from neurotwin.report.tables import Table
from neurotwin.report.transfer.content import Section

if TYPE_CHECKING:
    from neurotwin.evaluation import Interval

STYLES: tuple[tuple[str, Any, str], ...] = (
    (BLUE, "-", "o"),
    (GREEN, "--", "^"),
    (VERMILION, "-.", "v"),
    (GREY, ":", "s"),
    (INK, (0, (5, 1, 1, 1)), "D"),
    (PURPLE, (0, (1, 1)), "P"),
    (ORANGE, (0, (8, 2)), "X"),
)
SPREAD = (2.5, 97.5)


def curves(name: str, title: str, found: Mapping[str, Mapping[int, Interval]]) -> Picture:
    """Mean accuracy against the number of examples, with its interval; ``found``: label → k → interval."""
    said = []
    with canvas(name, 3.8, width=4.8) as figure:
        ax = figure.subplots()
        for (label, by_shots), (colour, dash, marker) in zip(found.items(), STYLES * 3, strict=False):
            k = np.array(list(by_shots))
            value, low, high = (
                np.array([getattr(i, n) for i in by_shots.values()]) for n in ("value", "low", "high")
            )
            ax.fill_between(k, low, high, color=colour, alpha=0.15, linewidth=0)
            ax.plot(k, value, linestyle=dash, color=colour, marker=marker, markersize=4, label=label)
            said.append(f"{label}: {', '.join(f'{v:.2f} at {n}' for n, v in zip(k, value, strict=True))}")
        shots = list(next(iter(found.values())))
        ax.set_xscale("log")
        ax.set_xticks(shots, [str(k) for k in shots])
        ax.minorticks_off()
        ax.grid(axis="y", color=RULE)
        ax.spines["left"].set_color(FAINT)
        ax.set(xlabel="examples of each new class", ylabel="accuracy, test images of new classes")
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=2, handlelength=2.6)
        return picture(figure, name, title, f"{'; '.join(said)}.")


def interval_words(found: Interval) -> str:
    """Mean with its interval."""
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def sections(
    means: Mapping[str, Mapping[str, Mapping[int, Interval]]], draws: Mapping[str, Mapping[int, np.ndarray]]
) -> tuple[Section, ...]:
    """Means with a picture for each group, then what a single draw gives.

    Parameters
    ----------
    means
        Heading of the picture → label → k → mean over seeds and draws, with its interval. The same label may be in several.
    draws
        Label → k → accuracies ``[any]`` of single draws.
    """
    merged = {label: by_shots for group in means.values() for label, by_shots in group.items()}
    shots = list(next(iter(merged.values())))
    titles = ("Classifier", *(f"k = {k}" for k in shots))
    numeric = tuple(range(1, len(titles)))
    rows = tuple((label, *(interval_words(by_shots[k]) for k in shots)) for label, by_shots in merged.items())
    single = tuple(
        (label, *("{:.2f} to {:.2f}".format(*np.percentile(by_shots[k], SPREAD)) for k in shots))
        for label, by_shots in draws.items()
    )
    pictures = tuple(
        curves(f"few-shot-{number}", heading, group)
        for number, (heading, group) in enumerate(means.items(), 1)
    )
    return (
        Section(
            "accuracy",
            "Accuracy on new classes",
            (
                "All classifiers get the same draws. Bodies never met the new classes; methods and their settings were fixed "
                "beforehand.",
            ),
            (Table("Mean over draws and seeds", titles, rows, numeric),),
            pictures,
        ),
        Section(
            "draws",
            "What a single draw gives",
            (
                "Whoever has k examples has one draw. So far apart are the 2.5th and the 97.5th percentile of single draws.",
            ),
            (Table("Single draws", titles, single, numeric),),
        ),
    )
