"""Scores as pictures: every model on one line with its interval, and forecasts over the horizon."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from neurotwin.report.figures.style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    VERMILION,
    Picture,
    canvas,
    picture,
)
from neurotwin.report.words import horizon_of, listed, model_of, number, value_words

if TYPE_CHECKING:
    from neurotwin.evaluation import Score

# shape and colour both tell the kind of model, so that neither is needed alone
STYLES: dict[str, tuple[str, str, str]] = {
    "twin": (BLUE, "o", "twin"),
    "baseline": (GREY, "s", "baseline"),
    "null": (PURPLE, "D", "null"),
    "anatomy": (GREEN, "^", "anatomy alone"),
    "difference": (BLUE, "o", "difference"),
    "reference": (VERMILION, "P", "reference"),
    "other": (ORANGE, "v", "other"),
}
_ORDER = ("twin", "difference", "baseline", "null", "anatomy", "other", "reference")
_DASHES = {"baseline": (0, (4, 1.5)), "null": (0, (1, 1.2)), "anatomy": (0, (5, 1, 1, 1))}


def style_of(model: str) -> tuple[str, str, str]:
    """Colour, marker and legend of a model."""
    return STYLES.get(model_of(model).kind, STYLES["other"])


def ordered(scores: Sequence[Score]) -> list[Score]:
    """The twin first, then other designs, then each kind of control, the best of each first."""

    def rank(score: Score) -> tuple[int, bool, float]:
        kind = model_of(score.model).kind
        place = _ORDER.index(kind) if kind in _ORDER else _ORDER.index("other")
        return place, score.model != "twin", -score.value if score.higher_is_better else score.value

    return sorted((s for s in scores if math.isfinite(s.value)), key=rank)


def forest(
    scores: Sequence[Score],
    name: str,
    title: str,
    axis: str,
    zero: float | None = None,
    label: Callable[[Score], str] | None = None,
) -> Picture:
    """One line for each score: its name and number above, its value and 95 % interval below.

    Parameters
    ----------
    scores
        Of one unit; those without a value are left out.
    name, title
        Of the figure.
    axis
        Label of the axis.
    zero
        A value to mark: chance, or no difference.
    label
        Name of a line; by default its model in words.
    """
    shown = ordered(scores)
    naming = label or (lambda score: model_of(score.model).words)
    step = 0.40
    with canvas(name, step * len(shown) + 0.85) as figure:
        ax = figure.subplots()
        twins = [s.model for s in shown if model_of(s.model).kind == "twin"]
        for row, score in enumerate(shown):
            _line(ax, -row, score, naming(score), bold=score.model == "twin" or twins == [score.model])
        if zero is not None:
            ax.axvline(zero, color=INK, linewidth=0.8, linestyle=(0, (3, 3)), zorder=0)
        ceilings = sorted({round(s.ceiling, 6) for s in shown if math.isfinite(s.ceiling)})
        for ceiling in ceilings:
            ax.axvline(ceiling, color=VERMILION, linewidth=1.2, linestyle=(0, (6, 2)), zorder=0)
        _limits(ax, shown, zero, ceilings)
        ax.set_ylim(-len(shown) + 0.62, 0.72)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", zorder=-1)
        ax.locator_params(axis="x", nbins=5)
        ax.set_title(title)
        ax.set_xlabel(axis)
        alt = f"{title}. " + "; ".join(f"{naming(s)} {value_words(s)}" for s in shown) + "."
        if ceilings:
            alt += f" Reference from the data: {listed([number(c) for c in ceilings])}."
        return picture(figure, name, title, alt)


def _line(ax: Any, y: float, score: Score, label: str, bold: bool) -> None:
    from matplotlib.transforms import blended_transform_factory

    colour, marker, _ = style_of(score.model)
    along = blended_transform_factory(ax.transAxes, ax.transData)
    weight = "bold" if bold else "normal"
    ax.text(0.0, y + 0.30, label, transform=along, va="center", fontweight=weight)
    ax.text(1.0, y + 0.30, value_words(score), transform=along, va="center", ha="right", fontweight=weight)
    if math.isfinite(score.low) and math.isfinite(score.high):
        ax.plot(
            [score.low, score.high],
            [y - 0.1, y - 0.1],
            color=colour,
            linewidth=2.6 if bold else 1.8,
            solid_capstyle="butt",
        )
    ax.plot(score.value, y - 0.1, marker, color=colour, markersize=7 if bold else 5.5)


def _limits(ax: Any, shown: Sequence[Score], zero: float | None, ceilings: Sequence[float]) -> None:
    ends = [e for s in shown for e in (s.value, s.low, s.high) if math.isfinite(e)] + list(ceilings)
    ends += [zero] if zero is not None else []
    low, high = min(ends), max(ends)
    room = 0.06 * (high - low) or 0.05
    ax.set_xlim(low - room, high + room)


def forecast(scores: Sequence[Score], name: str, dt_ms: float | None) -> Picture:
    """Forecasting r of each model over the horizon, with its interval.

    ``dt_ms`` turns frames into seconds on a second line of the axis; None leaves them frames.
    """
    by_model: dict[str, list[Score]] = {}
    for score in ordered(scores):
        by_model.setdefault(score.model, []).append(score)
    horizons = sorted({horizon_of(s.metric) or 0 for s in scores})
    title = "Forecasting"
    with canvas(name, 3.4) as figure:
        ax = figure.subplots()
        for number_of_line, (model, own) in enumerate(by_model.items()):
            own.sort(key=lambda s: horizon_of(s.metric) or 0)
            shift = 0.08 * (number_of_line - (len(by_model) - 1) / 2)
            x = [horizons.index(horizon_of(s.metric) or 0) + shift for s in own]
            colour, marker, _ = style_of(model)
            dash = _DASHES.get(model_of(model).kind, "-")
            style: dict[str, Any] = {"color": colour, "linewidth": 2.2 if model == "twin" else 1.2}
            known = [(i, s) for i, s in zip(x, own, strict=True) if math.isfinite(s.low)]
            ax.vlines([i for i, _ in known], [s.low for _, s in known], [s.high for _, s in known], **style)
            shape = _MARKS[number_of_line % len(_MARKS)] if model_of(model).kind != "twin" else marker
            ax.plot(
                x,
                [s.value for s in own],
                marker=shape,
                markersize=5,
                linestyle=dash,
                label=model_of(model).words,
                **style,
            )
        ax.set_xticks(range(len(horizons)), [_ahead(h, dt_ms) for h in horizons])
        ax.set_xlabel("frames ahead" + (" (seconds)" if dt_ms else ""))
        ax.set_ylabel("Pearson r, later time")
        ax.axhline(0.0, color=FAINT, linewidth=0.8, zorder=0)
        ax.grid(axis="y", zorder=-1)
        ax.set_title(title)
        columns = 2 if len(by_model) > 3 else 1
        figure.legend(loc="outside lower center", ncols=columns, handlelength=3)
        lines = [
            f"{model_of(m).words} " + ", ".join(f"{number(s.value)} at {horizon_of(s.metric)}" for s in own)
            for m, own in by_model.items()
        ]
        alt = f"Correlation of forecast and recording by frames ahead: {'; '.join(lines)}."
        return picture(figure, name, title, alt)


_MARKS = ("s", "D", "^", "v", "P", "X", "<", ">")


def _ahead(horizon: int, dt_ms: float | None) -> str:
    return f"{horizon}" if dt_ms is None else f"{horizon}\n({horizon * dt_ms / 1000:.3g} s)"
