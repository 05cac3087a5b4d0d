"""Small circuits that regulate (mutual inhibition, feedback …), counted against chance and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from neurotwin._base.errors import InputError
from neurotwin.blueprint.parts import Motif
from neurotwin.blueprint.rewire import rewire_signed

LISTED = 50


@dataclass(frozen=True)
class _Definition:
    """A motif in words, and which pairs (i→j→i) or triples (i→j→k→i, or i→j→k and i→k) are instances."""

    text: str
    shape: str  # "pair", "cycle" or "feedforward"
    ordered: bool
    signed: bool
    chosen: Callable[..., np.ndarray]


# Signs of the edges come in the order i→j, j→i (pairs), i→j, j→k, k→i (cycles), i→j, j→k, i→k (feedforward).
DEFINITIONS: dict[str, _Definition] = {
    "reciprocal": _Definition(
        "two neurons that each synapse onto the other, whatever the signs",
        "pair",
        False,
        False,
        lambda s, t: s == s,
    ),
    "mutual_inhibition": _Definition(
        "two neurons that inhibit each other (i ⊣ j and j ⊣ i): a switch, or winner takes all",
        "pair",
        False,
        True,
        lambda s, t: (s < 0) & (t < 0),
    ),
    "mutual_excitation": _Definition(
        "two neurons that excite each other (i → j and j → i): positive feedback, holds a state",
        "pair",
        False,
        True,
        lambda s, t: (s > 0) & (t > 0),
    ),
    "feedback_inhibition": _Definition(
        "a neuron excites another and is inhibited by it (i → j and j ⊣ i): negative feedback over two "
        "neurons, named exciter first",
        "pair",
        True,
        True,
        lambda s, t: (s > 0) & (t < 0),
    ),
    "feedback_loop": _Definition(
        "three neurons in a ring, i → j → k → i, whatever the signs",
        "cycle",
        False,
        False,
        lambda s, t, u: s == s,
    ),
    "negative_feedback_loop": _Definition(
        "three neurons in a ring with an odd number of inhibitory synapses (all three signs known): negative "
        "feedback over three neurons",
        "cycle",
        False,
        True,
        lambda s, t, u: s * t * u < 0,
    ),
    "feedforward_loop": _Definition(
        "a neuron reaches another directly and through a third (i → k and i → j → k), whatever the signs",
        "feedforward",
        True,
        False,
        lambda s, t, u: s == s,
    ),
    "incoherent_feedforward_loop": _Definition(
        "a neuron reaches another directly and through a third (i → k and i → j → k) with opposite effects "
        "(all three signs known)",
        "feedforward",
        True,
        True,
        lambda s, t, u: s * t * u < 0,
    ),
}


def count_motifs(pre: np.ndarray, post: np.ndarray, sign: np.ndarray, n_neurons: int) -> dict[str, int]:
    """Number of instances of every motif in a directed signed network.

    Instances are subgraphs, not induced subgraphs: further synapses between the same neurons do not matter.
    Each instance counts once, whatever neuron one starts from.

    Parameters
    ----------
    pre, post, sign
        int [edge]; sign 0 is unknown. Self-loops are left out.
    n_neurons
        Number of neurons.
    """
    keep = pre != post
    pre, post, sign = pre[keep], post[keep], sign[keep]

    def network(values: np.ndarray) -> Any:  # [from, to]: here paths are read forwards
        return sp.csr_array((values, (pre, post)), shape=(n_neurons, n_neurons))

    signs = sign.astype(np.float64)
    inhibitory = network((signs < 0).astype(np.float64))
    inhibited = _overlap(inhibitory, inhibitory.T.tocsr()) / 2
    # With every sign +1 a product along a circuit counts it; with the signs themselves, circuits with an
    # odd number of inhibitory synapses count -1. Unknown signs are 0 and drop out.
    every, known, signed = (_circuits(network(v)) for v in (np.ones(len(pre)), np.abs(signs), signs))
    opposite = (known.pairs - signed.pairs) / 2
    counts = {
        "reciprocal": every.pairs,
        "mutual_inhibition": inhibited,
        "mutual_excitation": known.pairs - opposite - inhibited,
        "feedback_inhibition": opposite,
        "feedback_loop": every.rings,
        "negative_feedback_loop": (known.rings - signed.rings) / 2,
        "feedforward_loop": every.forks,
        "incoherent_feedforward_loop": (known.forks - signed.forks) / 2,
    }
    return {name: round(value) for name, value in counts.items()}


class _Circuits(NamedTuple):
    """Sums over pairs i→j→i, rings i→j→k→i and forks i→j→k with i→k of the product of their entries."""

    pairs: float
    rings: float
    forks: float


def _circuits(network: Any) -> _Circuits:
    back, paths = network.T.tocsr(), network @ network
    return _Circuits(_overlap(network, back) / 2, _overlap(paths, back) / 3, _overlap(paths, network))


def _overlap(one: Any, other: Any) -> float:
    """Sum over all entries of the elementwise product of two sparse matrices."""
    return float(one.multiply(other).sum())


def find_motif(
    name: str,
    pre: np.ndarray,
    post: np.ndarray,
    sign: np.ndarray,
    weight: np.ndarray,
    n_neurons: int,
    limit: int = LISTED,
) -> np.ndarray:
    """The strongest instances of one motif: int64 [instance, 2 or 3] indices of neurons, at most ``limit``.

    An instance is as strong as its weakest synapse. Unordered motifs start with their lowest index; rings
    keep their direction.
    """
    definition = DEFINITIONS[name]
    keep = np.flatnonzero(pre != post)
    keep = keep[np.lexsort((post[keep], pre[keep]))]
    source, target, signs, weights = (
        pre[keep].astype(np.int64),
        post[keep].astype(np.int64),
        sign[keep],
        weight[keep],
    )
    keys = source * n_neurons + target
    edges = np.arange(len(source))
    if definition.shape == "pair":
        legs = [edges]
        closing = keys, target * n_neurons + source
        neurons = [source, target]
    else:
        # All paths i→j→k: every edge i→j, repeated for each edge that leaves j.
        first_out = np.searchsorted(source, np.arange(n_neurons + 1))
        fan = np.diff(first_out)[target]
        first = np.repeat(edges, fan)
        within = np.arange(len(first)) - np.repeat(np.cumsum(fan) - fan, fan)
        second = first_out[target[first]] + within
        legs = [first, second]
        i, j, k = source[first], target[first], target[second]
        closing = keys, (k * n_neurons + i) if definition.shape == "cycle" else (i * n_neurons + k)
        neurons = [i, j, k]
    if not len(keys):
        return np.empty((0, len(neurons)), dtype=np.int64)
    place = np.minimum(np.searchsorted(closing[0], closing[1]), len(keys) - 1)
    legs.append(place)
    chosen = (keys[place] == closing[1]) & definition.chosen(*(signs[leg].astype(np.int64) for leg in legs))
    if not definition.ordered:
        chosen &= np.min(neurons, axis=0) == neurons[0]
    found = np.stack([members[chosen] for members in neurons], axis=1)
    strength = np.min([weights[leg[chosen]] for leg in legs], axis=0)
    order = np.lexsort((*found.T[::-1], -strength))
    return found[order[:limit]]


def motifs_of(
    pre: np.ndarray,
    post: np.ndarray,
    sign: np.ndarray,
    weight: np.ndarray,
    neurons: Sequence[str],
    *,
    nulls: int = 100,
    seed: int = 0,
    classes: Sequence[str] | None = None,
) -> tuple[Motif, ...]:
    """Every motif of a network, counted against networks of equal degrees and signs (:func:`rewire_signed`).

    Parameters
    ----------
    pre, post, sign, weight
        Chemical synapses, [edge].
    neurons
        Names, [neuron].
    nulls
        Number of null networks; 0 leaves the comparison out.
    seed
        Of the null networks.
    classes
        Cell class of each neuron; given, the descriptions of the two-neuron motifs also name pairs of
        classes.

    Raises
    ------
    InputError
        If ``nulls`` is negative.
    """
    if nulls < 0:
        raise InputError(
            "the number of null networks is negative", got=nulls, expected="0 or more", fix="motif_nulls=100"
        )
    n_neurons = len(neurons)
    keep = pre != post
    pre, post, sign, weight = pre[keep], post[keep], sign[keep], weight[keep]
    observed = count_motifs(pre, post, sign, n_neurons)
    rng = np.random.default_rng(seed)
    rewired = [
        count_motifs(pre, rewire_signed(pre, post, sign, n_neurons, rng), sign, n_neurons)
        for _ in range(nulls)
    ]
    resigned = [count_motifs(pre, post, rng.permutation(sign), n_neurons) for _ in range(nulls)]
    names = np.array(neurons, dtype=object)
    motifs = []
    for name, definition in DEFINITIONS.items():
        found = find_motif(name, pre, post, sign, weight, n_neurons)
        mean, sd, z, p = _against_chance(observed[name], rewired, name)
        description = f"{definition.text}. Found {observed[name]} times"
        if nulls:
            description += (
                f", by chance {mean:.1f} ± {sd:.1f} ({nulls} networks with the same degrees and "
                f"signs, p = {p:.2g})"
            )
            if definition.signed:
                # Reciprocity alone makes signed pairs frequent; this tells what the signs add to the wiring.
                kept_mean, kept_sd, _, kept_p = _against_chance(observed[name], resigned, name)
                description += (
                    f", and {kept_mean:.1f} ± {kept_sd:.1f} with the wiring kept and the signs "
                    f"shuffled (p = {kept_p:.2g})"
                )
        description += "."
        if classes is not None and definition.shape == "pair":
            description += _class_pairs(name, pre, post, sign, classes)
        instances = tuple(tuple(str(n) for n in names[row]) for row in found)
        motifs.append(
            Motif(name, instances, observed[name], mean, sd, z, p, description[0].upper() + description[1:])
        )
    return tuple(motifs)


def _against_chance(
    count: int, drawn: list[dict[str, int]], name: str
) -> tuple[float | None, float | None, float | None, float | None]:
    """Mean and sd of the null counts, z, and the empirical two-sided p; None where they are not defined."""
    null = np.array([one[name] for one in drawn], dtype=np.float64)
    if not len(null):
        return None, None, None, None
    mean, sd = float(null.mean()), float(null.std(ddof=1)) if len(null) > 1 else 0.0
    p = float((1 + np.sum(np.abs(null - mean) >= abs(count - mean))) / (len(null) + 1))
    return mean, sd, (count - mean) / sd if sd > 0 else None, p


def _class_pairs(
    name: str, pre: np.ndarray, post: np.ndarray, sign: np.ndarray, classes: Sequence[str]
) -> str:
    """A sentence that names the pairs of cell classes with this motif between their neurons."""
    chosen = DEFINITIONS[name].chosen
    signs = {(int(i), int(j)): int(s) for i, j, s in zip(pre, post, sign, strict=True)}
    pairs: dict[tuple[str, str], int] = {}
    for (i, j), s in signs.items():
        back = signs.get((j, i))
        if back is None or classes[i] == classes[j] or not chosen(np.int64(s), np.int64(back)):
            continue
        pair = (classes[i], classes[j])
        if not DEFINITIONS[name].ordered:
            if i > j:
                continue
            pair = (min(pair), max(pair))
        pairs[pair] = pairs.get(pair, 0) + 1
    if not pairs:
        return " Between different cell classes: none."
    ranked = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    shown = ", ".join(f"{a}–{b} ({pairs[a, b]})" for a, b in ranked[:12])
    more = f" and {len(ranked) - 12} more pairs of classes" if len(ranked) > 12 else ""
    return f" Between cell classes: {shown}{more}."
