"""From a blueprint to its first weights: magnitude by a method, sign by the biology, scale by stability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import scipy.sparse as sp

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.blueprint import KINDS, Blueprint, Edges
from neurotwin.init.distributions import Fit
from neurotwin.init.samplers import FITTED, INITIALISERS, Draw, Synapses
from neurotwin.init.spectrum import mean_coupling, spectral_norm, spectral_radius

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

FreeSign = Literal["random", "positive"]


@dataclass(frozen=True, eq=False)
class InitialWeights:
    """The weights that training starts from.

    Attributes
    ----------
    values
        For each kind of synapse, signed float64 [edge] in the order of ``Blueprint.edges_of(kind)``, no unit.
        Electrical values are conductances: non-negative, and equal for both directions of a pair.
    method
        Name in ``INITIALISERS``.
    fit
        Distribution fitted to the chemical synapse counts, where the method fits one.
    radius_before, radius_after
        Spectral radius of the chemical matrix before and after scaling; None without chemical synapses.
    radius_joint
        Spectral radius of the sum of all directed kinds after scaling; None if there are none.
    scales
        Factor that each kind's values were multiplied by.
    reason
        What was done and why, in words.
    """

    values: dict[str, np.ndarray]
    method: str
    fit: Fit | None
    radius_before: float | None
    radius_after: float | None
    radius_joint: float | None
    scales: dict[str, float]
    reason: str

    def to_frame(self, blueprint: Blueprint) -> pd.DataFrame:
        """One row per synapse: pre, post, kind, count, value."""
        import pandas as pd

        names = np.array(blueprint.neurons, dtype=object)
        frames = []
        for kind, value in self.values.items():
            edges = blueprint.edges_of(kind)
            columns = {
                "pre": names[edges.pre_index],
                "post": names[edges.post_index],
                "kind": kind,
                "count": edges.weights,
                "value": value,
            }
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Histogram of the magnitudes of each kind on a logarithmic axis; returns the axes."""
        import matplotlib.pyplot as plt

        axes = plt.subplots()[1] if ax is None else ax
        for kind, value in self.values.items():
            size = np.abs(value[value != 0])
            if len(size):
                low, high = size.min(), size.max()
                bins = np.geomspace(low, high, 40) if high > low else 1
                axes.hist(size, bins=cast(Any, bins), histtype="step", label=kind)
        axes.set(
            xscale="log",
            xlabel="initial weight, magnitude",
            ylabel="synapses",
            title=f"method: {self.method}",
        )
        axes.legend(frameon=False)
        return axes


def initialise(
    blueprint: Blueprint,
    *,
    method: str = "counts",
    seed: int = 0,
    radius: float = 0.9,
    kinds: Sequence[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    ranked: bool = True,
    free_sign: FreeSign | None = None,
    extrasynaptic_share: float = 0.1,
    coupling: float = 1.0,
) -> InitialWeights:
    """Weights to start training from.

    Parameters
    ----------
    blueprint
        Whose synapses get weights.
    method
        One of ``INITIALISERS``: "counts", "gaussian", "lognormal", "gamma", "exponential", "best", "uniform",
        "glorot", "he".
    seed
        Of what is drawn. Every kind has a stream of its own, so leaving a kind out does not change the
        others.
    radius
        Spectral radius that the chemical matrix is scaled to. Below 1 a leaky network with |f'| <= 1 forgets
        instead of running away. A chemical matrix without loops has radius 0 whatever its scale; its largest
        singular value is scaled to ``radius`` instead.
    kinds
        Kinds of synapses; by default all that the blueprint has.
    parameters
        Of the distribution, instead of fitted ones; for "uniform" ``low`` and ``high``. Only the shape
        survives the scaling.
    ranked
        Give the larger of the drawn magnitudes to the synapses with more contacts (ties at random), so that
        the distribution is the method's and the order the biology's. False draws independently of the counts.
    free_sign
        What a synapse of unknown sign gets: "random" (+ or - with equal chance) or "positive". By default
        "random" for the methods that draw, and "positive" for "counts", which then draws nothing.
    extrasynaptic_share
        Monoamine and peptide matrices start small: their largest singular value is this share of ``radius``.
    coupling
        Mean total gap-junction conductance of a neuron that has any, in units of its leak.

    Raises
    ------
    UnknownName
        For an unknown method, kind of synapse or parameter.
    InputError
        For a radius that is not positive, or chemical counts that the method's distribution cannot be fitted
        to.
    """
    INITIALISERS[method]  # an unknown method is refused before anything is drawn
    for name, value in (
        ("radius", radius),
        ("extrasynaptic_share", extrasynaptic_share),
        ("coupling", coupling),
    ):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} is not a positive number", got=value, expected="> 0", fix="radius=0.9")
    if free_sign not in (None, "random", "positive"):
        raise unknown_name("policy for free signs", free_sign, ["random", "positive"])
    chosen = blueprint.kinds if kinds is None else tuple(dict.fromkeys(kinds))
    values: dict[str, np.ndarray] = {}
    scales: dict[str, float] = {}
    reasons: list[str] = []
    fit: Fit | None = None
    before: float | None = None
    for kind in chosen:
        edges = blueprint.edges_of(kind)
        rng = np.random.default_rng([seed, KINDS.index(kind)])
        draw = _draw(method, edges, blueprint.n_neurons, parameters, ranked, rng)
        magnitude = _spread_to_edges(edges, draw.unit * draw.scale)
        policy: FreeSign = free_sign or ("random" if draw.random else "positive")
        signed, words = _signed(edges, magnitude, policy, rng)
        target = radius * (extrasynaptic_share if kind in ("monoamine", "peptide") else 1.0)
        scales[kind], measured, scaling = _scale(edges, signed, blueprint.n_neurons, target, coupling)
        values[kind] = signed * scales[kind]
        reasons.append(f"{kind}: {draw.reason}; {words}; {scaling}")
        if kind == "chemical":
            fit, before = draw.fit, measured
    size = blueprint.n_neurons
    directed = {
        kind: _matrix(blueprint.edges_of(kind), values[kind], size) for kind in chosen if kind != "electrical"
    }
    joint = spectral_radius(sp.csr_array(sum(directed.values()))) if directed else None
    after = spectral_radius(directed["chemical"]) if "chemical" in directed else None
    if joint is not None and len(directed) > 1:
        reasons.append(f"all directed kinds together have spectral radius {joint:.3f}")
    return InitialWeights(values, method, fit, before, after, joint, scales, ". ".join(reasons) + ".")


