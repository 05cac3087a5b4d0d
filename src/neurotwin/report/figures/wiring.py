"""The connectome of the animal and of its twin, side by side, and the distributions of their weights."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from neurotwin.report.figures.style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    Picture,
    canvas,
    picture,
)

if TYPE_CHECKING:
    import pandas as pd

    from neurotwin.blueprint import Blueprint
    from neurotwin.report.content import ReportContent

_BOUNDARY = "#3c3c3c"  # of the layers; always on white, so the same in dark mode
_FREE = (0.45, 0.45, 0.45)
_CLASSES = {"gaussian": "norm", "lognormal": "lognorm", "gamma": "gamma", "exponential": "expon"}


def neuron_order(blueprint: Blueprint) -> tuple[np.ndarray, list[tuple[str, int, int]]]:
    """Indices of the neurons by layer and signal-flow level, and (layer, start, stop) of each layer in it."""
    order: list[int] = []
    spans = []
    for layer, members in blueprint.layers().items():
        start = len(order)
        order += [blueprint.index_of(name) for one in members for name in one.neurons]
        spans.append((layer, start, len(order)))
    return np.array(order, dtype=int), spans


def label_layers(ax: Any, spans: list[tuple[str, int, int]], n: int) -> None:
    """Boundaries and names of the layers on both axes of a matrix."""
    for _, start, _ in spans[1:]:
        ax.axhline(start - 0.5, color=_BOUNDARY, linewidth=0.6)
        ax.axvline(start - 0.5, color=_BOUNDARY, linewidth=0.6)
    middle = [(start + stop - 1) / 2 for _, start, stop in spans]
    names = [name if stop - start > 0.04 * n else "" for name, start, stop in spans]
    ax.set_xticks(middle, names, rotation=0)
    ax.set_yticks(middle, names, rotation=90, va="center")
    ax.tick_params(length=0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)


def connectome_pair(content: ReportContent) -> list[Picture]:
    """Chemical synapses of the animal (contacts and signs) and of the twin (learnt weights), in one order."""
    order, spans = neuron_order(content.blueprint)
    contacts = content.biology.connectome.matrix("chemical", "weight").toarray()
    signs = content.biology.connectome.matrix("chemical", "sign").toarray()
    present = contacts != 0
    learnt = content.dense_weights
    strength = np.log1p(contacts)
    free = int((present & (signs == 0)).sum())
    counts = (int((present & (signs > 0)).sum()), int((present & (signs < 0)).sum()), free)
    animal = _matrix(
        "connectome-biology",
        "The animal",
        _colours(strength * np.where(signs < 0, -1, 1), present, grey=present & (signs == 0)),
        order,
        spans,
        free > 0,
        f"Chemical synapses of the animal as a matrix, neurons ordered by layer ({_layers(spans)}): "
        f"{int(present.sum()):,} connections, {counts[0]:,} excitatory, {counts[1]:,} inhibitory, "
        f"{counts[2]:,} of unknown sign. Colour is the logarithm of the number of contacts.",
    )
    has = learnt != 0
    twin = _matrix(
        "connectome-twin",
        "Its twin",
        _colours(learnt, has),
        order,
        spans,
        False,
        f"Learnt chemical weights of the twin in the same order: {int(has.sum()):,} connections, "
        f"{int((learnt > 0).sum()):,} excitatory, {int((learnt < 0).sum()):,} inhibitory. "
        "Colour is the learnt weight.",
    )
    return [animal, twin]


def _layers(spans: list[tuple[str, int, int]]) -> str:
    return ", ".join(f"{name} {stop - start}" for name, start, stop in spans)


def diverging(values: np.ndarray) -> np.ndarray:
    """Colours ``[…, 3]`` of values in -1 … 1: vermilion, white, blue, dark enough at once to be seen."""
    strength = np.clip(np.abs(values), 0.0, 1.0)[..., None]
    deep = np.where((values < 0)[..., None], np.array([0.65, 0.20, 0.0]), np.array([0.0, 0.22, 0.50]))
    pale = np.where((values < 0)[..., None], np.array([0.98, 0.72, 0.52]), np.array([0.55, 0.78, 0.95]))
    coloured = pale + (deep - pale) * strength
    return np.where((values == 0)[..., None], 1.0, coloured)


def _colours(values: np.ndarray, present: np.ndarray, grey: np.ndarray | None = None) -> np.ndarray:
    """RGB image ``[post, pre, 3]``; the strongest 2 % share the darkest colour."""
    size = np.abs(values[present & np.isfinite(values)])
    limit = float(np.quantile(size, 0.98)) if size.size else 1.0
    image = diverging(np.where(present, values, 0.0) / (limit or 1.0))
    if grey is not None and grey.any():
        strength = np.clip(np.abs(values) / (limit or 1.0), 0.0, 1.0)[..., None]
        image = np.where(grey[..., None], 0.78 - (0.78 - np.array(_FREE) + 0.2) * strength, image)
    return image


def _matrix(
    name: str,
    title: str,
    image: np.ndarray,
    order: np.ndarray,
    spans: list[tuple[str, int, int]],
    free: bool,
    alt: str,
) -> Picture:
    from matplotlib.patches import Patch

    with canvas(name, 4.45) as figure:
        ax = figure.subplots()
        pixels = np.round(255 * np.clip(image[np.ix_(order, order)], 0, 1)).astype(np.uint8)
        ax.imshow(pixels, interpolation="none")
        label_layers(ax, spans, len(order))
        ax.set(xlabel="from (presynaptic)", ylabel="to (postsynaptic)")
        ax.set_title(title)
        handles = [Patch(color="#1f6fb0", label="excites"), Patch(color="#d3652b", label="inhibits")]
        if free:
            handles.append(Patch(color="#8f8f8f", label="sign unknown"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1)
        return picture(figure, name, title, alt)


def weight_distributions(content: ReportContent) -> list[Picture]:
    """Contacts with the families fitted to them, and the twin's weights beside the contacts."""
    contacts = content.biology.connectome.edges("chemical")[2]
    learnt = np.abs(content.dense_weights)
    learnt = learnt[learnt > 0]
    pictures = []
    if contacts.size:
        pictures.append(_fitted(contacts, content.fits))
    if contacts.size and learnt.size:
        pictures.append(_beside(contacts, learnt))
    return pictures


