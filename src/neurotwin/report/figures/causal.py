"""What happens when one neuron is stimulated: measured in the animal, and in the twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotwin.report.figures.style import Picture, canvas, picture
from neurotwin.report.figures.wiring import diverging, label_layers, neuron_order

if TYPE_CHECKING:
    from neurotwin.report.content import ReportContent

_NOT_MEASURED = 0.87


def causal_maps(content: ReportContent) -> list[Picture]:
    """Both maps over the same pairs in the same order; grey was not measured in the animal.

    Empty where the animal was not stimulated, or no pair was measured.
    """
    atlas = content.biology.perturbations
    if atlas is None or not atlas.measured.any():
        return []
    order, spans = neuron_order(content.blueprint)
    touched = np.asarray(atlas.measured.any(axis=0) | atlas.measured.any(axis=1))
    kept = [int(i) for i in order if touched[i]]
    spans = _kept_spans(order, spans, touched)
    grid = np.ix_(kept, kept)
    measured = atlas.measured[grid]
    amplitude = np.where(measured, atlas.amplitude[grid], np.nan)
    significant = atlas.significant()[grid]
    pairs = int(measured.sum())
    shown = [
        _map(
            "causal-animal",
            "Measured in the animal",
            _scaled(amplitude),
            measured,
            spans,
            f"Responses of the animal to stimulation, {pairs:,} measured pairs of {len(kept)} neurons; "
            f"{int(significant.sum()):,} significant (q < 0.05). Blue rises, vermilion falls, grey was not "
            "measured.",
        )
    ]
    if content.causal_response is not None:
        response = np.asarray(content.causal_response, dtype=np.float64)[grid]
        at = response[measured & np.isfinite(response)]
        shown.append(
            _map(
                "causal-twin",
                "In the twin, same pairs",
                _scaled(np.where(measured, response, np.nan)),
                measured,
                spans,
                f"Responses of the twin at the same {pairs:,} pairs in the same order: "
                f"{int((at > 0).sum()):,} rise, {int((at < 0).sum()):,} fall. Each map has its own scale.",
            )
        )
    return shown


def _kept_spans(
    order: np.ndarray, spans: list[tuple[str, int, int]], touched: np.ndarray
) -> list[tuple[str, int, int]]:
    new, start = [], 0
    for layer, low, high in spans:
        size = int(touched[order[low:high]].sum())
        if size:
            new.append((layer, start, start + size))
        start += size
    return new


def _scaled(values: np.ndarray) -> np.ndarray:
    """Values over the size that 98 % of them stay below; a square root keeps the small ones visible."""
    size = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(size, 0.98)) if size.size else 1.0
    clipped = np.clip(np.nan_to_num(values) / (limit or 1.0), -1, 1)
    return np.sign(clipped) * np.sqrt(np.abs(clipped))


def _map(
    name: str,
    title: str,
    values: np.ndarray,
    measured: np.ndarray,
    spans: list[tuple[str, int, int]],
    alt: str,
) -> Picture:
    from matplotlib.patches import Patch

    with canvas(name, 4.45) as figure:
        ax = figure.subplots()
        strength = np.abs(values)[..., None]
        # near 0 the map fades to white: here, unlike in the wiring, every measured pair has a value
        image = np.where(
            measured[..., None], 1 - (1 - diverging(values)) * np.minimum(1, 2 * strength), _NOT_MEASURED
        )
        ax.imshow(np.round(255 * image).astype(np.uint8), interpolation="none")
        label_layers(ax, spans, len(values))
        ax.set(xlabel="stimulated neuron", ylabel="responding neuron")
        ax.set_title(title)
        handles = [
            Patch(color="#1f6fb0", label="rises"),
            Patch(color="#d3652b", label="falls"),
            Patch(color="#dedede", label="not measured"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1)
        return picture(figure, name, title, alt)
