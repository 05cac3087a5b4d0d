"""Kinds of columns, and how each becomes numbers: fitted on training cells, then applied to any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.tasks.readers.composition import composition_features
from neurotwin.tasks.readers.molecules import BINS, DESCRIPTORS, molecule_features
from neurotwin.tasks.readers.tables import Cells, numbers_in

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
ENDS = 5
"""Of a sequence, so many residues at either end are looked at one by one."""
RARE = 5
"""A level, word or element that fewer training rows hold is pooled with the other rare ones."""
MOST_LEVELS = 50

Facts = dict[str, Any]
"""What a kind of column learned from the training part, as JSON could keep it."""


@dataclass(frozen=True)
class ColumnKind:
    """How a kind of column becomes numbers.

    Attributes
    ----------
    about
        A line for people.
    fit
        Training cells → facts.
    names
        Facts → the names of the features.
    code
        (cells, facts) → float64 ``[row, feature]``.
    """

    about: str
    fit: Callable[[Cells], Facts]
    names: Callable[[Facts], list[str]]
    code: Callable[[Cells, Facts], np.ndarray]


COLUMN_KINDS: Registry[ColumnKind] = Registry("kind of column")


def _fit_number(cells: Cells) -> Facts:
    return _fit_values(numbers_in(cells))


def _code_number(cells: Cells, facts: Facts) -> np.ndarray:
    values = numbers_in(cells)
    return _code_values(np.full(len(cells), np.nan) if values is None else values, facts)


def _fit_values(values: np.ndarray | None) -> Facts:
    """Of numbers ``[row]``, NaN where missing; of None where all are."""
    if values is None:
        return {"median": 0.0, "missing": True}
    return {"median": float(np.nanmedian(values)), "missing": bool(np.isnan(values).any())}


def _code_values(values: np.ndarray, facts: Facts) -> np.ndarray:
    gone = ~np.isfinite(values)
    found = np.where(gone, facts["median"], values)
    return np.stack([found, gone], 1) if facts["missing"] else found[:, None]


def _fit_date(cells: Cells) -> Facts:
    return _fit_values(days_of(cells))


def _code_date(cells: Cells, facts: Facts) -> np.ndarray:
    days = days_of(cells)
    return _code_values(np.full(len(cells), np.nan) if days is None else days, facts)


def days_of(cells: Cells) -> np.ndarray | None:
    """Days since 1970-01-01 ``[row]``, NaN where missing; None where a cell is no date of ISO's form (``2004-03-10T12:30``)."""
    found = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        if cell is None:
            continue
        try:
            moment = datetime.fromisoformat(cell) if "-" in cell else None
        except ValueError:
            return None
        if moment is None:
            return None
        found[i] = (moment.replace(tzinfo=UTC) - EPOCH) / timedelta(days=1)
    return found if np.isfinite(found).any() else None


def _fit_category(cells: Cells) -> Facts:
    counts = Counter(cell or "" for cell in cells)
    kept = [level for level, count in counts.most_common(MOST_LEVELS) if count >= RARE]
    return {"levels": sorted(kept)}


def _code_category(cells: Cells, facts: Facts) -> np.ndarray:
    place = {level: i for i, level in enumerate(facts["levels"])}
    rows = np.array([place.get(cell or "", len(place)) for cell in cells], int)
    return np.eye(len(place) + 1)[rows]


def _words(cell: str | None) -> list[str]:
    return re.findall(r"[^\s,;|]+", cell or "")


def _fit_words(cells: Cells) -> Facts:
    counts = Counter(word for cell in cells for word in set(_words(cell)))
    return {"levels": sorted(word for word, count in counts.items() if count >= RARE)}


def _code_words(cells: Cells, facts: Facts) -> np.ndarray:
    place = {level: i for i, level in enumerate(facts["levels"])}
    found = np.zeros((len(cells), len(place) + 1))
    for row, cell in zip(found, cells, strict=True):
        for word in _words(cell):
            row[place.get(word, len(place))] = 1
    return found


