"""The design as pictures: layers and the traffic between them, and motifs against chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neurotwin.report.figures.style import BLUE, FAINT, GREY, INK, VERMILION, Picture, canvas, picture
from neurotwin.report.words import number

if TYPE_CHECKING:
    from neurotwin.blueprint import Blueprint, Motif


def layer_traffic(blueprint: Blueprint, kind: str = "chemical") -> dict[tuple[str, str], float]:
    """Contacts of one kind of synapse from layer to layer: (pre, post) → contacts."""
    layer = {population.name: population.layer for population in blueprint.populations}
    traffic: dict[tuple[str, str], float] = {}
    for one in blueprint.projections:
        if one.kind == kind:
            key = (layer[one.pre], layer[one.post])
            traffic[key] = traffic.get(key, 0.0) + one.contacts
    return traffic


def layer_diagram(blueprint: Blueprint) -> Picture:
    """Layers as boxes from senses (top) to muscles (bottom), chemical traffic as arrows of fitting width."""
    from matplotlib.patches import FancyBboxPatch

    layers = {
        layer: (len(members), sum(len(one.neurons) for one in members))
        for layer, members in blueprint.layers().items()
    }
    names = list(layers)
    traffic = layer_traffic(blueprint)
    total = sum(traffic.values()) or 1.0
    most = max(traffic.values(), default=1.0)
    name, title = "design-layers", "Layers and the chemical traffic between them"
    with canvas(name, 1.0 + 1.15 * len(names)) as figure:
        ax = figure.subplots()
        top = len(names) - 1
        place = {layer: float(top - i) for i, layer in enumerate(names)}
        for (pre, post), contacts in sorted(traffic.items()):
            if pre != post:
                _arrow(ax, place[pre], place[post], contacts, most, contacts / total)
        for layer, (_, neurons) in layers.items():
            y = place[layer]
            box = FancyBboxPatch(
                (-0.62, y - 0.24),
                1.24,
                0.48,
                boxstyle="round,pad=0.02",
                facecolor="none",
                edgecolor=INK,
                linewidth=1.2,
            )
            ax.add_patch(box)
            ax.text(0, y + 0.115, layer, ha="center", va="center", fontweight="bold")
            inside = traffic.get((layer, layer), 0.0) / total
            ax.text(0, y - 0.02, _plural(neurons, "neuron"), ha="center", va="center", fontsize=9)
            ax.text(
                0, y - 0.15, f"{_percent(inside)} of contacts inside", ha="center", va="center", fontsize=8
            )
        ax.plot([], [], color=BLUE, linewidth=4, label="downwards (left)")
        ax.plot([], [], color=VERMILION, linewidth=4, label="upwards (right)")
        ax.set(xlim=(-1.75, 1.75), ylim=(-0.45, top + 0.45))
        ax.axis("off")
        ax.set_title(title)
        figure.legend(loc="outside lower center", ncols=2, handlelength=1.4)
        flows = "; ".join(
            f"{pre} to {post} {_percent(c / total)}"
            for (pre, post), c in sorted(traffic.items(), key=lambda item: -item[1])
        )
        boxes = ", ".join(
            f"{layer} {neurons} neurons in {p} populations" for layer, (p, neurons) in layers.items()
        )
        return picture(figure, name, title, f"Layers: {boxes}. Share of the chemical contacts: {flows}.")


def _percent(share: float) -> str:
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count != 1 else ''}"


def _arrow(ax: Any, start: float, stop: float, contacts: float, most: float, share: float) -> None:
    """Down on the left, up on the right; the farther apart the layers, the wider the bow."""
    from matplotlib.patches import FancyArrowPatch

    down = stop < start
    side = -1.0 if down else 1.0
    apart = abs(start - stop)
    x = side * 0.64
    bend = 0.55 if apart == 1 else 0.42
    y0, y1 = (start - 0.06, stop + 0.06) if down else (start + 0.06, stop - 0.06)
    arrow = FancyArrowPatch(
        (x, y0),
        (x, y1),
        connectionstyle=f"arc3,rad={bend}",
        arrowstyle="-|>",
        mutation_scale=7 + 7 * (contacts / most) ** 0.5,
        linewidth=0.5 + 7 * contacts / most,
        color=BLUE if down else VERMILION,
        alpha=0.85,
        shrinkA=0,
        shrinkB=0,
    )
    ax.add_patch(arrow)
    if share >= 0.02:
        ax.text(
            x + side * (0.5 * bend * apart + 0.09),
            (y0 + y1) / 2,
            _percent(share),
            ha="right" if down else "left",
            va="center",
            fontsize=8.5,
        )


def motif_scores(motifs: Sequence[Motif]) -> Picture | None:
    """How many standard deviations each motif lies from chance; None where no null network was drawn."""
    shown = [m for m in motifs if m.z is not None and m.null_mean is not None and m.null_sd is not None]
    if not shown:
        return None
    from matplotlib.transforms import blended_transform_factory

    name, title = "design-motifs", "Motifs against chance"
    with canvas(name, 0.40 * len(shown) + 0.85) as figure:
        ax = figure.subplots()
        along = blended_transform_factory(ax.transAxes, ax.transData)
        ax.axvspan(-1.96, 1.96, color=FAINT, alpha=0.5, linewidth=0, zorder=0)
        told = []
        for row, motif in enumerate(shown):
            z = float(motif.z or 0.0)
            label = motif.name.replace("_", " ")
            found = f"{motif.count:,} vs {motif.null_mean:,.0f} ± {motif.null_sd:,.0f}"
            ax.text(0, -row + 0.3, label, transform=along, va="center")
            ax.text(1, -row + 0.3, found, transform=along, va="center", ha="right")
            ax.plot([0, z], [-row - 0.1] * 2, color=GREY, linewidth=1.4)
            ax.plot(z, -row - 0.1, "o", color=BLUE if z >= 0 else VERMILION, markersize=6)
            told.append(f"{label} {found} by chance, z = {number(z, 1)}")
        ax.axvline(0.0, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        ax.set_ylim(-len(shown) + 0.62, 0.72)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("z: standard deviations from chance (grey: within ±1.96)")
        ax.set_title(title)
        return picture(figure, name, title, f"Found against degree-preserving networks: {'; '.join(told)}.")
