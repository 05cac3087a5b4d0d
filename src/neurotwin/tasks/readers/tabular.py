"""A table with a target column as a task's data: which columns are inputs and of which kind, what is held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.columns import days_of
from neurotwin.tasks.readers.table_code import TableCode
from neurotwin.tasks.readers.table_samples import SAMPLES, sample_table
from neurotwin.tasks.readers.tables import NAMELESS, Cells, Table, names_of, numbers_in, read_table, there
from neurotwin.tasks.split import hold_out

SPLIT_SEED = 0
"""Of every split and draw of rows that is made here, so that all runs share a test part."""
VALIDATION, TEST = 0.15, 0.2
"""Shares of the rows (of the groups, where a group is named) that are held out: first for test, then of the rest for validation."""
MOST_CLASSES = 10
"""A target of whole numbers with no more different values than this is taken for classes, unless the user says otherwise."""
FREE_TEXT = 0.5
"""A text column of which more than this share of the cells differ tells rows apart and is no category."""
TYPED = ("formula", "smiles", "sequence", "words", "category")
OBJECTS = ("formula", "smiles", "sequence")
"""Kinds that say which thing a row is about: the same thing may not be on both sides of the split."""
REGRESSION, CLASSIFICATION = "regression", "classification"

OPTIONS = {
    "target": "column that is to be told; needed with --data",
    "kind": "regression or classification; found out from the target",
    "group": "column (or several, A,B) of which no value may be on both sides of the split",
    "columns": "inputs, A,B,…; all other columns by default",
    "drop": "columns that are no inputs, A,B,…",
    "formula": "columns of chemical formulas",
    "smiles": "columns of molecules in SMILES",
    "sequence": "columns of peptides in one-letter code",
    "words": "columns of sets of words",
    "category": "columns of categories, though their values are numbers",
    "missing": "cells that mean not measured, such as -200",
    "member": "which file of a folder or tar",
    "rows": "take only so many rows, drawn always in the same way",
    "sample": f"without --data: {' or '.join(SAMPLES)}",
}
"""Name of each option of the reader → what it is."""


def read_tabular(path: Path | None, allow_leaks: bool = False, **options: str) -> TaskData:
    """Rows as standardised features ``[row, feature]``, with a number or a class for each.

    Parameters
    ----------
    path
        See :func:`read_table`; None: a sample of scikit-learn's.
    allow_leaks
        See :class:`TaskData`.
    options
        By the names in ``OPTIONS``.

    Returns
    -------
    TaskData
        ``facts``: ``target``, ``kind``, ``code`` (:meth:`TableCode.to_dict`), ``features``, their names, and for regression
        ``mean`` and ``sd`` of the training targets.

    Raises
    ------
    InputError
        What cannot be read; a column or an option that does not exist; a target that cannot be learned.
    """
    lists = {name: names_of(options.get(name, "")) for name in ("group", "columns", "drop", *TYPED)}
    if path is None:
        for name in options:
            if name != "sample":
                raise InputError(
                    f"the sample takes no option {name}",
                    got=f"{name}={options[name]}",
                    fix="name a file by --data",
                )
        raw, target = sample_table(options.get("sample", SAMPLES[0]))
    else:
        if "sample" in options:
            raise InputError(
                "sample and --data exclude each other", got=options["sample"], fix="leave one out"
            )
        raw = read_table(
            path, member=options.get("member", ""), missing=tuple(names_of(options.get("missing", "")))
        )
        target = _target(raw, options.get("target", ""))
    notes = []
    for name, columns in lists.items():
        for column in columns:
            raw.named(column, name)
    told = there(raw[target])
    if not told.all():
        notes.append(f"{(~told).sum():,} rows without a value of {target} were left out")
        raw = raw.take(told)
    if "rows" in options:
        raw, note = _fewer(raw, options["rows"])
        notes.append(note)
    kind = _kind(raw[target], options.get("kind", ""))
    kinds, said = _kinds_of_columns(raw, target, lists)
    return _assemble(raw, target, kind, kinds, lists["group"], (*notes, *said), allow_leaks)


def _target(table: Table, name: str) -> str:
    if not name:
        raise InputError(
            "which column is to be told is not said",
            got="no target",
            expected=", ".join(table.columns),
            fix="--option target=COLUMN",
        )
    return table.named(name, "target")


def _fewer(table: Table, word: str) -> tuple[Table, str]:
    if not word.isdigit() or int(word) < 20:
        raise InputError("the number of rows cannot be used", got=word, expected="a whole number >= 20")
    if int(word) >= len(table):
        return table, f"all {len(table):,} rows are used"
    rows = np.sort(np.random.default_rng(SPLIT_SEED).choice(len(table), int(word), replace=False))
    return table.take(rows), f"{int(word):,} of {len(table):,} rows were drawn"


def _kind(cells: Cells, asked: str) -> str:
    """Regression or classification: what was asked for, or what the target looks like."""
    if asked not in ("", REGRESSION, CLASSIFICATION):
        raise unknown_name("kind of task", asked, [REGRESSION, CLASSIFICATION])
    values = numbers_in(cells)
    if asked == REGRESSION and values is None:
        raise InputError(
            "the target of a regression is no number",
            got=", ".join(sorted(set(cells))[:5]),
            fix="--option kind=classification",
        )
    if asked:
        return asked
    if values is None:
        return CLASSIFICATION
    different = np.unique(values)
    whole = bool((different == np.round(different)).all())
    return CLASSIFICATION if whole and len(different) <= MOST_CLASSES else REGRESSION


def _kinds_of_columns(
    table: Table, target: str, lists: dict[str, list[str]]
) -> tuple[dict[str, str], list[str]]:
    """Input column → kind, and sentences on what was left out."""
    said: dict[str, str] = {}
    for kind in TYPED:
        for column in lists[kind]:
            if column in said:
                raise InputError(
                    "a column has two kinds", got=f"{column}: {said[column]} and {kind}", fix="name it once"
                )
            said[column] = kind
    chosen = [*lists["columns"], *(column for column in said if column not in lists["columns"])]
    if not lists["columns"]:
        left = {target, *lists["drop"], *(c for c in lists["group"] if c not in said)}
        chosen = [column for column in table.columns if column not in left]
    if target in chosen:
        raise InputError("the target is among the inputs", got=target, fix="leave it out of the inputs")
    kinds, notes = {}, []
    for column in chosen:
        kind, why = (said[column], "") if column in said else _guess(table[column], column)
        if kind:
            kinds[column] = kind
        if why:
            notes.append(f"{column}: {why}")
    if lists["drop"]:
        notes.append(f"left out as asked: {', '.join(lists['drop'])}")
    if not kinds:
        raise InputError(
            "no column is left as an input",
            got="; ".join(notes) or "none",
            fix="name some by --option columns=",
        )
    return kinds, notes


def _guess(cells: Cells, name: str) -> tuple[str, str]:
    """The kind of a column ("" to leave it out) and why, where that is worth a word."""
    some = cells[there(cells)]
    different = len(set(some))
    if different <= 1:
        return "", "left out, since it does not vary"
    values = numbers_in(cells)
    if values is not None:
        if name == NAMELESS and np.array_equal(np.sort(values), np.arange(len(values)) + values.min()):
            return "", "left out, since it only numbers the rows"
        return "number", ""
    if days_of(cells) is not None:
        return "date", "dates, taken as days; the split does not heed their order"
    if different > max(MOST_CLASSES, FREE_TEXT * len(some)):
        return "", (
            "left out, since nearly every row has a text of its own (if it is a formula, SMILES, peptide or set of words, "
            "say so by --option formula=, smiles=, sequence= or words=)"
        )
    return "category", ""


def _assemble(
    table: Table,
    target: str,
    kind: str,
    kinds: dict[str, str],
    group: list[str],
    notes: tuple[str, ...],
    allow_leaks: bool,
) -> TaskData:
    answers, classes = _answers(table[target], kind)
    groups = _groups(table, group)
    strata = answers if classes else np.zeros(len(table), int)
    rest, test = hold_out(strata, TEST, groups=groups, seed=SPLIT_SEED)
    stay, held = hold_out(
        strata[rest], VALIDATION, groups=None if groups is None else groups[rest], seed=SPLIT_SEED
    )
    rows = {"train": rest[stay], "validation": rest[held], "test": test}
    code = TableCode.fit(table.take(rows["train"]), kinds)
    x = {part: code(table.take(at)) for part, at in rows.items()}
    split = f"{TEST:.0%} of the {'groups of ' + ', '.join(group) if group else 'rows'} were drawn for the test part and "
    split += f"{VALIDATION:.0%} of the others for validation (always the same ones)"
    if set(kinds.values()) & set(OBJECTS):
        rows, x, dropped = _without_repeats(rows, x)
        split += (
            f"; {dropped} rows whose inputs a held-out row has too were left out of training and validation"
        )
    parts = {
        part: Examples(x[part], answers[at], None if groups is None else groups[at])
        for part, at in rows.items()
    }
    facts = {"target": target, "kind": kind, "code": code.to_dict(), "features": code.names()}
    if not classes:
        facts |= {"mean": float(answers[rows["train"]].mean()), "sd": float(answers[rows["train"]].std())}
        if not facts["sd"] > 0:
            raise InputError("the target does not vary over the training rows", got=target)
    inputs = ", ".join(f"{column} ({one})" for column, one in kinds.items())
    done = (
        f"Target: {target} ({kind}). Inputs: {inputs}: {len(code.kept)} features.",
        *(f"{note}." for note in notes),
    )
    return TaskData(
        parts["train"],
        parts["validation"],
        parts["test"],
        classes=classes,
        split=split,
        cards=(replace(table.card, processing=(*table.card.processing, *done)),),
        allow_leaks=allow_leaks,
        facts=facts,
    )


def _answers(cells: Cells, kind: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers, float64; or class numbers, int32, with the names of the classes."""
    values = numbers_in(cells)
    if kind == REGRESSION:
        return np.asarray(values), ()
    names, numbers = np.unique(cells.astype(str) if values is None else values, return_inverse=True)
    shown = tuple(str(name) if values is None else f"{float(name):g}" for name in names)
    return numbers.astype(np.int32), shown


def _groups(table: Table, names: list[str]) -> np.ndarray | None:
    if not names:
        return None
    return np.array(
        [" | ".join(cell or "" for cell in row) for row in zip(*(table[name] for name in names), strict=True)]
    )


Rows = dict[str, np.ndarray]


def _without_repeats(rows: Rows, x: Rows) -> tuple[Rows, Rows, int]:
    """Without the training and validation rows whose inputs a part that is held out further has, value for value."""
    seen: set[bytes] = set()
    kept_rows, kept_x, dropped = {}, {}, 0
    for part in ("test", "validation", "train"):
        digests = [row.tobytes() for row in x[part]]
        stay = (
            np.array([digest not in seen for digest in digests], bool)
            if seen
            else np.ones(len(digests), bool)
        )
        seen |= set(digests)
        kept_rows[part], kept_x[part] = rows[part][stay], x[part][stay]
        dropped += int((~stay).sum())
    return kept_rows, kept_x, dropped
