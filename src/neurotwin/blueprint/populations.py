"""Populations: cell classes, their layer and their level in the flow of signals."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from neurotwin.blueprint.parts import Population

if TYPE_CHECKING:
    import pandas as pd

    from neurotwin.biology import Connectome

UNIT = "leaky_rate"
LAYERS = ("sensory", "inter", "motor", "pharynx", "upstream", "middle", "downstream")


def populations_of(
    connectome: Connectome, levels: np.ndarray, activation: str, time_constant_ms: float
) -> tuple[Population, ...]:
    """One population per cell class, ordered by layer, then from upstream to downstream.

    Parameters
    ----------
    connectome
        Its ``neurons`` table may have the columns ``cell_class`` and ``type``; a neuron without a class is a
        population of its own, and one without a type goes to the layer "upstream", "middle" or "downstream"
        by the third of the signal-flow levels it is in.
    levels
        Signal-flow level of each neuron, [neuron].
    activation, time_constant_ms
        Of every unit.
    """
    table = connectome.neurons
    names = [str(name) for name in table["name"]]
    classes = _text_column(table, "cell_class")
    types = _text_column(table, "type")
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        groups.setdefault(classes[i] or name, []).append(i)
    low, high = np.quantile(levels, [1 / 3, 2 / 3]) if len(levels) else (0.0, 0.0)
    populations = []
    for name, members in groups.items():
        level = float(np.mean(levels[members]))
        layer, why = _layer([types[i] for i in members], level, float(low), float(high))
        count = "1 neuron" if len(members) == 1 else f"{len(members)} neurons"
        grouped = (
            f"cell class {name}"
            if classes[members[0]]
            else "no cell class is known, so the neuron stands alone"
        )
        populations.append(
            Population(
                name=name,
                neurons=tuple(names[i] for i in members),
                layer=layer,
                level=level,
                unit=UNIT,
                activation=activation,
                time_constant_ms=float(time_constant_ms),
                reason=f"{count}, {grouped}; {why}; signal-flow level {level:+.2f} (high is upstream); "
                "starts with a time constant of "
                f"{time_constant_ms:g} ms, which training changes",
            )
        )
    rank = {layer: i for i, layer in enumerate(LAYERS)}
    return tuple(sorted(populations, key=lambda one: (rank[one.layer], -one.level, one.name)))


def _layer(types: list[str], level: float, low: float, high: float) -> tuple[str, str]:
    """The layer of a population whose members have these types, and why."""
    known = Counter(kind for kind in types if kind in LAYERS)
    if not known:
        layer = "upstream" if level > high else "downstream" if level < low else "middle"
        return (
            layer,
            f"its type is unknown, so the layer is the third of the signal-flow levels it is in ({layer})",
        )
    best = max(known, key=lambda kind: (known[kind], -LAYERS.index(kind)))
    if known[best] == len(types):
        return best, f"all known as {best}"
    return best, f"{known[best]} of {len(types)} known as {best}"


def _text_column(table: pd.DataFrame, column: str) -> list[str]:
    """A column as text, "" where it or the value is missing."""
    if column not in table:
        return [""] * len(table)
    return ["" if value is None or value != value else str(value).strip() for value in table[column]]
