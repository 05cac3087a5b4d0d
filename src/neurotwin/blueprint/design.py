"""From biology to blueprint: every part is read off the data and says why it is there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.blueprint.blueprint import Blueprint
from neurotwin.blueprint.choices import choices_of
from neurotwin.blueprint.flow import signal_flow
from neurotwin.blueprint.motifs import motifs_of
from neurotwin.blueprint.parts import ACTIVATIONS, KINDS, Edges, Motif
from neurotwin.blueprint.populations import populations_of
from neurotwin.blueprint.projections import projections_of

if TYPE_CHECKING:
    from neurotwin.biology import Biology, Connectome

TIME_CONSTANT_STEPS = 2.0


def design(
    biology: Biology,
    *,
    activation: str = "tanh",
    dt_ms: float | None = None,
    motif_nulls: int | None = 100,
    seed: int = 0,
) -> Blueprint:
    """Design the twin of a biological neural network.

    Populations are the cell classes, layers their types ordered by signal flow, projections the synapses
    between them, all neurons included whether they were recorded or not; small regulating circuits are
    counted against chance.

    Parameters
    ----------
    biology
        What is known of the network: connectome, recordings, perturbations.
    activation
        Of every unit: "tanh", "sigmoid", "relu" or "softplus".
    dt_ms
        Time step of the twin in milliseconds; by default the median of the recordings' time steps.
    motif_nulls
        Null networks that the motifs are compared with; 0 counts without comparing, None leaves motifs out.
    seed
        Of the null networks.

    Returns
    -------
    Blueprint
        Equal arguments give an equal blueprint.

    Raises
    ------
    UnknownName
        If the activation is unknown.
    InputError
        If ``dt_ms`` is not positive, or is left out and there is no recording to take it from.

    Examples
    --------
    >>> from neurotwin.biology import load  # doctest: +SKIP
    >>> print(design(load("worm")).to_text())  # doctest: +SKIP
    """
    if activation not in ACTIVATIONS:
        raise unknown_name("activation", activation, list(ACTIVATIONS))
    step = _time_step(biology, dt_ms)
    connectome = biology.connectome
    neurons = tuple(connectome.names)
    edges = _edges_of(connectome)
    time_constant = TIME_CONSTANT_STEPS * step
    populations = populations_of(
        connectome, signal_flow(connectome.matrix("chemical")), activation, time_constant
    )
    motifs: tuple[Motif, ...] = ()
    chemical = next((one for one in edges if one.kind == "chemical"), None)
    if motif_nulls is not None and motif_nulls < 0:
        raise InputError("the number of null networks is negative", got=motif_nulls, expected="0 or more")
    if chemical is not None and motif_nulls is not None:
        class_of = {neuron: population.name for population in populations for neuron in population.neurons}
        motifs = motifs_of(
            chemical.pre_index,
            chemical.post_index,
            chemical.signs,
            chemical.weights,
            neurons,
            nulls=motif_nulls,
            seed=seed,
            classes=[class_of[neuron] for neuron in neurons],
        )
    return Blueprint(
        name=biology.name,
        neurons=neurons,
        populations=populations,
        projections=projections_of(edges, neurons, populations, connectome.neurons),
        edges=edges,
        motifs=motifs,
        choices=choices_of(
            biology,
            edges,
            activation=activation,
            dt_ms=step,
            dt_given=dt_ms is not None,
            time_constant_ms=time_constant,
        ),
        dt_ms=step,
    )


def _time_step(biology: Biology, dt_ms: float | None) -> float:
    if dt_ms is not None:
        if not (math.isfinite(dt_ms) and dt_ms > 0):
            raise InputError(
                "the time step is not a positive number of milliseconds", got=dt_ms, expected="dt_ms > 0"
            )
        return float(dt_ms)
    steps = [recording.dt_ms for recording in biology.recordings]
    if not steps:
        raise InputError(
            "there is no recording to take the time step from",
            got=f"{biology.name!r} without recordings",
            fix="give it: design(biology, dt_ms=…)",
        )
    return float(np.median(steps))


def _edges_of(connectome: Connectome) -> tuple[Edges, ...]:
    """One entry for each kind of synapse that occurs, in the order of ``KINDS``."""
    present = set(connectome.synapses["kind"])
    found = []
    for kind in KINDS:
        if kind not in present:
            continue
        pre, post, weight, sign = connectome.edges(kind)
        found.append(
            Edges(
                kind, tuple(pre.tolist()), tuple(post.tolist()), tuple(weight.tolist()), tuple(sign.tolist())
            )
        )
    return tuple(found)
