"""Null connectomes: the same amount of wiring without the thing that a claim is about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from neurotwin._base.registry import Registry
from neurotwin.biology.connectome import Connectome
from neurotwin.biology.tables import KINDS, column, rows

Null = Callable[[Connectome, int], Connectome]
NULLS: Registry[Null] = Registry("null connectome")


@NULLS.register("permuted")
def permuted(connectome: Connectome, seed: int) -> Connectome:
    """Neurons swap their places in the wiring; the wiring itself is untouched.

    One permutation moves all kinds of synapse with their weights and signs, so every property of the graph
    survives and only *which neuron sits where* is lost. The neuron table stays.
    """
    order = np.random.default_rng(seed).permutation(connectome.n_neurons)
    renamed = {name: connectome.names[order[i]] for i, name in enumerate(connectome.names)}
    table = connectome.synapses.copy()
    for end in ("pre", "post"):
        table[end] = [renamed[name] for name in column(table, end)]
    return connectome.with_synapses(table)


@NULLS.register("rewired")
def rewired(connectome: Connectome, seed: int) -> Connectome:
    """Random wiring that keeps every neuron's in- and out-degree, within each kind.

    Ten double edge swaps per synapse are tried: a → b, c → d become a → d, c → b unless that makes a loop or
    a double. Weight, sign, rule and delay stay with the presynaptic side. Gap junctions are swapped as pairs
    and stay symmetric. Synapses of a neuron with itself stay.

    How far the wiring can move is set by the degrees: of the worm's chemical and electrical pairs about 10 %
    recur, of the monoamine pairs 65 % and of the peptide pairs 55 %, because a few cells send to nearly all
    that have the receptor (more swaps change nothing). These two kinds are poor ground for this null.

    Source: Maslov & Sneppen 2002, Science 296:910.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for kind in KINDS:
        table = rows(connectome.synapses, column(connectome.synapses, "kind") == kind)
        pre, post, _, _ = connectome.edges(kind)
        if kind == "electrical":
            once = pre < post
            half = rows(table, once)
            first, second = _swapped(pre[once], post[once], rng, directed=False)
            parts += [
                _rewritten(half, first, second, connectome),
                _rewritten(half, second, first, connectome),
            ]
            continue
        new_post = post.copy()
        free = pre != post
        _, new_post[free] = _swapped(pre[free], post[free], rng, directed=True)
        parts.append(_rewritten(table, pre, new_post, connectome))
    return connectome.with_synapses(pd.concat(parts, ignore_index=True))


@NULLS.register("all_to_all")
def all_to_all(connectome: Connectome, seed: int) -> Connectome:
    """Every neuron to every other, chemical, weight 1, sign free. ``seed`` changes nothing."""
    del seed
    n = connectome.n_neurons
    post, pre = np.nonzero(~np.eye(n, dtype=bool))
    names = np.array(connectome.names, dtype=object)
    table = pd.DataFrame({"pre": names[pre], "post": names[post], "kind": "chemical", "weight": 1.0})
    return connectome.with_synapses(table.assign(sign=0, sign_rule="null: all to all", delay_ms=0.0))


@NULLS.register("sign_shuffled")
def sign_shuffled(connectome: Connectome, seed: int) -> Connectome:
    """The chemical synapses exchange their signs (free ones too, with the rule); the rest stays."""
    table = connectome.synapses.copy()
    places = np.flatnonzero(column(table, "kind") == "chemical")
    source = np.random.default_rng(seed).permutation(places)
    for title in ("sign", "sign_rule"):
        values = column(table, title).copy()
        values[places] = values[source]
        table[title] = values
    return connectome.with_synapses(table)


@NULLS.register("weight_shuffled")
def weight_shuffled(connectome: Connectome, seed: int) -> Connectome:
    """The synapses of each kind exchange weights; gap junctions stay symmetric; signs and targets stay."""
    rng = np.random.default_rng(seed)
    table = connectome.synapses.copy()
    weights = column(table, "weight").astype(float)
    for kind in KINDS:
        places = np.flatnonzero(column(table, "kind") == kind)
        if kind != "electrical":
            weights[places] = weights[rng.permutation(places)]
            continue
        pre, post, weight, _ = connectome.edges(kind)
        once = np.flatnonzero(pre < post)
        drawn = weight[rng.permutation(once)]
        by_pair = {(int(pre[e]), int(post[e])): w for e, w in zip(once, drawn, strict=True)}
        weights[places] = [
            by_pair[min(a, b), max(a, b)] for a, b in zip(pre.tolist(), post.tolist(), strict=True)
        ]
    return connectome.with_synapses(table.assign(weight=weights))


def _rewritten(
    table: pd.DataFrame, pre: np.ndarray, post: np.ndarray, connectome: Connectome
) -> pd.DataFrame:
    names = np.array(connectome.names, dtype=object)
    return table.assign(pre=names[pre], post=names[post])


def _swapped(
    pre: np.ndarray, post: np.ndarray, rng: np.random.Generator, *, directed: bool, swaps_per_edge: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Double edge swaps on loop-free edges without doubles; degrees of all nodes are kept.

    Plain lists and one set of integer keys: at 4,000 edges this is quicker than anything vectorised, because
    each swap depends on the one before.
    """
    n_edges = len(pre)
    source, target = pre.tolist(), post.tolist()
    if n_edges < 2:
        return np.array(source, dtype=int), np.array(target, dtype=int)
    n = int(max(pre.max(), post.max())) + 1

    def key(a: int, b: int) -> int:
        return a * n + b if directed or a < b else b * n + a

    taken = {key(a, b) for a, b in zip(source, target, strict=True)}
    draws = rng.integers(0, n_edges, size=(swaps_per_edge * n_edges, 2)).tolist()
    flips = rng.integers(0, 2, size=swaps_per_edge * n_edges).tolist()
    for (first, second), flip in zip(draws, flips, strict=True):
        if flip and not directed:
            # an undirected edge has no first end: without the flip some wirings could never be reached
            source[second], target[second] = target[second], source[second]
        a, b, c, d = source[first], target[first], source[second], target[second]
        if a == d or c == b:
            continue
        new_first, new_second = key(a, d), key(c, b)
        if new_first in taken or new_second in taken or new_first == new_second:
            continue
        taken -= {key(a, b), key(c, d)}
        taken |= {new_first, new_second}
        target[first], target[second] = d, b
    return np.array(source, dtype=int), np.array(target, dtype=int)