def _fitted(contacts: np.ndarray, fits: pd.DataFrame) -> Picture:
    name, title = "weights-fits", "Contacts of the animal and fitted families"
    with canvas(name, 3.5) as figure:
        ax = figure.subplots()
        top = max(3, math.ceil(float(np.quantile(contacts, 0.96))))
        edges = np.arange(0.5, top + 1.5)
        inside = np.clip(contacts, None, edges[-1])
        ax.hist(inside, edges, weights=np.full(contacts.size, 1 / contacts.size), color=FAINT, label="animal")
        x = np.linspace(0.5, edges[-1], 300)
        styles = ((BLUE, "-"), (VERMILION, "--"), (GREEN, "-."), (PURPLE, ":"), (ORANGE, "-"))
        told = []
        for row, (colour, dash) in zip(fits.to_dict("records"), styles, strict=False):
            density = density_of(str(row["name"]), row["parameters"])
            if density is None:
                continue
            ax.plot(x, density(x), color=colour, linestyle=dash, linewidth=1.8, label=str(row["name"]))
            told.append(f"{row['name']} (AIC {float(row['aic']):,.0f}, KS {float(row['ks']):.2f})")
        ax.set(xlabel=f"contacts per connection (last bar: {top} or more)", ylabel="share of connections")
        ax.set_title(title)
        ax.set_ylim(0, 1.15 * float(np.histogram(inside, edges)[0].max()) / contacts.size)
        ax.legend(loc="upper right")
        alt = (
            f"Histogram of the contacts of {contacts.size:,} chemical connections, median "
            f"{np.median(contacts):g}, largest {contacts.max():g}. Families fitted: "
            f"{'; '.join(told) or 'none'}."
        )
        return picture(figure, name, title, alt)


def density_of(family: str, parameters: Any) -> Any:
    """The probability density of a fitted family, or None for a family or parameters that are not known."""
    from scipy import stats

    frozen: Any = None
    if isinstance(parameters, str):
        pairs = re.findall(r"(\w+)\s*[=:]\s*([-+.\deE]+)", parameters)
        parameters = {key: float(value) for key, value in pairs}
    try:
        match family:
            case "gaussian":
                frozen = stats.norm(parameters["mean"], parameters["sd"])
            case "lognormal":
                frozen = stats.lognorm(parameters["sigma"], scale=math.exp(parameters["mu"]))
            case "gamma":
                frozen = stats.gamma(parameters["shape"], scale=parameters["scale"])
            case "exponential":
                frozen = stats.expon(scale=parameters["scale"])
    except (KeyError, TypeError):
        return None
    return None if frozen is None else frozen.pdf


def _beside(contacts: np.ndarray, learnt: np.ndarray) -> Picture:
    name, title = "weights-both", "Weights of animal and twin, each over its mean"
    with canvas(name, 3.5) as figure:
        ax = figure.subplots()
        both = {
            "animal (contacts)": contacts / contacts.mean(),
            "twin (|learnt weight|)": learnt / learnt.mean(),
        }
        for (label, values), colour, dash in zip(
            both.items(), (GREY, BLUE), ((0, (4, 1.5)), "-"), strict=True
        ):
            points = np.unique(np.quantile(values, np.linspace(0, 1, 201)))
            below = np.searchsorted(np.sort(values), points, side="right") / values.size
            ax.step(points, below, where="post", color=colour, linewidth=2.0, linestyle=dash, label=label)
        ax.set_xscale("log")
        from matplotlib.ticker import FuncFormatter

        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.set(xlabel="weight / mean weight", ylabel="share of connections up to it")
        ax.set_ylim(0, 1.02)
        ax.set_xlim(left=max(1e-3, min(float(np.quantile(v, 0.01)) for v in both.values())))
        ax.grid(zorder=-1)
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=2)
        spread = {label: float(np.std(np.log(values))) for label, values in both.items()}
        alt = (
            "Two cumulative distributions on a logarithmic axis. Spread (standard deviation of the natural "
            "logarithm): "
            f"animal {spread['animal (contacts)']:.2f}, twin {spread['twin (|learnt weight|)']:.2f}."
        )
        return picture(figure, name, title, alt)
