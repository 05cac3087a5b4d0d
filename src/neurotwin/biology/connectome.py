"""The connectome: neurons and the synapses between them, as tables and as sparse ``[post, pre]`` matrices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.biology.tables import KINDS, TYPES, check_kind, checked_neurons, checked_synapses, column, rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_VALUES = ("weight", "sign", "signed")


@dataclass(frozen=True, eq=False)
class Connectome:
    """Who is wired to whom.

    Parameters
    ----------
    neurons
        One row a neuron. Column ``name`` (unique, not empty) is needed; ``cell_class`` (default: the name),
        ``type`` (one of :data:`TYPES`, default "unknown"), ``transmitter`` and ``side`` (default "") are
        filled in; further columns are kept.
    synapses
        One row per (pre, post, kind). Columns ``pre`` and ``post`` (names), ``kind`` (one of :data:`KINDS`),
        ``weight`` (contact count, finite and > 0) are needed; ``sign`` (+1 excites, −1 inhibits, 0 is free:
        not known), ``sign_rule`` (which rule gave the sign, in words) and ``delay_ms`` (≥ 0) default to 0, ""
        and 0. Electrical synapses stand in both directions with equal weight.

    Both tables are copied, and the synapses sorted by (kind, post, pre); treat them as read-only.

    Raises
    ------
    InputError
        A column is missing, misspelt or has a value outside its range; a name is doubled; an electrical
        synapse has no equal partner in the other direction, or joins a neuron to itself.
    UnknownName
        A synapse ends on a neuron that is not in the table, or a kind or type is none of those that exist.

    Examples
    --------
    >>> import pandas as pd
    >>> circuit = Connectome(
    ...     pd.DataFrame({"name": ["a", "b"]}),
    ...     pd.DataFrame({"pre": ["a"], "post": ["b"], "kind": ["chemical"], "weight": [3], "sign": [-1]}),
    ... )
    >>> float(circuit.matrix(value="signed")[1, 0])
    -3.0
    """

    neurons: pd.DataFrame
    synapses: pd.DataFrame

    def __post_init__(self) -> None:
        neurons = checked_neurons(self.neurons)
        object.__setattr__(self, "neurons", neurons)
        object.__setattr__(self, "synapses", checked_synapses(self.synapses, tuple(column(neurons, "name"))))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the neurons, in the order of every matrix."""
        return tuple(column(self.neurons, "name"))

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.neurons)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def index_of(self, name: str) -> int:
        """Row and column of a neuron; ``UnknownName`` with the nearest names where there is none."""
        try:
            return self._index[name]
        except (KeyError, TypeError):
            raise unknown_name("neuron", name, list(self.names)) from None

    def matrix(self, kind: str = "chemical", value: str = "weight") -> sparse.csr_array:
        """Sparse matrix ``[post, pre]`` (neurons × neurons, float64) of one kind of synapse.

        ``value`` is "weight" (contacts), "sign" (+1, −1, 0) or "signed" (weight × sign). The three share one
        pattern: a free synapse is a stored zero in "sign" and "signed", so that ``.nnz`` is always the number
        of synapses.
        """
        if value not in _VALUES:
            raise unknown_name("matrix value", value, list(_VALUES))
        pre, post, weight, sign = self.edges(kind)
        data = {"weight": weight, "sign": sign.astype(float), "signed": weight * sign}[value]
        return sparse.csr_array((data, (post, pre)), shape=(self.n_neurons, self.n_neurons))

    def count(self, pre: str, post: str, kind: str = "chemical") -> float:
        """Contacts from ``pre`` to ``post``; 0 where they are not joined by this kind of synapse."""
        row, column = self.index_of(post), self.index_of(pre)
        pre_index, post_index, weight, _ = self.edges(kind)
        return float(weight[(post_index == row) & (pre_index == column)].sum())

    def edges(self, kind: str = "chemical") -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Synapses of one kind as arrays [E]: ``(pre int32, post int32, weight float64, sign int8)``.

        Sorted by (post, pre); a kind that this connectome lacks gives empty arrays.
        """
        check_kind(kind)
        table = rows(self.synapses, column(self.synapses, "kind") == kind)
        pre, post = (
            np.array([self._index[name] for name in column(table, end)], dtype=np.int32)
            for end in ("pre", "post")
        )
        return pre, post, np.asarray(table["weight"], np.float64), np.asarray(table["sign"], np.int8)

    def subset(self, names: Sequence[str]) -> Connectome:
        """The connectome of these neurons, in this order, with the synapses among them."""
        chosen = np.array([self.index_of(name) for name in _name_list(names)], dtype=int)
        kept = set(names)
        ends = zip(column(self.synapses, "pre"), column(self.synapses, "post"), strict=True)
        among = np.array([pre in kept and post in kept for pre, post in ends], dtype=bool)
        return Connectome(rows(self.neurons, chosen), rows(self.synapses, among))

    def with_synapses(self, synapses: pd.DataFrame) -> Connectome:
        """The same neurons with other synapses."""
        return Connectome(self.neurons, synapses)

    def equals(self, other: object) -> bool:
        """Whether the other is a connectome with the same tables."""
        if not isinstance(other, Connectome):
            return False
        return self.neurons.equals(other.neurons) and self.synapses.equals(other.synapses)

    def summary(self) -> dict[str, Any]:
        """Plain numbers: neurons by type; per kind synapses, contacts, density and signs; sign rules."""
        kinds: dict[str, Any] = {}
        for kind in KINDS:
            pre, post, weight, sign = self.edges(kind)
            if not len(pre):
                continue
            possible = self.n_neurons * (self.n_neurons - 1)
            kinds[kind] = {
                "synapses": len(pre),
                "contacts": float(weight.sum()),
                "density": float((pre != post).sum() / possible) if possible else 0.0,
                "positive": int((sign > 0).sum()),
                "negative": int((sign < 0).sum()),
                "free": int((sign == 0).sum()),
                "to_self": int((pre == post).sum()),
            }
        types = Counter(column(self.neurons, "type"))
        return {
            "neurons": self.n_neurons,
            "cell_classes": len(set(column(self.neurons, "cell_class"))),
            "types": {kind: types[kind] for kind in TYPES if kind in types},
            "kinds": kinds,
            "sign_rules": self.sign_rules("chemical"),
        }

    def sign_rules(self, kind: str = "chemical") -> dict[str, int]:
        """How many synapses of a kind got their sign from which rule, most frequent first."""
        check_kind(kind)
        kinds, rules = column(self.synapses, "kind"), column(self.synapses, "sign_rule")
        counts = Counter(rules[kinds == kind])
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def plot(self, kind: str = "chemical", ax: Axes | None = None) -> Axes:
        """Adjacency matrix: a dot per synapse; area grows with contacts, colour and marker give the sign."""
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(6, 6), layout="constrained")
        pre, post, weight, sign = self.edges(kind)
        area = 2 + 10 * np.sqrt(weight / weight.max()) if len(weight) else weight
        styles = (
            (1, "#0072B2", "o", "excites"),
            (-1, "#D55E00", "s", "inhibits"),
            (0, "#999999", ".", "sign free"),
        )
        for value, colour, marker, label in styles:
            chosen = sign == value
            if chosen.any():
                text = f"{label} ({int(chosen.sum()):,})"
                ax.scatter(
                    pre[chosen],
                    post[chosen],
                    s=area[chosen],
                    c=colour,
                    marker=marker,
                    label=text,
                    linewidths=0,
                )
        ax.set(xlim=(-1, self.n_neurons), ylim=(self.n_neurons, -1), aspect="equal", title=f"{kind} synapses")
        ax.set(xlabel="presynaptic neuron", ylabel="postsynaptic neuron")
        if len(weight):
            ax.legend(loc="upper right", fontsize="small", markerscale=1.5)
        return ax

    def __repr__(self) -> str:
        counts = Counter(column(self.synapses, "kind"))
        kinds = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
        return f"Connectome({self.n_neurons} neurons; {kinds})"


def _name_list(names: Sequence[str]) -> list[str]:
    if isinstance(names, str):
        raise InputError("neuron names come as a list", got=repr(names), fix=f"write [{names!r}]")
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise InputError("a neuron is named twice", got=doubled[0])
    return list(names)
