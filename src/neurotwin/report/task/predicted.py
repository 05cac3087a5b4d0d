"""Predicted numbers against true ones."""

from __future__ import annotations

import numpy as np

from neurotwin.report.figures.style import BLUE, FAINT, RULE, Picture, canvas, picture
from neurotwin.report.task.content import TaskContent
from neurotwin.report.task.pictures import PICTURES


@PICTURES.register("predicted")
def predicted(content: TaskContent) -> Picture | None:
    """A point for each test example; on the line the answer is right."""
    true, told = np.asarray(content.answers, float), np.asarray(content.outputs, float)
    low, high = float(min(true.min(), told.min())), float(max(true.max(), told.max()))
    near = np.abs(told - true)
    name, title = "predicted", f"True value and answer: {content.model}"
    alt = (
        f"{len(true):,} test examples; true values from {true.min():.3g} to {true.max():.3g}, answers from {told.min():.3g} to "
        f"{told.max():.3g}; half of the answers are within {np.median(near):.3g} of the truth."
    )
    with canvas(name, 3.6) as figure:
        ax = figure.subplots()
        ax.plot([low, high], [low, high], color=FAINT, linewidth=1)
        ax.scatter(true, told, s=9, color=BLUE, alpha=min(1.0, max(0.15, 150 / len(true))), linewidths=0)
        ax.grid(color=RULE)
        ax.set(xlabel="true value", ylabel="answer")
        ax.set_title(title)
        return picture(figure, name, title, alt)
