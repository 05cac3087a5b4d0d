"""Projections: which population talks to which, through what, and in what role."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from neurotwin.blueprint.parts import Edges, Population, Projection
from neurotwin.blueprint.populations import _text_column

if TYPE_CHECKING:
    import pandas as pd

_ADJECTIVE = {
    "acetylcholine": "cholinergic",
    "ach": "cholinergic",
    "gaba": "GABAergic",
    "glutamate": "glutamatergic",
    "glu": "glutamatergic",
    "dopamine": "dopaminergic",
    "serotonin": "serotonergic",
    "octopamine": "octopaminergic",
    "tyramine": "tyraminergic",
}


def projections_of(
    edges: tuple[Edges, ...],
    neurons: tuple[str, ...],
    populations: tuple[Population, ...],
    table: pd.DataFrame,
) -> tuple[Projection, ...]:
    """One projection for each pair of populations and kind of synapse, in the order of the populations.

    Parameters
    ----------
    edges
        Synapses by kind.
    neurons
        Names, the order that the edges' indices refer to.
    populations
        Every neuron is in one.
    table
        Of the neurons; its column ``transmitter``, where there is one, goes into the reasons.
    """
    place = {neuron: p for p, population in enumerate(populations) for neuron in population.neurons}
    population_index = np.array([place[neuron] for neuron in neurons], dtype=np.int64)
    transmitter_of = dict(
        zip((str(name) for name in table["name"]), _text_column(table, "transmitter"), strict=True)
    )
    transmitters = [_transmitter([transmitter_of[neuron] for neuron in one.neurons]) for one in populations]
    projections = []
    for group in edges:
        if not len(group):
            continue
        key = population_index[group.pre_index] * len(populations) + population_index[group.post_index]
        pairs, member = np.unique(key, return_inverse=True)
        synapses = np.bincount(member)
        contacts = np.bincount(member, weights=group.weights)
        by_sign = {s: np.bincount(member, weights=group.signs == s).astype(int) for s in (1, -1, 0)}
        for n, pair in enumerate(pairs.tolist()):
            pre, post = divmod(pair, len(populations))
            signs = int(by_sign[1][n]), int(by_sign[-1][n]), int(by_sign[0][n])
            role, why = _role(populations[pre], populations[post], group.kind)
            number, total = int(synapses[n]), float(contacts[n])
            projections.append(
                Projection(
                    pre=populations[pre].name,
                    post=populations[post].name,
                    kind=group.kind,
                    role=role,
                    n_synapses=number,
                    contacts=total,
                    positive=signs[0],
                    negative=signs[1],
                    free=signs[2],
                    reason=f"{populations[pre].name} {'–' if group.kind == 'electrical' else '→'} "
                    f"{populations[post].name}: "
                    f"{_amount(group.kind, total, number)}, {role} ({why})"
                    + (
                        ""
                        if group.kind == "electrical"
                        else f", {_effect(group.kind, transmitters[pre], signs)}"
                    ),
                )
            )
    return tuple(projections)


def _role(pre: Population, post: Population, kind: str) -> tuple[str, str]:
    if pre.name == post.name:
        return "recurrent", "inside one population"
    if kind == "electrical":
        return "lateral", "a gap junction has no direction"
    if pre.layer == post.layer:
        return "lateral", f"both {pre.layer}"
    way = f"{pre.layer} to {post.layer}, level {pre.level:+.2f} to {post.level:+.2f}"
    return ("feedforward" if pre.level > post.level else "feedback"), way


def _amount(kind: str, contacts: float, number: int) -> str:
    unit = {
        "chemical": "contact",
        "electrical": "gap-junction contact",
        "monoamine": "monoamine signal",
        "peptide": "neuropeptide signal",
    }[kind]
    plural = "" if contacts == 1 else "s"
    return f"{contacts:g} {unit}{plural} in {number} connection{'' if number == 1 else 's'}"


def _effect(kind: str, transmitter: str, signs: tuple[int, int, int]) -> str:
    """Transmitter and sign in words; the classical transmitter says nothing about extrasynaptic signals."""
    positive, negative, free = signs
    parts = []
    for number, word in ((positive, "excitatory"), (negative, "inhibitory"), (free, "of free sign")):
        if number:
            parts.append(word if number == sum(signs) else f"{number} {word}")
    words = ", ".join(parts)
    return f"{transmitter} {words}" if transmitter and kind == "chemical" else words


def _transmitter(members: list[str]) -> str:
    """Adjective for the transmitter of most members, "" if none is known."""
    known = Counter(one for one in members if one and one.lower() not in ("unknown", "none"))
    if not known:
        return ""
    name = max(sorted(known), key=lambda one: known[one])
    return _ADJECTIVE.get(name.lower(), name)
