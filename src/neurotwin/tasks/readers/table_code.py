"""A table as standardised features: fitted on the training rows and then applied to every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.columns import COLUMN_KINDS, Facts
from neurotwin.tasks.readers.tables import Table


@dataclass(frozen=True, eq=False)
class TableCode:
    """How rows of a table become standardised numbers; made by :meth:`fit` from training rows alone.

    Attributes
    ----------
    columns
        ``(column, kind, facts)`` of each column that is used.
    kept, mean, sd
        ``[feature]``: which of all features are used (those that vary in training), and what brings them to mean 0 and standard
        deviation 1 there.
    """

    columns: tuple[tuple[str, str, Facts], ...]
    kept: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def fit(cls, table: Table, kinds: dict[str, str]) -> TableCode:
        """From training rows, and the kind of each column that is to be used; InputError where nothing varies."""
        columns = tuple((name, kind, COLUMN_KINDS[kind].fit(table[name])) for name, kind in kinds.items())
        raw = _raw(columns, table)
        sd = raw.std(0)
        kept = np.flatnonzero(sd > 1e-12 * np.maximum(1, np.abs(raw.mean(0))))
        if not len(kept):
            raise InputError(
                "no column varies over the training rows", got=", ".join(kinds), expected="inputs that differ"
            )
        return cls(columns, kept, raw.mean(0)[kept], sd[kept])

    def __call__(self, table: Table) -> np.ndarray:
        """Rows of a table with the same columns → float32 ``[row, feature]``."""
        return ((_raw(self.columns, table)[:, self.kept] - self.mean) / self.sd).astype(np.float32)

    def names(self) -> list[str]:
        """Of the features."""
        every = [
            f"{column} {name}".strip()
            for column, kind, facts in self.columns
            for name in COLUMN_KINDS[kind].names(facts)
        ]
        return [every[i] for i in self.kept]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "columns": [list(column) for column in self.columns],
            "kept": self.kept.tolist(),
            "mean": self.mean.tolist(),
            "sd": self.sd.tolist(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TableCode:
        """What :meth:`to_dict` wrote."""
        columns = tuple((name, kind, facts) for name, kind, facts in values["columns"])
        return cls(columns, np.array(values["kept"], int), np.array(values["mean"]), np.array(values["sd"]))


def _raw(columns: tuple[tuple[str, str, Facts], ...], table: Table) -> np.ndarray:
    return np.concatenate(
        [COLUMN_KINDS[kind].code(table[name], facts) for name, kind, facts in columns], axis=1
    )
