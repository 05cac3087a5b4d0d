"""The decisions of a design that hold for the whole twin, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotwin.blueprint.parts import Choice, Edges
from neurotwin.blueprint.populations import UNIT

if TYPE_CHECKING:
    from neurotwin.biology import Biology

_ACTIVATION = {
    "tanh": "bounded on both sides and steepest at rest, as graded synaptic release around a resting level "
    "is; negative values stand for "
    "less release than at rest",
    "sigmoid": "bounded between no release and full release, never negative",
    "relu": "no release below threshold, unbounded above; cheap, but nothing limits runaway activity",
    "softplus": "a smooth threshold, unbounded above",
}
_OBSERVATION = {
    "calcium": "the recordings are calcium fluorescence: a slow, low-passed image of activity, so the twin's "
    "state goes through a calcium "
    "model (first-order low-pass, gain and offset per neuron) before it is compared with the data",
    "rate": "the recordings are rates, compared with the twin's state through a gain and an offset per "
    "neuron",
    "voltage": "the recordings are membrane potentials, compared with the twin's state through a gain and an "
    "offset per neuron",
    "spikes": "the recordings are spike counts, compared with the twin's state as rates",
}


def choices_of(
    biology: Biology,
    edges: tuple[Edges, ...],
    *,
    activation: str,
    dt_ms: float,
    dt_given: bool,
    time_constant_ms: float,
) -> tuple[Choice, ...]:
    """Every decision that is not about one population or projection."""
    choices = [
        Choice(
            "unit model",
            UNIT,
            "graded, leaky rate units: the recordings do not resolve single spikes, and small nervous "
            "systems "
            "signal by graded potentials; most neurons of C. elegans have no voltage-gated sodium channels "
            "(Goodman et al. 1998; Lockery & Goodman 2009)",
        ),
        Choice("activation", activation, _ACTIVATION[activation]),
        Choice(
            "time step",
            f"{dt_ms:g} ms",
            "given by the caller"
            if dt_given
            else f"the median time step of the {len(biology.recordings)} recordings: one step of the twin is "
            "one frame",
        ),
        Choice(
            "time constant",
            f"{time_constant_ms:g} ms for every neuron",
            f"{time_constant_ms / dt_ms:g} time steps: a starting value, slow enough to be stable at this "
            "time step; training changes it per "
            "neuron",
        ),
        *_observation(biology),
        *_wiring(biology),
        *_signs(biology, edges),
        *_kinds(edges),
        *_delays(biology),
        _unobserved(biology),
    ]
    return tuple(choices)


def _observation(biology: Biology) -> list[Choice]:
    kinds = sorted({recording.kind for recording in biology.recordings})
    return [Choice("observation", kind, _OBSERVATION[kind]) for kind in kinds]


def _wiring(biology: Biology) -> list[Choice]:
    """The wiring's source, told by the data cards; "the connectome as given" where there is none."""
    cards = [card for card in biology.cards if _is_wiring(f"{card.name} {card.title}")]
    connectome = biology.connectome
    size = f"{connectome.n_neurons} neurons, {len(connectome.synapses)} synapses of all kinds"
    value = "; ".join(card.title for card in cards) or "the connectome as given"
    cited = "; ".join(dict.fromkeys(card.citation for card in cards if card.citation))
    reason = (
        f"{size}; twin and animal share one wiring, so that a difference between real and permuted "
        "wiring can be measured"
    )
    return [Choice("wiring", value, f"{reason}. Source: {cited}" if cited else reason)]


def _is_wiring(text: str) -> bool:
    return any(word in text.lower() for word in ("connectome", "contacts", "wiring", "synap", "gap junction"))


def _signs(biology: Biology, edges: tuple[Edges, ...]) -> list[Choice]:
    chemical = next((one for one in edges if one.kind == "chemical"), None)
    if chemical is None:
        return []
    positive, negative, free = (int((chemical.signs == s).sum()) for s in (1, -1, 0))
    synapses = biology.connectome.synapses
    rules = (
        synapses.loc[synapses["kind"] == "chemical", "sign_rule"]
        .astype(str)
        .value_counts(sort=False)
        .sort_index()
    )
    by_rule = ", ".join(f"{rule or 'no rule'} {number}" for rule, number in rules.items())
    return [
        Choice(
            "signs",
            f"{positive} excitatory, {negative} inhibitory, {free} free",
            "known signs are kept through initialisation and training, unknown ones stay free and are "
            f"learnt (by rule: {by_rule})",
        )
    ]


def _kinds(edges: tuple[Edges, ...]) -> list[Choice]:
    reasons = {
        "chemical": "directed, signed, graded: the presynaptic activation times a weight; contact counts "
        "stand for strength until training",
        "electrical": "gap junctions pass current in proportion to the difference of the two states, so they "
        "are one symmetric, non-negative "
        "conductance per pair (rectification is not known well enough to model)",
        "monoamine": "extrasynaptic: reaches receptors without a synapse, so it is a kind of its own with "
        "weights of its own that start "
        "small and can be left out",
        "peptide": "extrasynaptic: neuropeptides diffuse to cells with the receptor; a kind of its own that "
        "starts small and can be left out",
    }
    return [
        Choice(
            f"{one.kind} synapses",
            f"pairs: {len(one) // 2}" if one.kind == "electrical" else f"connections: {len(one)}",
            reasons[one.kind],
        )
        for one in edges
    ]


def _delays(biology: Biology) -> list[Choice]:
    synapses = biology.connectome.synapses
    delayed = int(np.count_nonzero(synapses["delay_ms"].to_numpy() > 0)) if "delay_ms" in synapses else 0
    if not delayed:
        return [
            Choice("delays", "none", "the connectome gives none: every synapse acts at the next time step")
        ]
    return [
        Choice(
            "delays",
            f"{delayed} synapses have one and it is left out",
            "the blueprint has no delays yet: every synapse acts at the next time step",
        )
    ]


def _unobserved(biology: Biology) -> Choice:
    observed: set[str] = set()
    for recording in biology.recordings:
        observed.update(np.array(recording.names, dtype=object)[np.asarray(recording.observed)])
    total = biology.connectome.n_neurons
    return Choice(
        "unobserved neurons",
        f"{total - len(observed)} of {total} simulated without a recording",
        "they carry signals between the recorded ones, so they are simulated and only left out of the "
        "comparison with data",
    )
