"""The parts of a blueprint: plain, frozen records without arrays of activity or framework objects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.biology.connectome import KINDS

ROLES = ("feedforward", "lateral", "feedback", "recurrent")
ACTIVATIONS = ("tanh", "sigmoid", "relu", "softplus")


@dataclass(frozen=True)
class Population:
    """Neurons that share a cell class, and what kind of unit stands for them.

    Attributes
    ----------
    name
        The cell class ("AVA"), or the neuron's own name where it has none.
    neurons
        Names of the members, in the order of the connectome.
    layer
        "sensory", "inter", "motor" or "pharynx" where the type is known; else "upstream", "middle" or
        "downstream" by signal flow.
    level
        Mean signal-flow level of the members: high is upstream (towards the senses), low is downstream
        (towards the muscles).
    unit, activation
        Names of the unit model ("leaky_rate") and of its activation function.
    time_constant_ms
        Starting value; training changes it per neuron.
    reason
        Why, in words.
    """

    name: str
    neurons: tuple[str, ...]
    layer: str
    level: float
    unit: str
    activation: str
    time_constant_ms: float
    reason: str

    def __post_init__(self) -> None:
        label = f"population {self.name!r}"
        _require(
            bool(self.neurons), f"{label} has no neurons", got=self.neurons, expected="at least one name"
        )
        _require(math.isfinite(self.level), f"{label}: the level is not finite", got=self.level)
        _require(
            math.isfinite(self.time_constant_ms) and self.time_constant_ms > 0,
            f"{label}: the time constant is not a positive number of milliseconds",
            got=self.time_constant_ms,
            expected="> 0",
        )
        _require_activation(self.activation)
        _require_reason(label, self.reason)


@dataclass(frozen=True)
class Projection:
    """All synapses of one kind from one population to one population.

    Attributes
    ----------
    pre, post
        Names of populations.
    kind
        "chemical", "electrical", "monoamine" or "peptide".
    role
        "recurrent" inside a population, "lateral" inside a layer and for gap junctions (they have no
        direction), else "feedforward" where the signal-flow level falls from pre to post and "feedback" where
        it rises.
    n_synapses, contacts
        Number of neuron-to-neuron connections, and the sum of their weights (contact counts).
    positive, negative, free
        Connections by sign; they add up to ``n_synapses``.
    reason
        Why, in words.
    """

    pre: str
    post: str
    kind: str
    role: str
    n_synapses: int
    contacts: float
    positive: int
    negative: int
    free: int
    reason: str

    def __post_init__(self) -> None:
        label = f"projection {self.pre!r} to {self.post!r} ({self.kind})"
        _require_kind(label, self.kind)
        _require(self.role in ROLES, f"{label}: unknown role", got=self.role, expected=", ".join(ROLES))
        _require(
            min(self.positive, self.negative, self.free) >= 0
            and self.positive + self.negative + self.free == self.n_synapses > 0,
            f"{label}: the signs do not add up to the number of synapses",
            got=f"{self.positive} + {self.negative} + {self.free} of {self.n_synapses}",
        )
        _require(math.isfinite(self.contacts), f"{label}: the contacts are not finite", got=self.contacts)
        _require_reason(label, self.reason)


@dataclass(frozen=True)
class Motif:
    """How often a small circuit occurs, and how often it would by chance.

    Attributes
    ----------
    name
        "mutual_inhibition", "feedback_inhibition", …
    neurons
        The strongest instances, by name (at most ``LISTED`` of :mod:`neurotwin.blueprint.motifs`).
    count
        Instances in all.
    null_mean, null_sd, z
        Mean and standard deviation of the count in the null networks, and (count - mean) / sd. None where no
        null network was drawn; ``z`` is also None where the null networks do not vary.
    p
        Empirical two-sided (1 + number of null networks at least as far from their mean) / (number + 1). None
        without null networks.
    description
        What the motif is and what was found, in words.
    """

    name: str
    neurons: tuple[tuple[str, ...], ...]
    count: int
    null_mean: float | None
    null_sd: float | None
    z: float | None
    p: float | None
    description: str

    def __post_init__(self) -> None:
        _require(
            self.count >= len(self.neurons),
            f"motif {self.name!r} lists more instances than it counts",
            got=f"{len(self.neurons)} listed, count {self.count}",
        )
        for field in ("null_mean", "null_sd", "z", "p"):
            value = getattr(self, field)
            _require(
                value is None or math.isfinite(value),
                f"motif {self.name!r}: {field} is not finite",
                got=value,
            )


@dataclass(frozen=True)
class Choice:
    """One decision of the design: what was decided, how, and why."""

    what: str
    value: str
    reason: str

    def __post_init__(self) -> None:
        _require_reason(f"choice {self.what!r}", self.reason)


@dataclass(frozen=True)
class Edges:
    """All synapses of one kind, column by column, sorted by (post, pre) as ``Connectome.edges`` gives them.

    Attributes
    ----------
    kind
        "chemical", "electrical", "monoamine" or "peptide".
    pre, post
        Indices into ``Blueprint.neurons``.
    weight
        Contact counts, > 0.
    sign
        +1 excitatory, -1 inhibitory, 0 free.
    """

    kind: str
    pre: tuple[int, ...]
    post: tuple[int, ...]
    weight: tuple[float, ...]
    sign: tuple[int, ...]

    def __post_init__(self) -> None:
        label = f"{self.kind} edges"
        _require_kind(label, self.kind)
        lengths = {len(self.pre), len(self.post), len(self.weight), len(self.sign)}
        _require(len(lengths) == 1, f"{label}: the columns differ in length", got=sorted(lengths))
        _require(
            bool(np.all(np.isfinite(self.weights) & (self.weights > 0))),
            f"{label}: a weight is not a positive finite number",
            expected="contact counts > 0",
        )
        _require(
            set(self.sign) <= {-1, 0, 1}, f"{label}: a sign is not -1, 0 or 1", got=sorted(set(self.sign))
        )
        ends = self.pre + self.post
        _require(
            not ends or (min(ends) >= 0 and max(ends) < 2**31),
            f"{label}: an index of a neuron is out of range",
            got=f"{min(ends, default=0)} to {max(ends, default=0)}",
            expected="0 to 2147483647",
        )
        keys = self.post_index.astype(np.int64) << 32 | self.pre_index
        _require(
            bool(np.all(np.diff(keys) > 0)),
            f"{label} are not in order, or one occurs twice",
            expected="each (pre, post) once, sorted by post, then pre",
            fix="build the blueprint with design(), or sort the columns together",
        )
        if self.kind == "electrical":
            # Ordered by pre, then post, a symmetric list is its own mirror image.
            turned = np.lexsort((self.post_index, self.pre_index))
            mirrored = (
                np.array_equal(self.post_index[turned], self.pre_index)
                and np.array_equal(self.pre_index[turned], self.post_index)
                and np.array_equal(self.weights[turned], self.weights)
            )
            _require(
                mirrored,
                f"{label} are not symmetric",
                expected="every pair in both directions with equal weight",
            )

    def __len__(self) -> int:
        return len(self.pre)

    @cached_property
    def pre_index(self) -> np.ndarray:
        """``pre`` as a read-only int32 array, shape [edge]."""
        return _column(self.pre, np.int32)

    @cached_property
    def post_index(self) -> np.ndarray:
        """``post`` as a read-only int32 array, shape [edge]."""
        return _column(self.post, np.int32)

    @cached_property
    def weights(self) -> np.ndarray:
        """``weight`` as a read-only float64 array of contact counts, shape [edge]."""
        return _column(self.weight, np.float64)

    @cached_property
    def signs(self) -> np.ndarray:
        """``sign`` as a read-only int8 array, shape [edge]."""
        return _column(self.sign, np.int8)


def _column(values: tuple[Any, ...], dtype: type[np.generic]) -> np.ndarray:
    array = np.asarray(values, dtype=dtype)
    array.setflags(write=False)
    return array


def _require(
    condition: bool, what: str, *, got: Any = None, expected: Any = None, fix: str | None = None
) -> None:
    if not condition:
        raise InputError(what, got=got, expected=expected, fix=fix)


def _require_kind(label: str, kind: str) -> None:
    if kind not in KINDS:
        raise unknown_name(f"kind of synapse in {label}", kind, list(KINDS))


def _require_activation(activation: str) -> None:
    if activation not in ACTIVATIONS:
        raise unknown_name("activation", activation, list(ACTIVATIONS))


def _require_reason(label: str, reason: str) -> None:
    _require(bool(reason.strip()), f"{label} carries no reason", expected="why it is so, in words")
