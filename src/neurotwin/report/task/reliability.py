"""Do probabilities mean what they say: claimed against observed, before and after calibration."""

from __future__ import annotations

import numpy as np

from neurotwin.report.figures.style import BLUE, FAINT, GREY, RULE, Picture, canvas, picture
from neurotwin.report.task.content import TaskContent
from neurotwin.report.task.pictures import PICTURES


@PICTURES.register("reliability")
def reliability(content: TaskContent) -> Picture | None:
    """Observed share against claimed probability on the test part, a point for each bin, its area by the examples in it.

    ``content.details["reliability"]``: label → counts, mean claims and observed shares, ``[bin]`` each.
    """
    curves = content.details.get("reliability")
    if not curves:
        return None
    binary = len(content.classes) == 2
    name, title = "reliability", "Claimed and observed, test part"
    said = []
    with canvas(name, 3.6) as figure:
        ax = figure.subplots()
        ax.plot([0, 1], [0, 1], "--", color=FAINT, label="claims that hold")
        for (label, (count, claimed, observed)), colour in zip(curves.items(), (GREY, BLUE), strict=False):
            full = count > 0
            ax.plot(claimed[full], observed[full], color=colour, label=label)
            ax.scatter(
                claimed[full], observed[full], s=4 + 150 * count[full] / count.sum(), color=colour, alpha=0.5
            )
            gap = np.abs(claimed[full] - observed[full]) @ count[full] / count.sum()
            said.append(f"{label}, claim and observation differ by {gap:.3f} on average over examples")
        ax.grid(color=RULE)
        ax.set(
            xlabel=f"claimed probability of {content.classes[1] if binary else 'the answer'}",
            ylabel=f"share that {'was so' if binary else 'was right'}",
            xlim=(-0.02, 1.02),
            ylim=(-0.02, 1.02),
        )
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=1, handlelength=2.6)
        return picture(figure, name, title, "; ".join(said) + ".")
