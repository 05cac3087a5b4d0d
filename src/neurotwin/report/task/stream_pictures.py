"""Figures of anomalies in video: scores over time, and where the surprise was."""

from __future__ import annotations

import math

import numpy as np

from neurotwin.evaluation.surprise import frame_scores
from neurotwin.report.figures.style import BLUE, FAINT, INK, PURPLE, Picture, canvas, picture
from neurotwin.report.task.content import TaskContent
from neurotwin.report.task.pictures import PICTURES

MOST_CLIPS = 12
"""More are not drawn."""


def _scores(content: TaskContent) -> list[np.ndarray]:
    """``[time]`` of each test clip."""
    scores = frame_scores(content.outputs[..., 1:])
    return [row[: len(x)] for row, x in zip(scores, content.inputs, strict=True)]


@PICTURES.register("stream")
def stream(content: TaskContent) -> Picture:
    """Score of each frame of each test clip, the anomalous ones shaded."""
    scores, shown = _scores(content), min(MOST_CLIPS, len(content.inputs))
    name, title = "stream", f"Score of each frame; anomalous ones shaded: {content.model}"
    top, said = max(s.max() for s in scores), []
    with canvas(name, 0.5 + 0.75 * shown) as figure:
        axes = np.atleast_1d(figure.subplots(shown, 1, sharex=True, sharey=True))
        for i, ax in enumerate(axes):
            y = np.asarray(content.answers[i])
            edges = np.flatnonzero(np.diff(np.concatenate([[0], y, [0]])))
            for first, last in edges.reshape(-1, 2):
                ax.axvspan(first + 0.5, last + 0.5, color=PURPLE, alpha=0.22, linewidth=0)
            ax.plot(np.arange(1, len(y) + 1), scores[i], color=BLUE)
            ax.set(ylim=(0, 1.05 * top), ylabel=f"{i + 1}")
            ax.spines["left"].set_color(FAINT)
            said.append(f"clip {i + 1}: {_told(scores[i], y)}")
        axes[-1].set_xlabel("frame")
        figure.supylabel("score, by test clip", fontsize=9.5)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
        return picture(figure, name, title, "; ".join(said) + ".")


def _told(scores: np.ndarray, y: np.ndarray) -> str:
    means = [
        f"{scores[y == k].mean():.2f} in {word}"
        for k, word in enumerate(("normal", "anomalous"))
        if (y == k).any()
    ]
    return f"{int(y.sum())} of {len(y)} frames anomalous, mean score {' and '.join(means)} ones"


@PICTURES.register("surprise")
def surprise(content: TaskContent) -> Picture:
    """Frames beside their maps: the surest hit, the surest false alarm, and the anomalous frame with the least score."""
    scores = np.concatenate(_scores(content))
    y = np.concatenate([np.asarray(part) for part in content.answers])
    where = [(i, t) for i, x in enumerate(content.inputs) for t in range(len(x))]
    chosen = {
        "highest score, anomalous": np.where(y == 1, scores, -np.inf).argmax(),
        "highest score, normal": np.where(y == 0, scores, -np.inf).argmax(),
        "lowest score, anomalous": np.where(y == 1, scores, np.inf).argmin(),
    }
    name, title, said = "surprise", "Frames, and where the surprise was", []
    top = content.outputs[..., 1:].max()
    with canvas(name, 4.4) as figure:
        axes = figure.subplots(len(chosen), 2)
        for (words, at), pair in zip(chosen.items(), axes, strict=True):
            clip, t = where[int(at)]
            frame, told = np.asarray(content.inputs[clip][t], float), content.outputs[clip, t, 1:]
            pair[0].imshow(frame, cmap="gray", vmin=0, vmax=255)
            pair[1].imshow(told.reshape(grid_of(frame.shape, len(told))), cmap="magma", vmin=0, vmax=top)
            for ax in pair:
                ax.set_axis_off()
            line = f"{words}: clip {clip + 1}, frame {t + 1}"
            said.append(f"{line}, score {scores[int(at)]:.2f}")
            pair[0].set_title(line, fontsize=8, color=INK)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
        return picture(figure, name, title, "; ".join(said) + ".")


def grid_of(shape: tuple[int, ...], patches: int) -> tuple[int, int]:
    """Rows and columns of so many square patches that cover an image."""
    side = math.sqrt(shape[0] * shape[1] / patches)
    for size in sorted(range(1, max(shape) + 1), key=lambda s: abs(s - side)):
        rows, columns = -(-shape[0] // size), -(-shape[1] // size)
        if rows * columns == patches:
            return rows, columns
    return 1, patches
