"""Scores beside their baselines, nulls and ceilings: one tidy table, the same bytes for the same scores."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError, unknown_name
from neurotwin._base.files import write_atomic

FAMILIES: tuple[str, ...] = ("structure", "function", "biology", "causal", "task")
COLUMNS: tuple[str, ...] = (
    "family",
    "metric",
    "split",
    "model",
    "value",
    "low",
    "high",
    "ceiling",
    "n",
    "unit",
    "higher_is_better",
)


@dataclass(frozen=True)
class Score:
    """One number with what it takes to judge it.

    Parameters
    ----------
    family
        "structure", "function", "biology", "causal" or "task".
    metric, split, model
        What was measured, on which data ("held_out_time", "held_out_animal", "zero_shot", "fitted",
        "generation" …), of whom ("twin", "null: permuted", "baseline: ridge" …).
    value, low, high
        The number and the ends of its 95 % interval; NaN where there is none.
    ceiling
        The best that the data allow, where that is known; else NaN.
    n
        Number of units (neurons, pairs, edges) behind the value.
    unit, higher_is_better
        Unit ("" for none) and direction.
    source
        Remark or provenance, such as "by construction"; it is shown in reports and not kept in
        ``scores.csv``.
    """

    family: str
    metric: str
    split: str
    model: str
    value: float
    low: float = math.nan
    high: float = math.nan
    ceiling: float = math.nan
    n: int = 0
    unit: str = ""
    higher_is_better: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise unknown_name("family of scores", self.family, list(FAMILIES))
        for name in ("metric", "split", "model"):
            if not getattr(self, name):
                raise InputError(f"a score needs a {name}", got=repr(getattr(self, name)))
        for name in ("value", "low", "high", "ceiling"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "higher_is_better", bool(self.higher_is_better))
        if self.low > self.value or self.value > self.high:  # false where either is NaN
            raise InputError(
                f"the interval of {self.metric} of {self.model} does not hold its value",
                got=f"{self.value} in [{self.low}, {self.high}]",
                fix="give low <= value <= high, or NaN",
            )

    @property
    def key(self) -> tuple[str, str, str, str]:
        """(family, metric, split, model), unique in a scorecard."""
        return self.family, self.metric, self.split, self.model


class Scorecard:
    """An immutable, ordered collection of ``Score``, at most one for each (family, metric, split, model).

    Examples
    --------
    >>> card = Scorecard([Score("function", "cosmoothing_r", "held_out_time", "twin", 0.5, 0.45, 0.55)])
    >>> card.get(metric="cosmoothing_r", model="twin").value
    0.5
    """

    def __init__(self, scores: Iterable[Score] = ()) -> None:
        self.scores: tuple[Score, ...] = tuple(scores)
        seen: set[tuple[str, str, str, str]] = set()
        for score in self.scores:
            if score.key in seen:
                raise InputError(
                    "two scores of the same thing", got=" / ".join(score.key), fix="keep one of them"
                )
            seen.add(score.key)

    def __iter__(self) -> Iterator[Score]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scorecard) and self.to_csv_text() == other.to_csv_text()

    def __hash__(self) -> int:
        return hash(self.to_csv_text())

    def __repr__(self) -> str:
        return f"Scorecard({len(self)} scores of {len({s.model for s in self})} models)"

    def __add__(self, other: Iterable[Score]) -> Scorecard:
        return Scorecard((*self.scores, *other))

    def add(self, *scores: Score) -> Scorecard:
        """A new scorecard with ``scores`` behind the present ones."""
        return self + scores

    def select(self, **wanted: str) -> Scorecard:
        """The scores whose fields equal all of ``wanted`` (family, metric, split, model), possibly none."""
        self._check_fields(wanted)
        return Scorecard(s for s in self if all(getattr(s, name) == value for name, value in wanted.items()))

    def get(self, **wanted: str) -> Score:
        """The one score whose fields equal all of ``wanted``; ``InputError`` when there is none or more than
        one.
        """
        found = self.select(**wanted)
        if len(found) != 1:
            asked = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
            some = "; ".join(" / ".join(s.key) for s in (found if len(found) else self).scores[:8])
            raise InputError(
                f"{len(found)} scores fit, one was asked for", got=asked, expected=some or "(no scores)"
            )
        return found.scores[0]

    def compare(self, model_a: str, model_b: str) -> pd.DataFrame:
        """Both models side by side where both were scored: family, metric, split, a, b, difference, better.

        ``better`` names the model in front; it is "" at a tie or NaN and says nothing of significance, for
        which there are paired intervals.
        """
        models = list(dict.fromkeys(s.model for s in self))
        for model in (model_a, model_b):
            if model not in models:
                raise unknown_name("model in this scorecard", model, models)
        second = {s.key[:3]: s for s in self if s.model == model_b}
        rows = []
        for a in (s for s in self if s.model == model_a and s.key[:3] in second):
            b = second[a.key[:3]]
            gain = (a.value - b.value) * (1 if a.higher_is_better else -1)
            better = model_a if gain > 0 else model_b if gain < 0 else ""
            rows.append((*a.key[:3], a.value, b.value, a.value - b.value, better))
        return pd.DataFrame(
            rows, columns=["family", "metric", "split", model_a, model_b, "difference", "better"]
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each score with the columns of ``scores.csv``, in that order."""
        frame = pd.DataFrame([[getattr(s, c) for c in COLUMNS] for s in self], columns=list(COLUMNS))
        kinds: dict[str, Any] = dict.fromkeys(("value", "low", "high", "ceiling"), "float64")
        return frame.astype({**kinds, "n": "int64", "higher_is_better": "bool"})

    def to_csv_text(self) -> str:
        """The text of ``scores.csv``: ten significant digits, empty for NaN, equal scores give equal
        bytes.
        """
        return self.to_frame().to_csv(index=False, float_format="%.10g", lineterminator="\n")

    def to_csv(self, path: str | Path) -> None:
        """Write ``scores.csv`` whole or not at all."""
        write_atomic(path, self.to_csv_text())

    @classmethod
    def from_csv(cls, path: str | Path) -> Scorecard:
        """Read what ``to_csv`` wrote; ``InputError`` for other columns. ``source`` is not kept in the
        file.
        """
        text = Path(path).read_text()
        frame = pd.read_csv(
            io.StringIO(text), keep_default_na=False, na_values={c: [""] for c in COLUMNS[4:8]}
        )
        if tuple(frame.columns) != COLUMNS:
            raise InputError("not a table of scores", got=list(frame.columns), expected=list(COLUMNS))
        return cls(
            Score(**dict(zip(COLUMNS, row, strict=True))) for row in frame.itertuples(index=False, name=None)
        )

    def plot(self, ax: Any = None) -> Any:
        """Forest plot: one row for each score, its 95 % interval, its ceiling as a tick. Returns the axes."""
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=(7, 1 + 0.28 * len(self)))
        rows = np.arange(len(self))[::-1]
        values, low, high, ceiling = (np.array([getattr(s, k) for s in self], float) for k in COLUMNS[4:8])
        ends = np.stack([np.nan_to_num(values - low), np.nan_to_num(high - values)])
        twin = np.array([s.model.startswith("twin") for s in self], dtype=bool)
        for chosen, colour, marker, label in (
            (twin, "#0072B2", "o", "twin"),
            (~twin, "#6b6b6b", "s", "baseline, null, reference"),
        ):
            if chosen.any():
                ax.errorbar(
                    values[chosen],
                    rows[chosen],
                    xerr=ends[:, chosen],
                    fmt=marker,
                    color=colour,
                    capsize=2,
                    label=label,
                )
        ax.plot(ceiling, rows, "|", color="#D55E00", markersize=10, label="ceiling")
        ax.axvline(0.0, color="#bbbbbb", linewidth=0.8, zorder=0)
        ax.set_yticks(rows, [f"{s.metric} · {s.split} · {s.model}" for s in self])
        ax.set_xlabel("value and 95 % interval")
        ax.legend(loc="best", frameon=False)
        return ax

    @staticmethod
    def _check_fields(wanted: dict[str, str]) -> None:
        known = [f.name for f in fields(Score) if f.name in COLUMNS[:4]]
        for name in wanted:
            if name not in known:
                raise unknown_name("field to select scores by", name, known)
