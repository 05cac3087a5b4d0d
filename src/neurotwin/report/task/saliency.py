"""Which pixels an answer hangs on, beside what an untrained network shows."""

from __future__ import annotations

import numpy as np

from neurotwin.report.figures.style import Picture, canvas, picture
from neurotwin.report.task.content import TaskContent
from neurotwin.report.task.pictures import GREYS, PICTURES, draw_image

ROWS = {"image": "image", "trained": "saliency", "untrained": "untrained"}
CLIPPED = 99.0
"""Percentile that is drawn darkest, so that one pixel does not hide the others."""


@PICTURES.register("saliency")
def saliency(content: TaskContent) -> Picture | None:
    """A column for each image: the image, its saliency, and the saliency of an untrained network.

    ``content.details["saliency"]``: ``titles``; ``image [example, row, column, channel]``; ``trained`` and ``untrained``
    ``[example, row, column]``.
    """
    maps = content.details.get("saliency")
    if not maps or not len(maps["titles"]):
        return None
    n = len(maps["titles"])
    name, title = "saliency", "Saliency, and that of an untrained network"
    with canvas(name, 3.4) as figure:
        axes = figure.subplots(len(ROWS), n, squeeze=False)
        for row, (key, label) in zip(axes, ROWS.items(), strict=True):
            for ax, values in zip(row, np.asarray(maps[key], float), strict=True):
                ax.set(xticks=[], yticks=[])
                if key == "image":
                    draw_image(ax, values, content.details.get("grey", GREYS))
                else:
                    ax.imshow(values, cmap="gray_r", vmin=0, vmax=np.percentile(values, CLIPPED) or 1)
            row[0].set_ylabel(label, fontsize=8)
        for ax, words in zip(axes[0], maps["titles"], strict=True):
            ax.set_title(words.replace(", ", "\n"), fontsize=8)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
        alt = f"{n} test images ({'; '.join(maps['titles'])}); below, the pixels that the answer hangs on, also untrained."
        return picture(figure, name, title, alt)
