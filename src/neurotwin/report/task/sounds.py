"""Pictures of sounds for a task's report."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurotwin.report.figures.style import Picture
from neurotwin.report.task.content import TaskContent
from neurotwin.report.task.pictures import PICTURES, mistakes

RANGE_DB = 60.0
"""What is fainter than the loudest place by more than this is white."""


@PICTURES.register("spectrograms")
def spectrograms(content: TaskContent) -> Picture | None:
    """The mistakes of which the network was surest, time to the right and frequency upwards."""
    return mistakes(content, _draw)


def _draw(ax: Any, power: np.ndarray) -> None:
    """``[window, frequency]``, dark where it is loud."""
    level_dB = 10 * np.log10(np.maximum(power / power.max(), 10 ** (-RANGE_DB / 10)))
    ax.imshow(level_dB.T, origin="lower", aspect="auto", cmap="gray_r", vmin=-RANGE_DB, vmax=0)
