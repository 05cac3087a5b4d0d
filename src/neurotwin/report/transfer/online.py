"""Pictures and tables of online learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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

COLOURS = (BLUE, VERMILION, INK, PURPLE, GREY, GREEN, ORANGE)
DASHES: tuple[Any, ...] = ("-", "--", "-.", (0, (5, 1, 1, 1)), ":", (0, (8, 2)), (0, (1, 1)))
LANES = ("alarm", "rolled back", "kept", "drift accepted")
COLUMNS = {
    "accuracy": "accuracy",
    "accuracy_after_drift": "after the drift",
    "lost_to_burst": "lost to the burst",
    "detection_delay": "detection delay",
    "false_alarms": "false alarms",
    "roll_backs": "roll-backs",
}


def prequential(
    name: str, title: str, curves: Mapping[str, np.ndarray], burst: tuple[int, int], drift_at: int
) -> Picture:
    """Prequential accuracy over time; ``curves``: policy → ``[time]``, a mean over seeds."""
    said = []
    with canvas(name, 3.8, width=6.2) as figure:
        ax = figure.subplots()
        ax.axvspan(*burst, color=FAINT, alpha=0.35, linewidth=0)
        ax.text(sum(burst) / 2, 1.02, "false labels", ha="center", va="bottom", fontsize=8)
        ax.axvline(drift_at, color=INK, linewidth=0.8)
        ax.text(drift_at, 1.02, "drift", ha="center", va="bottom", fontsize=8)
        for place, (label, curve) in enumerate(curves.items()):
            colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
            ax.plot(np.arange(len(curve)), curve, color=colour, linestyle=dash, label=label)
            said.append(f"{label} ends at {curve[-1]:.2f}, lowest {curve.min():.2f}")
        ax.grid(axis="y", color=RULE)
        ax.spines["left"].set_color(FAINT)
        ax.set(xlabel="examples of the stream", ylabel="accuracy, latest 50", ylim=(0, 1.0))
        ax.margins(x=0.01)
        ax.set_title(title, pad=18)
        figure.legend(loc="outside lower center", ncols=2, handlelength=2.6)
        return picture(figure, name, title, f"{'; '.join(said)}.")


def log(
    name: str, title: str, events: Sequence[tuple[int, str]], burst: tuple[int, int], drift_at: int
) -> Picture:
    """What happened to one model when; ``events``: (time, what)."""
    counts = {lane: sum(what == lane for _, what in events) for lane in LANES}
    with canvas(name, 2.0, width=6.2) as figure:
        ax = figure.subplots()
        ax.axvspan(*burst, color=FAINT, alpha=0.35, linewidth=0)
        ax.axvline(drift_at, color=INK, linewidth=0.8)
        for place, lane in enumerate(LANES):
            times = [time for time, what in events if what == lane]
            ax.plot(times, [place] * len(times), "|", color=COLOURS[place], markersize=9)
        ax.set_yticks(range(len(LANES)), LANES)
        ax.set(xlabel="examples of the stream", ylim=(len(LANES) - 0.5, -0.5))
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.set_title(title)
        words = ", ".join(f"{count} times {lane}" for lane, count in counts.items())
        return picture(figure, name, title, f"{words}. Grey: false labels; line: drift.")


def measures_table(rows: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Mean and range over seeds; ``rows``: policy → measure → values by seed. NaN: nothing of the kind."""

    def words(name: str, values: Sequence[float]) -> str:
        found = [value for value in values if np.isfinite(value)]
        if not found:
            return "–"
        digits = 3 if name.startswith(("accuracy", "lost")) else 0
        text = f"{np.mean(found):.{digits or 1}f} [{min(found):.{digits}f}, {max(found):.{digits}f}]"
        return text if len(found) == len(values) else f"{text}, in {len(found)} of {len(values)}"

    body = tuple(
        (policy, *(words(name, by_name[name]) if name in by_name else "–" for name in COLUMNS))
        for policy, by_name in rows.items()
    )
    return Table(
        "Mean and range over seeds",
        ("Policy", *COLUMNS.values()),
        body,
        tuple(range(1, len(COLUMNS) + 1)),
        "Accuracy is by true labels, each example answered before it was learned from. Lost to the burst: against the same run on "
        "the same stream without false labels. Delays are in examples; a delay that is missing in a seed is a drift without alarm "
        "within 200 examples. False alarms are counted on the stream without false labels.",
    )
