"""Figures of a task's report, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.report.figures.style import BLUE, FAINT, GREY, INK, PURPLE, RULE, Picture, canvas, picture
from neurotwin.report.task.content import TaskContent

PICTURES: Registry[Callable[[TaskContent], Picture | None]] = Registry("picture of a task's report")
MOST_CLASSES = 50
"""More classes make no picture that can be read."""
WRITTEN_CLASSES = 12
"""Up to so many classes the counts are written into the picture."""
FLAT = 30
"""Letters of all classes' names that fit side by side."""
ERRORS = 12
GREYS = "gray_r"
"""High values are dark, as ink is; ``details["grey"]`` of the content says otherwise (X-rays)."""
COLOURS = (BLUE, GREY, PURPLE, INK)
DASHES = ("-", "--", ":", "-.")


@PICTURES.register("confusion")
def confusion(content: TaskContent) -> Picture | None:
    """How often each class was taken for each other one, as shares of the true class."""
    n = len(content.classes)
    if n > MOST_CLASSES:
        return None
    truth, told = np.asarray(content.answers), content.outputs.argmax(-1)
    counts = np.bincount(truth * n + told, minlength=n * n).reshape(n, n)
    share = counts / np.maximum(1, counts.sum(1, keepdims=True))
    name, title = "confusion", f"True class and answer: {content.model}"
    wrong = counts - np.diag(np.diag(counts))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    alt = f"{np.trace(counts):,} of {counts.sum():,} right."
    if wrong.any():
        alt += f" Most frequent mistake: {content.classes[row]} taken for {content.classes[column]}, {wrong.max()} times."
    with canvas(name, 4.0) as figure:
        ax = figure.subplots()
        for r in range(n):
            for c in range(n):
                if counts[r, c]:
                    ax.scatter(c, r, s=2000 / n * share[r, c] ** 0.5, marker="s",
                               color=BLUE if r == c else PURPLE, alpha=0.35, linewidths=0)  # fmt: skip
                    if n <= WRITTEN_CLASSES:
                        ax.text(c, r, str(counts[r, c]), ha="center", va="center", fontsize=7)
        shown = range(0, n, 1 if n <= WRITTEN_CLASSES else 5)
        labels = [content.classes[i][:10] for i in shown]
        ax.set_xticks(list(shown), labels, rotation=90 if sum(map(len, labels)) > FLAT else 0)
        ax.set_yticks(list(shown), labels)
        ax.set(xlabel="answer", ylabel="true class", xlim=(-0.6, n - 0.4), ylim=(n - 0.4, -0.6))
        ax.set_title(title)
        return picture(figure, name, title, alt)


@PICTURES.register("images")
def images(content: TaskContent) -> Picture | None:
    """The mistakes of which the network was surest."""
    grey = content.details.get("grey", GREYS)
    return mistakes(content, lambda ax, image: draw_image(ax, image, grey))


def mistakes(content: TaskContent, draw: Callable[[Any, np.ndarray], None]) -> Picture | None:
    """The surest mistakes, each drawn by ``draw(axes, input)``; None where everything was right."""
    truth, told = np.asarray(content.answers), content.outputs.argmax(-1)
    wrong = np.flatnonzero(truth != told)
    if not len(wrong):
        return None
    shifted = content.outputs[wrong] - content.outputs[wrong].max(-1, keepdims=True)
    sure = 1 / np.exp(shifted).sum(-1)
    order = np.argsort(-sure, kind="stable")[:ERRORS]
    name, title = "mistakes", "The surest mistakes"
    with canvas(name, 3.4) as figure:
        axes = figure.subplots(3, 4).ravel()
        for ax in axes:
            ax.set_axis_off()
        said = []
        for ax, i in zip(axes, order, strict=False):
            draw(ax, np.asarray(content.inputs[int(wrong[i])], float))
            right, given = (content.classes[k[wrong[i]]] for k in (truth, told))
            said.append(f"{right} as {given}")
            between = "\n" if len(right + given) > 8 else " "
            ax.set_title(f"{right[:16]}{between}as {given[:13]}", fontsize=7, color=INK)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
        return picture(figure, name, title, f"{len(order)} of {len(wrong)} mistakes: {'; '.join(said)}.")


def draw_image(ax: Any, image: np.ndarray, grey: str = GREYS) -> None:
    """Colour, or grey by the colour map of that name, between the image's own extremes: ``image [row, column, channel]``."""
    low, high = image.min(), image.max()
    image = (image - low) / (high - low or 1)
    coloured = image.shape[-1] == 3
    ax.imshow(image if coloured else image[..., 0], cmap=None if coloured else grey)


def training(content: TaskContent) -> list[Picture]:
    """Loss in training and validation of every network, and the metric in validation."""
    history, found = content.history, []
    for name, columns, label in (
        ("training-loss", ("loss", "validation_loss"), "loss"),
        ("training-metric", ("validation",), f"{content.metric.replace('_', ' ')}, validation"),
    ):
        title, said = label[0].upper() + label[1:] + " over training", []
        with canvas(name, 3.2) as figure:
            ax = figure.subplots()
            for place, (model, rows) in enumerate(history.groupby("model", sort=False)):
                for column, dash in zip(columns, DASHES, strict=False):
                    where = ", validation" if column == "validation_loss" else ""
                    ax.plot(
                        rows["epoch"],
                        rows[column],
                        dash,
                        color=COLOURS[place % len(COLOURS)],
                        label=f"{model}{where}",
                    )
                said.append(f"{model} ends at {rows[columns[-1]].iloc[-1]:.3g}")
            ax.grid(axis="y", color=RULE)
            ax.set(xlabel="epoch", ylabel=label)
            ax.spines["left"].set_color(FAINT)
            ax.set_title(title)
            figure.legend(loc="outside lower center", ncols=1, handlelength=2.6)
            found.append(picture(figure, name, title, f"{'; '.join(said)}."))
    return found
