"""Pictures of continual learning: accuracy matrices, and what is known on the average as experiences go by."""

from __future__ import annotations

from collections.abc import Mapping
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

ACROSS = 3
WRITTEN = 10
"""Up to so many experiences the shares are written into the cells."""
COLOURS = (GREY, INK, PURPLE, BLUE, GREEN, VERMILION, ORANGE)
DASHES: tuple[Any, ...] = ("-", "--", ":", "-", "-.", (0, (5, 1, 1, 1)), (0, (1, 1)))


def matrices(name: str, title: str, found: Mapping[str, np.ndarray]) -> Picture:
    """A small accuracy matrix for each learner, per cent; ``found``: learner → ``[after, experience]``."""
    down = -(-len(found) // ACROSS)
    said = [
        f"{learner} ends at {100 * matrix[-1].mean():.0f} % on the average"
        for learner, matrix in found.items()
    ]
    with canvas(name, 0.5 + 1.75 * down, width=5.4) as figure:
        axes = figure.subplots(down, ACROSS, squeeze=False).ravel()
        for ax in axes[len(found) :]:
            ax.set_axis_off()
        for place, (ax, (learner, matrix)) in enumerate(zip(axes, found.items(), strict=False)):
            n = len(matrix)
            for i, j in np.ndindex(n, n):
                ax.add_patch(_cell(j, i, float(matrix[i, j])))
                if n <= WRITTEN:
                    ax.text(j, i, f"{100 * matrix[i, j]:.0f}", ha="center", va="center", fontsize=7)
            ticks = range(0, n, 1 if n <= WRITTEN else 5)
            ax.set_xticks(list(ticks), [str(i + 1) for i in ticks])
            ax.set_yticks(list(ticks), [str(i + 1) for i in ticks])
            ax.tick_params(length=0)
            ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal")
            if place % ACROSS == 0:
                ax.set_ylabel("learned up to")
            if place >= len(found) - ACROSS:
                ax.set_xlabel("tested on")
            ax.set_title(learner)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
        return picture(figure, name, title, f"{'; '.join(said)}.")


def _cell(x: float, y: float, share: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=BLUE, alpha=0.05 + 0.55 * share, linewidth=0)


def average(name: str, title: str, found: Mapping[str, np.ndarray]) -> Picture:
    """Average accuracy on what was met so far; ``found``: learner → ``[seed, experience]``. Bands reach over the seeds."""
    said = []
    with canvas(name, 3.6, width=4.6) as figure:
        ax = figure.subplots()
        for place, (learner, curves) in enumerate(found.items()):
            x, colour = np.arange(1, curves.shape[1] + 1), COLOURS[place % len(COLOURS)]
            ax.fill_between(x, curves.min(0), curves.max(0), color=colour, alpha=0.15, linewidth=0)
            ax.plot(x, curves.mean(0), linestyle=DASHES[place % len(DASHES)], color=colour, label=learner,
                    marker="o", markersize=3)  # fmt: skip
            said.append(f"{learner} goes from {curves[:, 0].mean():.2f} to {curves[:, -1].mean():.2f}")
        ax.set_xticks(x)
        ax.grid(axis="y", color=RULE)
        ax.spines["left"].set_color(FAINT)
        ax.set(xlabel="experiences learned", ylabel="accuracy on those so far, test", ylim=(None, 1.02))
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=3, handlelength=2.6)
        return picture(figure, name, title, f"{'; '.join(said)}.")
