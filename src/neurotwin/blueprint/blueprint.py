"""The blueprint: a complete, declarative description of the twin, and the reason for each part of it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.blueprint.parts import Choice, Edges, Motif, Population, Projection

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Blueprint:
    """What the twin is made of, read off the biology; equal by value, to JSON and back without loss.

    Attributes
    ----------
    name
        Of the biology that it was read from.
    neurons
        Names of all neurons, recorded or not; the order of every per-neuron array.
    populations
        Every neuron is in exactly one.
    projections
        Population to population, one per kind of synapse.
    edges
        Neuron to neuron, one entry per kind of synapse.
    motifs
        Small circuits, counted against chance.
    choices
        Decisions of the design, with reasons.
    dt_ms
        Time step of the twin in milliseconds.

    Raises
    ------
    InputError
        If the parts contradict each other: a neuron in no or two populations, an index out of range, a
        projection between populations that do not exist, ...
    """

    name: str
    neurons: tuple[str, ...]
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    edges: tuple[Edges, ...]
    motifs: tuple[Motif, ...]
    choices: tuple[Choice, ...]
    dt_ms: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.dt_ms) and self.dt_ms > 0):
            raise InputError(
                "the time step is not a positive number of milliseconds", got=self.dt_ms, expected="> 0"
            )
        _refuse_repeats("neuron", self.neurons)
        _refuse_repeats("population", [population.name for population in self.populations])
        members = [neuron for population in self.populations for neuron in population.neurons]
        _refuse_repeats("member of a population", members)
        if set(members) != set(self.neurons):
            astray = sorted(set(members) ^ set(self.neurons))
            raise InputError(
                "the populations are not a partition of the neurons",
                got=f"in one and not in the other: {', '.join(astray[:10])}",
                expected="every neuron in exactly one population",
            )
        names = {population.name for population in self.populations}
        for projection in self.projections:
            for end in (projection.pre, projection.post):
                if end not in names:
                    raise unknown_name("population in a projection", end, sorted(names))
        _refuse_repeats("projection", [(one.pre, one.post, one.kind) for one in self.projections])
        _refuse_repeats("kind of edges", [edges.kind for edges in self.edges])
        for edges in self.edges:
            if len(edges) and not _within(edges, len(self.neurons)):
                raise InputError(
                    f"{edges.kind} edges name a neuron that does not exist",
                    got=f"indices {min(edges.pre + edges.post)} to {max(edges.pre + edges.post)}",
                    expected=f"0 to {len(self.neurons) - 1}",
                )

    # The blueprint is a static field of compiled models: it is hashed at every call, so the value is kept.
    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.neurons, self.populations, self.projections, self.edges, self.dt_ms))

    def __hash__(self) -> int:
        return self._hash

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.neurons)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of synapses that the blueprint has."""
        return tuple(edges.kind for edges in self.edges)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {neuron: i for i, neuron in enumerate(self.neurons)}

    @cached_property
    def _population_of(self) -> dict[str, Population]:
        return {neuron: population for population in self.populations for neuron in population.neurons}

    def index_of(self, neuron: str) -> int:
        """Position of ``neuron`` in ``neurons``; UnknownName (an InputError) if it is not there."""
        if neuron not in self._index:
            raise unknown_name("neuron", neuron, list(self.neurons))
        return self._index[neuron]

    def edges_of(self, kind: str) -> Edges:
        """The synapses of one kind; UnknownName if the blueprint has none of it."""
        for edges in self.edges:
            if edges.kind == kind:
                return edges
        raise unknown_name("kind of synapse in this blueprint", kind, list(self.kinds))

    def population_of(self, neuron: str) -> Population:
        """The population that ``neuron`` belongs to; UnknownName if there is no such neuron."""
        self.index_of(neuron)
        return self._population_of[neuron]

    def layers(self) -> dict[str, tuple[Population, ...]]:
        """Populations by layer, both in the order of ``populations``."""
        grouped: dict[str, list[Population]] = {}
        for population in self.populations:
            grouped.setdefault(population.layer, []).append(population)
        return {layer: tuple(members) for layer, members in grouped.items()}

    def time_constants_ms(self) -> np.ndarray:
        """Starting time constant of each neuron in milliseconds, float64 [neuron]."""
        return np.array([self._population_of[neuron].time_constant_ms for neuron in self.neurons])

    def levels(self) -> np.ndarray:
        """Signal-flow level of each neuron's population (high is upstream), float64 [neuron]."""
        return np.array([self._population_of[neuron].level for neuron in self.neurons])

    def summary(self) -> dict[str, Any]:
        """Sizes and counts: neurons, layers, synapses by kind and sign, projections by role, motifs."""
        roles: dict[str, int] = {}
        for projection in self.projections:
            roles[projection.role] = roles.get(projection.role, 0) + 1
        return {
            "name": self.name,
            "neurons": self.n_neurons,
            "dt_ms": self.dt_ms,
            "populations": len(self.populations),
            "layers": {
                layer: sum(len(one.neurons) for one in members) for layer, members in self.layers().items()
            },
            "projections": len(self.projections),
            "roles": dict(sorted(roles.items())),
            "synapses": {edges.kind: len(edges) for edges in self.edges},
            "signs": {
                edges.kind: {
                    "positive": int((edges.signs == 1).sum()),
                    "negative": int((edges.signs == -1).sum()),
                    "free": int((edges.signs == 0).sum()),
                }
                for edges in self.edges
            },
            "motifs": {
                motif.name: {"count": motif.count, "z": motif.z, "p": motif.p} for motif in self.motifs
            },
        }

    def to_frame(self, part: str = "projections") -> pd.DataFrame:
        """A table of "populations", "projections", "motifs", "choices" or, by name, of single "edges".

        Raises
        ------
        UnknownName
            If ``part`` is none of the five.
        """
        import pandas as pd

        if part in ("populations", "projections", "motifs", "choices"):
            return pd.DataFrame([asdict(record) for record in getattr(self, part)])
        if part != "edges":
            options = ["populations", "projections", "motifs", "choices", "edges"]
            raise unknown_name("part of a blueprint", part, options)
        names = np.array(self.neurons, dtype=object)
        columns = ["pre", "post", "kind", "weight", "sign"]
        frames = [
            pd.DataFrame(
                {
                    "pre": names[edges.pre_index],
                    "post": names[edges.post_index],
                    "kind": edges.kind,
                    "weight": edges.weights,
                    "sign": edges.signs,
                }
            )
            for edges in self.edges
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def to_json(self) -> str:
        """The whole blueprint as JSON text (format "neurotwin.blueprint", version 1); floats exact."""
        from neurotwin.blueprint.json_io import to_json

        return to_json(self)

    @staticmethod
    def from_json(text: str) -> Blueprint:
        """The blueprint that ``to_json`` wrote; InputError names what is missing, unknown or wrong."""
        from neurotwin.blueprint.json_io import from_json

        return from_json(text)

    def to_text(self) -> str:
        """The blueprint for human readers, in plain text."""
        from neurotwin.blueprint.text import to_text

        return to_text(self)


def _refuse_repeats(what: str, names: Any) -> None:
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            raise InputError(f"a {what} occurs twice", got=repr(name), expected="each once")
        seen.add(name)


def _within(edges: Edges, n_neurons: int) -> bool:
    ends = np.concatenate([edges.pre_index, edges.post_index])
    return bool(ends.min() >= 0 and ends.max() < n_neurons)
