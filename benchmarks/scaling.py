"""Cost of a training step against synapses, neurons, steps and batch, and the figure of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import OURS, Side
from benchmarks.family import ROOT, Worker

FIGURE = ROOT / "docs" / "images" / "scaling.png"
BASE = {"n": 10_000, "synapses": 1_000_000, "t": 20, "b": 1}
AXES: dict[str, tuple[str, list[int]]] = {
    "synapses": ("synapses", [50_000, 200_000, 1_000_000, 3_000_000, 10_000_000]),
    "n": ("neurons", [2_000, 5_000, 10_000, 30_000, 100_000]),
    "t": ("steps", [10, 20, 50, 100, 200]),
    "b": ("batch", [1, 2, 4, 8, 16]),
}
QUICK_SYNAPSES, QUICK_NEURONS = 100, 10
"""Sizes are divided by these."""

SIDE = Side("neurotwin", "benchmarks.cases._rate", {}, OURS)


def measure(quick: bool = False, repeats: int = 11) -> Iterator[dict[str, Any]]:
    """A row a size: what was varied, its value, seconds (median) of a training step. The sizes of an axis take turns."""
    for axis, (_, values) in AXES.items():
        sizes = [_size(axis, value, quick) for value in (values[:2] if quick else values)]
        for size, seconds in zip(sizes, _in_turn(sizes, 2 if quick else repeats), strict=True):
            yield {"axis": axis, "value": size[axis], "seconds": seconds, **size}


def measure_and_draw(quick: bool = False, path: Path = FIGURE) -> Iterator[dict[str, Any]]:
    """Rows as they come; the figure at the end, unless ``quick``."""
    rows = []
    for row in measure(quick):
        rows.append(row)
        yield row
    yield {"axis": "synapses", **straightness(rows)}
    if not quick:
        draw(rows, path)


def straightness(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Of seconds against synapses: the straight line, and how far the measurements are from it (largest, relative)."""
    x, y = (
        np.array([row[key] for row in rows if row["axis"] == "synapses"], float)
        for key in ("value", "seconds")
    )
    # Relative errors: a line through 10 million must not be free to miss 50,000.
    slope, start = np.polyfit(x, y, 1, w=1 / y)
    return {
        "ns_per_synapse_and_step": 1e9 * slope / BASE["t"],
        "offset_s": float(start),
        "largest_deviation": float(np.max(np.abs(slope * x + start - y) / y)),
    }


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Four panels, logarithmic, each with the line of slope 1 through its last point; of synapses the straight line that fits."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 4, figsize=(13, 3.2), layout="constrained", sharey=True)
    for panel, (axis, (label, _)) in zip(panels, AXES.items(), strict=True):
        x, y = (np.array([row[key] for row in rows if row["axis"] == axis]) for key in ("value", "seconds"))
        panel.loglog(x, 1e3 * y, "o-", color="#0b6e4f", label="measured")
        if axis == "synapses":
            line = straightness(rows)
            fine = np.geomspace(x[0], x[-1], 200)
            straight = line["offset_s"] + 1e-9 * BASE["t"] * line["ns_per_synapse_and_step"] * fine
            panel.loglog(fine, 1e3 * straight, ":", color="0.2", label="straight line")
        panel.loglog(x, 1e3 * y[-1] * x / x[-1], "--", color="0.6", label="proportional")
        panel.set_xlabel(label)
        panel.grid(alpha=0.2)
    panels[0].set_ylabel("training step (ms)")
    panels[0].legend(frameon=False)
    figure.suptitle(
        f"Elsewhere {BASE['n']:,} neurons, {BASE['synapses']:,} synapses, {BASE['t']} steps, batch {BASE['b']}",
        fontsize=9,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _size(axis: str, value: int, quick: bool) -> dict[str, int]:
    size = {**BASE, axis: value}
    if quick:
        size = {**size, "n": size["n"] // QUICK_NEURONS, "synapses": size["synapses"] // QUICK_SYNAPSES}
    return size


def _in_turn(sizes: Sequence[Mapping[str, Any]], repeats: int) -> list[float]:
    """Median seconds of each size, a slow minute of the machine being everybody's."""
    with ExitStack() as stack:
        workers = []
        for size in sizes:
            workers.append(Worker(SIDE, size))
            stack.callback(workers[-1].close)
        seconds = [[worker.run()["seconds"] for worker in workers] for _ in range(repeats)]
    return [float(median) for median in np.median(seconds, axis=0)]
