"""Activity as pictures: recorded and predicted traces, and the curves of the training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurotwin.report.figures.style import (
    BLUE,
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
from neurotwin.report.words import model_of, number

if TYPE_CHECKING:
    import pandas as pd

    from neurotwin.report.content import TraceExample

TERMS = ("function", "structure", "biology", "regularisation")
DRAWN = 8
"""Models whose validation curves are drawn; more could not be told apart."""
_TERM_STYLES: dict[str, tuple[str, Any]] = {
    "loss": (INK, "-"),
    "function": (BLUE, "--"),
    "structure": (VERMILION, "-."),
    "biology": (GREEN, ":"),
    "regularisation": (PURPLE, (0, (3, 1, 1, 1, 1, 1))),
}
_COLOURS = (BLUE, PURPLE, GREEN, ORANGE, VERMILION, GREY)
_DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)), (0, (3, 3)))


def traces(examples: Sequence[TraceExample]) -> list[Picture]:
    """One small picture for each example."""
    return [_trace(example, f"trace-{i + 1}") for i, example in enumerate(examples)]


def _trace(example: TraceExample, name: str) -> Picture:
    title = f"{example.neuron}, {example.worm}"
    with canvas(name, 1.75) as figure:
        ax = figure.subplots()
        ax.plot(example.time_s, example.recorded, color=INK, linewidth=1.1)
        ax.plot(example.time_s, example.predicted, color=BLUE, linewidth=1.9, linestyle=(0, (5, 1)))
        ax.set_title(f"{title}: r = {number(example.r)}")
        ax.set(xlabel="time (s)", ylabel=f"activity ({example.unit})" if example.unit else "activity")
        ax.locator_params(axis="y", nbins=3)
        ax.margins(x=0.01)
        seconds = example.time_s[-1] - example.time_s[0]
        alt = (
            f"Activity of neuron {example.neuron} of animal {example.worm} over {seconds:.0f} seconds held "
            f"out of training: recorded, and as the twin predicts it from the other neurons. Correlation "
            f"{number(example.r)}."
        )
        return picture(figure, name, title, alt)


def training(history: pd.DataFrame) -> list[Picture]:
    """The loss and its terms of the twin ("twin", else the first model), and validation errors."""
    if not len(history):
        return []
    models = list(dict.fromkeys(str(m) for m in history["model"]))
    first = "twin" if "twin" in models else models[0]
    runs = {model: _runs(history, model) for model in models}
    shown = (_terms(runs[first], first), _validation(runs))
    return [one for one in shown if one is not None]


_Run = dict[str, np.ndarray]


def _runs(history: pd.DataFrame, model: str) -> list[_Run]:
    """The columns of each seed of one model, by step."""
    names = [str(m) for m in history["model"]]
    own = np.flatnonzero([m == model for m in names])
    numeric = {
        c: np.asarray(history[c], dtype=np.float64)[own] for c in ("step", "loss", *TERMS, "validation")
    }
    seeds = np.asarray(history["seed"])[own]
    runs = []
    for seed in np.unique(seeds):
        chosen = np.flatnonzero(seeds == seed)
        chosen = chosen[np.argsort(numeric["step"][chosen], kind="stable")]
        runs.append({c: values[chosen] for c, values in numeric.items()})
    return runs


def _finite(run: _Run, column: str) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(run[column])
    return run["step"][known], run[column][known]


def _terms(runs: list[_Run], model: str) -> Picture | None:
    together = {c: np.concatenate([_finite(run, c)[1] for run in runs]) for c in _TERM_STYLES}
    shown = [c for c, values in together.items() if values.size and np.abs(values).max() > 0]
    if not shown:
        return None
    name, title = "training-terms", f"Loss and its terms: {model_of(model).words}"
    with canvas(name, 3.4) as figure:
        ax = figure.subplots()
        told = []
        for column in shown:
            colour, dash = _TERM_STYLES[column]
            for i, run in enumerate(runs):
                label = column if i == 0 else None
                ax.plot(*_finite(run, column), color=colour, linestyle=dash, linewidth=1.3, label=label)
            ends = [values[[0, -1]] for _, values in (_finite(run, column) for run in runs) if values.size]
            start, stop = np.mean(ends, axis=0)
            told.append(f"{column} from {start:.3g} to {stop:.3g}")
        _log_if_wide(ax, np.concatenate([together[c] for c in shown]))
        ax.set(xlabel="training step", ylabel="loss (weighted terms)")
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=3, handlelength=2.6)
        last = max(float(run["step"].max()) for run in runs)
        seeds = f"{len(runs)} seed{'s' if len(runs) != 1 else ''}"
        return picture(figure, name, title, f"Curves over {last:,.0f} steps, {seeds}: {'; '.join(told)}.")


def _validation(runs: dict[str, list[_Run]]) -> Picture | None:
    known = {
        model: own for model, own in runs.items() if any(_finite(run, "validation")[1].size for run in own)
    }
    if not known:
        return None
    name, title = "training-validation", "Validation error, a line for each seed"
    drawn = list(known.items())[:DRAWN]
    with canvas(name, 3.4) as figure:
        ax = figure.subplots()
        told = []
        for place, (model, own) in enumerate(drawn):
            style = {"color": _COLOURS[place % len(_COLOURS)], "linestyle": _DASHES[place % len(_DASHES)]}
            words = model_of(model).words
            for i, run in enumerate(own):
                ax.plot(*_finite(run, "validation"), linewidth=1.3, label=words if i == 0 else None, **style)
            lowest = [
                values.min() for _, values in (_finite(run, "validation") for run in own) if values.size
            ]
            told.append(f"{words} reaches {np.mean(lowest):.3g}")
        ax.set(xlabel="training step", ylabel="validation error")
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=2, handlelength=2.6)
        alt = f"Validation error over training, the lowest of each seed averaged: {'; '.join(told)}."
        return picture(figure, name, title, alt)


def _log_if_wide(ax: Any, values: np.ndarray) -> None:
    positive = values[values > 0]
    if values.min() < 0 or not positive.size or math.log10(positive.max() / positive.min()) < 1.3:
        return
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ax.set_yscale("log")
    ax.set_ylim(bottom=max(float(positive.min()), float(positive.max()) * 1e-5) * 0.8)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