def _draw(
    method: str,
    edges: Edges,
    n_neurons: int,
    parameters: Mapping[str, float] | None,
    ranked: bool,
    rng: np.random.Generator,
) -> Draw:
    """Magnitudes of one kind's synapses; a gap junction is drawn once, not once per direction."""
    once = _once(edges)
    counts = edges.weights[once]
    synapses = Synapses(counts, edges.pre_index[once], edges.post_index[once], n_neurons, parameters)
    if not len(counts):
        return Draw(counts, 1.0, None, "no synapses", random=False)
    fits = method in FITTED and parameters is None
    if fits and edges.kind != "chemical" and counts.min() == counts.max():
        # Where extrasynaptic edges are yes or no there is no distribution to fit, and none is needed.
        return Draw(np.ones(len(counts)), 1.0, None, "all counts are equal, so all magnitudes are")
    draw = INITIALISERS[method](synapses, rng)
    if not (ranked and draw.random):
        return draw
    unit = np.empty_like(draw.unit)
    unit[np.lexsort((rng.random(len(counts)), counts))] = np.sort(draw.unit)
    return replace(
        draw, unit=unit, reason=f"{draw.reason}; larger draws given to synapses with more contacts"
    )


def _once(edges: Edges) -> np.ndarray:
    """Positions of the edges that are drawn: all, or of a symmetric kind those with pre <= post."""
    if edges.kind != "electrical":
        return np.arange(len(edges))
    return np.flatnonzero(edges.pre_index <= edges.post_index)


def _spread_to_edges(edges: Edges, magnitude: np.ndarray) -> np.ndarray:
    """One magnitude per edge from one magnitude per drawn synapse."""
    if edges.kind != "electrical":
        return magnitude
    low = np.minimum(edges.pre_index, edges.post_index).astype(np.int64)
    high = np.maximum(edges.pre_index, edges.post_index).astype(np.int64)
    key = low << 32 | high
    drawn = key[_once(edges)]
    order = np.argsort(drawn)
    return magnitude[order[np.searchsorted(drawn[order], key)]]


def _signed(
    edges: Edges, magnitude: np.ndarray, policy: FreeSign, rng: np.random.Generator
) -> tuple[np.ndarray, str]:
    """Magnitudes with the known signs, and with free signs by policy."""
    if edges.kind == "electrical":
        return magnitude, "one conductance per pair, no sign"
    drawn = rng.choice(np.array([-1, 1]), len(edges)) if policy == "random" else np.ones(len(edges))
    free = edges.signs == 0
    known, unknown = len(edges) - int(free.sum()), int(free.sum())
    how = "drawn with equal chance" if policy == "random" else "started as excitatory"
    return magnitude * np.where(
        free, drawn, edges.signs
    ), f"{known} known signs kept, {unknown} free ones {how}"


def _scale(
    edges: Edges, values: np.ndarray, n_neurons: int, target: float, coupling: float
) -> tuple[float, float, str]:
    """Factor that brings one kind to its target, the spectral radius before, and the scaling in words."""
    matrix = _matrix(edges, values, n_neurons)
    if edges.kind == "electrical":
        measured, target = mean_coupling(matrix), coupling
        name = "the mean gap-junction conductance of a coupled neuron"
    elif edges.kind == "chemical":
        measured, name = spectral_radius(matrix), "the spectral radius"
        norm = spectral_norm(matrix)
        if measured <= 1e-6 * norm:
            factor = target / norm if norm > 0 else 1.0
            words = (
                "no loop amplifies (spectral radius 0), so the largest singular value is scaled to "
                f"{target:g}"
            )
            return factor, 0.0, words
    else:
        measured, name = spectral_norm(matrix), "the largest singular value"
    if measured <= 0:
        return 1.0, measured, "nothing to scale"
    return target / measured, measured, f"{name} scaled from {measured:.4g} to {target:g}"


def _matrix(edges: Edges, values: np.ndarray, n_neurons: int) -> sp.csr_array:
    """Values as a sparse matrix [post, pre]."""
    return sp.csr_array((values, (edges.post_index, edges.pre_index)), shape=(n_neurons, n_neurons))