def _fit_formula(cells: Cells) -> Facts:
    counts = Counter(name for cell in cells if cell is not None for name in composition_features(cell))
    return {"names": sorted(name for name, count in counts.items() if count >= RARE)}


def _code_formula(cells: Cells, facts: Facts) -> np.ndarray:
    found = np.zeros((len(cells), len(facts["names"])))
    for row, cell in zip(found, cells, strict=True):
        if cell is not None:
            values = composition_features(cell)
            row[:] = [values.get(name, 0.0) for name in facts["names"]]
    return found


def _code_smiles(cells: Cells, facts: Facts) -> np.ndarray:
    nothing = np.zeros(len(DESCRIPTORS) + BINS)
    return np.stack([molecule_features(cell) if cell is not None else nothing for cell in cells])


def _code_sequence(cells: Cells, facts: Facts) -> np.ndarray:
    """Residues at the first and the last ``ENDS`` places (an unknown one is none), counts of each, length."""
    places = {letter: i for i, letter in enumerate(AMINO_ACIDS)}
    found = np.zeros((len(cells), 2 * ENDS + 1, len(AMINO_ACIDS)))
    length = np.zeros((len(cells), 1))
    for i, cell in enumerate(cells):
        word = cell.strip().upper() if cell is not None else ""
        if not word.isalpha() and word:
            raise InputError(
                "a cell is no sequence of amino acids", got=repr(cell), expected="letters such as SIINFEKL",
                fix="mend or empty that cell, or name another column by --option sequence=",
            )  # fmt: skip
        length[i] = len(word)
        for j, letter in enumerate(word):
            if letter in places:
                found[i, 2 * ENDS, places[letter]] += 1
                if j < ENDS:
                    found[i, j, places[letter]] = 1
                if j >= len(word) - ENDS:
                    found[i, ENDS + j - (len(word) - ENDS), places[letter]] = 1
    return np.concatenate([length, found.reshape(len(cells), -1)], axis=1)


def _sequence_names(facts: Facts) -> list[str]:
    places = [
        *(f"place {i + 1}" for i in range(ENDS)),
        *(f"place {i - ENDS}" for i in range(ENDS)),
        "count of",
    ]
    return ["length", *(f"{place} {letter}" for place in places for letter in AMINO_ACIDS)]


def _number_names(facts: Facts) -> list[str]:
    return ["", "missing"] if facts["missing"] else [""]


COLUMN_KINDS.register("number")(
    ColumnKind(
        "missing values: the median, and a column that says so", _fit_number, _number_names, _code_number
    )
)
COLUMN_KINDS.register("date")(
    ColumnKind("ISO dates, as days since 1970", _fit_date, _number_names, _code_date)
)
COLUMN_KINDS.register("category")(
    ColumnKind(
        f"one 0/1 column for each level; those with fewer than {RARE} rows, and all beyond {MOST_LEVELS}, in one",
        _fit_category,
        lambda facts: [*(f"is {level or 'missing'}" for level in facts["levels"]), "is another"],
        _code_category,
    )
)
COLUMN_KINDS.register("words")(
    ColumnKind(
        "a set of words between spaces or commas: one 0/1 column for each",
        _fit_words,
        lambda facts: [*(f"has {word}" for word in facts["levels"]), "has another"],
        _code_words,
    )
)
COLUMN_KINDS.register("formula")(
    ColumnKind(
        "a chemical formula: shares of the elements, statistics of four of their properties",
        _fit_formula,
        lambda facts: facts["names"],
        _code_formula,
    )
)
COLUMN_KINDS.register("smiles")(
    ColumnKind(
        "a molecule: counts of atoms, bonds, rings; hashed atom environments",
        lambda cells: {},
        lambda facts: [*DESCRIPTORS, *(f"environment {i}" for i in range(BINS))],
        _code_smiles,
    )
)
COLUMN_KINDS.register("sequence")(
    ColumnKind(
        f"amino acids: the first and last {ENDS} one by one, counts, length",
        lambda cells: {},
        _sequence_names,
        _code_sequence,
    )
)
