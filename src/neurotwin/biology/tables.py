"""The two tables of a connectome: their columns, and the checks that make them fit to use."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError, unknown_name

KINDS = ("chemical", "electrical", "monoamine", "peptide")
"""Kinds of synapse, in the order in which tables are sorted."""

TYPES = ("sensory", "inter", "motor", "pharynx", "unknown")
"""Types of neuron."""

SYNAPSE_COLUMNS = ("pre", "post", "kind", "weight", "sign", "sign_rule", "delay_ms")
_REQUIRED = ("pre", "post", "kind", "weight")


def column(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column as an array of objects: text stays text whatever pandas calls it."""
    return np.asarray(table[name], dtype=object)


def rows(table: pd.DataFrame, chosen: np.ndarray) -> pd.DataFrame:
    """Rows by bool mask or by position, numbered anew."""
    positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    return cast(pd.DataFrame, table.take(positions)).reset_index(drop=True)


def check_kind(kind: object) -> None:
    """``UnknownName`` where ``kind`` is none of :data:`KINDS`."""
    if kind not in KINDS:
        raise unknown_name("kind of synapse", kind, list(KINDS))


def checked_neurons(table: pd.DataFrame) -> pd.DataFrame:
    """A copy with every expected column; ``InputError`` for names that cannot be used."""
    if "name" not in table.columns:
        raise InputError("the neuron table has no names", got=list(table.columns), expected="a column 'name'")
    table = table.copy().reset_index(drop=True)
    names = column(table, "name")
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not name:
            raise InputError(
                "a neuron's name is not a text", got=repr(name), expected="text that is not empty"
            )
        if name in seen:
            raise InputError("two neurons share one name", got=name, fix="rename one")
        seen.add(name)
    defaults = {"name": "", "cell_class": "", "type": "unknown", "transmitter": "", "side": ""}
    for title, default in defaults.items():
        if title not in table.columns:
            table[title] = names if title == "cell_class" else default
        values = column(table, title)
        table[title] = pd.Series(np.where(pd.isna(values), default, values), dtype=object).astype(str)
    for kind in dict.fromkeys(column(table, "type")):
        if kind not in TYPES:
            raise unknown_name("type of neuron", kind, list(TYPES))
    return table


def checked_synapses(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """A copy with every column, checked, sorted by (kind, post, pre) in the order of ``names``."""
    missing = [title for title in _REQUIRED if title not in table.columns]
    if missing:
        got = list(table.columns)
        raise InputError(f"the synapse table lacks {missing}", got=got, expected=list(SYNAPSE_COLUMNS))
    for title in table.columns:
        if title not in SYNAPSE_COLUMNS:
            raise unknown_name("synapse column", title, list(SYNAPSE_COLUMNS))
    table = table.copy().reset_index(drop=True)
    for title, default in (("sign", 0), ("sign_rule", ""), ("delay_ms", 0.0)):
        if title not in table.columns:
            table[title] = default
    index = {name: position for position, name in enumerate(names)}
    for title in ("pre", "post"):
        for name in dict.fromkeys(column(table, title)):
            if name not in index:
                raise unknown_name("neuron in the synapse table", name, list(names))
    for kind in dict.fromkeys(column(table, "kind")):
        check_kind(kind)
    _check_numbers(table)
    table = table.astype({"weight": np.float64, "sign": np.int8, "delay_ms": np.float64})
    for title in ("pre", "post", "kind", "sign_rule"):
        table[title] = pd.Series(column(table, title), dtype=object).astype(str)
    pre, post, kind = (column(table, title) for title in ("pre", "post", "kind"))
    rank = np.array([KINDS.index(name) for name in kind], dtype=int)
    keys = np.array([(index[a], index[b]) for a, b in zip(pre, post, strict=True)], dtype=int).reshape(-1, 2)
    order = np.lexsort((keys[:, 0], keys[:, 1], rank))
    whole = np.column_stack((rank, keys))[order]
    doubled = np.flatnonzero((whole[1:] == whole[:-1]).all(axis=1))
    if len(doubled):
        row = order[doubled[0]]
        fix = "add up the weights so that one row is left per (pre, post, kind)"
        raise InputError(
            "a synapse stands twice in the table", got=f"{pre[row]} → {post[row]}, {kind[row]}", fix=fix
        )
    _check_electrical(table)
    return rows(cast(pd.DataFrame, table[list(SYNAPSE_COLUMNS)]), order)


def _check_numbers(table: pd.DataFrame) -> None:
    rules = (
        ("weight", "a finite number > 0 (contacts)", lambda x: np.isfinite(x) & (x > 0)),
        ("sign", "+1, −1, or 0 where it is free", lambda x: np.isin(x, (-1, 0, 1))),
        ("delay_ms", "a finite number ≥ 0 (milliseconds)", lambda x: np.isfinite(x) & (x >= 0)),
    )
    for title, expected, holds in rules:
        given = column(table, title)
        numbers = np.asarray(pd.to_numeric(pd.Series(given), errors="coerce"), dtype=np.float64)
        wrong = np.flatnonzero(~holds(numbers))
        if len(wrong):
            pre, post, kind = (column(table, name)[wrong[0]] for name in ("pre", "post", "kind"))
            got = f"{given[wrong[0]]} at {pre} → {post}, {kind}"
            raise InputError(f"a synapse's {title} cannot be used", got=got, expected=expected)


def _check_electrical(table: pd.DataFrame) -> None:
    junctions = rows(table, column(table, "kind") == "electrical")
    pairs = zip(column(junctions, "pre"), column(junctions, "post"), strict=True)
    weight = dict(zip(pairs, column(junctions, "weight"), strict=True))
    for (pre, post), there in weight.items():
        if pre == post:
            fix = "leave it out: no current flows between a cell and itself"
            raise InputError("a gap junction joins a neuron to itself", got=pre, fix=fix)
        back = weight.get((post, pre))
        if back != there:
            got = (
                f"{pre} → {post} {there:g}, {post} → {pre} {'missing' if back is None else format(back, 'g')}"
            )
            fix = "give both directions with one weight"
            raise InputError("an electrical synapse is not symmetric", got=got, fix=fix)
