"""Multivariate time series as a task's data: windows of the past with a value ahead, split into blocks of time."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.biology import load
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.archives import names_in
from neurotwin.tasks.readers.labelled_series import holds_records, read_records
from neurotwin.tasks.readers.recordings import FILE, holds_recordings, read_recordings
from neurotwin.tasks.readers.tables import Cells, Table, names_of, numbers_in, read_table

SHARES = (0.7, 0.85)
"""Where in time training and validation end."""
WINDOW = 24
OPTIONS = {
    "target": "column that is to be forecast; needed with --data, but for .ts files",
    "horizon": "so many rows ahead; 1 by default",
    "window": f"so many rows of the past are seen; {WINDOW} by default",
    "season": "rows a period (24 of an hourly series): its phase is an input, and the value a period before a baseline",
    "block": "rows that intervals draw together; window + horizon by default",
    "time": "columns that tell the time (A,B are joined): their order is checked",
    "series": "column that tells several series in one table apart",
    "columns": "inputs, A,B,…; all numeric columns by default",
    "drop": "columns that are no inputs, A,B,…",
    "returns": "columns that become log ratios to the row before (prices)",
    "missing": "cells that mean not measured, such as -200",
    "member": "which file of a folder or tar",
    "array": "which array of .mat files",
}
"""Name of each option of the reader → what it is."""
SAMPLE_TARGET, SAMPLE_HORIZON = "AVAL", "5"


@dataclass(frozen=True, eq=False)
class _One:
    """One series: channels ``[row, channel]`` with NaN where missing, and the target ``[row]``."""

    x: np.ndarray
    y: np.ndarray


def read_series(path: Path | None, allow_leaks: bool = False, **options: str) -> TaskData:
    """Windows ``[example, row, channel]``, standardised, each with the target ``horizon`` rows after it; or records with classes.

    A missing value is the last one before it, with a channel that says so; what is missing from the beginning is the mean. Mean and
    deviation are those of the training rows.

    Parameters
    ----------
    path
        None: a worm's neurons, which come with the package. See :func:`read_table`; or ``.ts`` files (:func:`read_records`), or
        recordings (:func:`read_recordings`), each a series of its own.
    allow_leaks
        See :class:`TaskData`.
    options
        By the names in ``OPTIONS``.

    Returns
    -------
    TaskData
        ``facts`` of a forecast: ``target``, ``horizon``, ``season`` (0 for none), ``channels`` (names), ``channel`` (the target's
        number among them), ``mean`` and ``sd`` of the target in training, ``known``: the target's scale in the windows.

    Raises
    ------
    InputError
        What cannot be read, a column that does not exist, rows out of order, a series too short.
    """
    files = names_in(path) if path is not None and path.exists() else []
    if path is not None and holds_records(files):
        return read_records(path, allow_leaks, options)
    if path is None:
        table, options = _sample(options)
    elif holds_recordings(files):
        _refuse(options, "missing", "recordings mark by NaN what is missing")
        table = read_recordings(path, member=options.get("member", ""), array=options.get("array", ""))
        options = {"series": FILE, **options}
    else:
        _refuse(options, "array", "a table has no arrays")
        missing = tuple(names_of(options.get("missing", "")))
        table = read_table(path, member=options.get("member", ""), missing=missing)
    whole = {name: _whole(options, name, value) for name, value in _DEFAULTS.items()}
    window, horizon, season = whole["window"], whole["horizon"], whole["season"]
    if season and back(season, horizon) > window:
        raise InputError(
            "the window does not reach back one season", got=f"window {window}, season {season}, horizon {horizon}",
            expected=f"a window of {back(season, horizon)} rows or more", fix=f"--option window={back(season, horizon)}",
        )  # fmt: skip
    lists = {name: names_of(options.get(name, "")) for name in ("time", "columns", "drop", "returns")}
    for name, columns in lists.items():
        for column in columns:
            table.named(column, name)
    if "target" not in options:
        raise InputError(
            "which column is to be forecast is not said", got="no target", expected=", ".join(table.columns),
            fix="--option target=COLUMN",
        )  # fmt: skip
    target = table.named(options["target"], "target")
    parts = _parts(table, options.get("series", ""))
    notes = _check_time(table, lists["time"], parts)
    names, left = _channels(table, target, lists, options.get("series", ""))
    if left:
        notes.append(f"Left out, since they are no numbers or do not vary: {', '.join(left)}.")
    series = [_one(table.take(rows), names, target, lists["returns"]) for rows in parts]
    return _assemble(table, series, names, target, whole, tuple(notes), allow_leaks)


def _refuse(options: dict[str, str], name: str, why: str) -> None:
    if name in options:
        raise InputError(why, got=f"{name}={options[name]}", fix=f"leave {name}= out")


def back(season: int, horizon: int) -> int:
    """How many rows from the end of a window the value stands that is whole seasons before the target, 1 for the last row."""
    return season * -(-horizon // season) - horizon + 1


_DEFAULTS = {"window": WINDOW, "horizon": 1, "season": 0, "block": 0}


def _sample(options: dict[str, str]) -> tuple[Table, dict[str, str]]:
    for name in ("time", "series", "member", "array", "missing", "returns"):
        if name in options:
            raise InputError(
                f"the sample takes no option {name}", got=options[name], fix="name a file by --data"
            )
    biology = load("worm")
    recording = biology.recordings[0]
    columns = {
        name: values.astype(str).astype(object)
        for name, values in zip(recording.names, np.asarray(recording.activity).T, strict=True)
        if np.isfinite(values).all()
    }
    card = next(card for card in biology.cards if card.name == "dag2023")
    drift = "The level of many neurons drifts over the recording: what learns levels does worse than the last value."
    card = replace(card, caveats=(*card.caveats, drift))
    return Table(columns, card), {"target": SAMPLE_TARGET, "horizon": SAMPLE_HORIZON, **options}


def _whole(options: dict[str, str], name: str, default: int) -> int:
    word = options.get(name, str(default))
    least = 0 if name in ("season", "block") else 1
    if not word.isdigit() or int(word) < least:
        raise InputError(
            f"{name} cannot be used",
            got=word,
            expected=f"a whole number >= {least}",
            fix=f"--option {name}=24",
        )
    return int(word)


def _parts(table: Table, name: str) -> list[np.ndarray]:
    """Rows of each series, in the order of the file."""
    if not name:
        return [np.arange(len(table))]
    cells = np.array([cell or "" for cell in table[table.named(name, "series")]])
    return [np.flatnonzero(cells == value) for value in dict.fromkeys(cells.tolist())]


def _check_time(table: Table, names: list[str], parts: list[np.ndarray]) -> list[str]:
    if not names:
        return ["Rows are taken in the order of the file, as equally far apart."]
    words = [
        " ".join(cell or "" for cell in row) for row in zip(*(table[name] for name in names), strict=True)
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            moments = pd.to_datetime(pd.Series(words)).to_numpy()
    except (ValueError, TypeError) as error:
        raise InputError(
            "a time cannot be read",
            got=str(error)[:120],
            expected="such as 2004-03-10 18:00",
            fix="mend it, or leave time= out",
        ) from None
    steps = []
    for rows in parts:
        before, after = moments[rows][:-1], moments[rows][1:]
        if not (after > before).all():
            late = int(rows[int(np.argmin(after > before)) + 1])
            raise InputError(
                "the rows are not in the order of time", got=f"row {late + 1}: {words[late]}",
                expected="each later than the one before",
                fix="sort the rows, or name the column that tells series apart by --option series=",
            )  # fmt: skip
        steps.append(after - before)
    every = np.concatenate(steps)
    usual, count = max(zip(*np.unique(every, return_counts=True), strict=True), key=lambda pair: pair[1])
    hours = usual / np.timedelta64(1, "h")
    return [
        f"{count / len(every):.1%} of the steps from row to row are {hours:g} h; rows are taken as equally far apart."
    ]


def _channels(
    table: Table, target: str, lists: dict[str, list[str]], series: str
) -> tuple[list[str], list[str]]:
    """Names of the numeric columns that are used, the target's among them; and of those that cannot be."""
    asked = [*lists["columns"], target] if lists["columns"] else list(table.columns)
    asked = [name for name in dict.fromkeys(asked) if name not in {*lists["drop"], *lists["time"], series}]
    if target not in asked:
        raise InputError("the target's own past is not among the inputs", got=target, fix="do not drop it")
    kept = [name for name in asked if _varies(table[name])]
    if target not in kept:
        raise InputError("the target is no number, or does not vary", got=target, expected="numbers")
    return kept, [name for name in asked if name not in kept]


def _varies(cells: Cells) -> bool:
    values = numbers_in(cells)
    return values is not None and bool(np.nanstd(values) > 0)


def _one(table: Table, names: list[str], target: str, returns: list[str]) -> _One:
    columns = []
    for name in names:
        values = np.asarray(numbers_in(table[name]) if len(table) else np.zeros(0))
        if values.ndim == 0:
            values = np.full(len(table), np.nan)
        if name in returns:
            if (values <= 0).any():
                raise InputError(
                    "a price is not above 0",
                    got=f"{name}: {np.nanmin(values)}",
                    fix="leave it out of returns=",
                )
            values = np.concatenate([[np.nan], np.diff(np.log(values))])
        columns.append(values)
    x = np.stack(columns, 1)
    return _One(x, x[:, names.index(target)])


def _assemble(
    table: Table,
    series: list[_One],
    names: list[str],
    target: str,
    whole: dict[str, int],
    notes: tuple[str, ...],
    allow_leaks: bool,
) -> TaskData:
    window, horizon, season = whole["window"], whole["horizon"], whole["season"]
    block = whole["block"] or window + horizon
    ends = [[int(share * len(one.y)) for share in SHARES] for one in series]
    training = np.concatenate([one.x[: end[0]] for one, end in zip(series, ends, strict=True)])
    gaps = np.flatnonzero(np.isnan(np.concatenate([one.x for one in series])).any(0))
    with np.errstate(invalid="ignore"):
        mean, sd = np.nanmean(training, 0), np.nanstd(training, 0)
    flat = ~(sd > 0)
    if flat.any():
        raise InputError(
            "a column does not vary over the training rows",
            got=", ".join(np.array(names)[flat]),
            fix="--option drop=",
        )
    found: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {
        "train": [],
        "validation": [],
        "test": [],
    }
    for one, end in zip(series, ends, strict=True):
        channels = _filled((one.x - mean) / sd, gaps, season)
        edges = {"train": (0, end[0]), "validation": (end[0], end[1]), "test": (end[1], len(one.y))}
        for part, (start, stop) in edges.items():
            # a window and its target lie wholly within their part: nothing is on two sides
            at = np.arange(start + window + horizon - 1, stop)
            at = at[np.isfinite(one.y[at])] if len(at) else at
            if len(at):
                past = np.lib.stride_tricks.sliding_window_view(channels, window, axis=0)
                x = past[at - horizon - window + 1].swapaxes(1, 2).astype(np.float32)
                found[part].append((x, one.y[at], at // block))
    for part, pieces in found.items():
        if not pieces:
            raise InputError(
                f"the series is too short: no window fits into its {part} part",
                got=f"{len(table)} rows, window {window}, horizon {horizon}",
                expected="parts longer than window and horizon", fix="shorten the window",
            )  # fmt: skip
    parts = {
        part: Examples(
            np.concatenate([piece[0] for piece in pieces]),
            np.concatenate([piece[1] for piece in pieces]),
            np.array([f"{part} block {i}" for i in np.concatenate([piece[2] for piece in pieces])]),
        )
        for part, pieces in found.items()
    }
    y = np.asarray(parts["train"].y)
    channel = names.index(target)
    facts = {
        "target": target, "horizon": horizon, "season": season, "channel": channel, "window": window,
        "channels": [*names, *(f"{names[i]} missing" for i in gaps), *(("phase sine", "phase cosine") if season else ())],
        "mean": float(y.mean()), "sd": float(y.std()), "known": (float(mean[channel]), float(sd[channel])),
        "block": block,
    }  # fmt: skip
    done = (
        f"Target: {target}, {horizon} rows ahead, from {window} rows of {len(facts['channels'])} channels.",
        f"Channels: {', '.join(facts['channels'])}.",
        *notes,
    )
    count = f" of each of {len(series)} series" if len(series) > 1 else ""
    return TaskData(
        parts["train"],
        parts["validation"],
        parts["test"],
        split=(
            f"in blocks of time: the first {SHARES[0]:.0%} of the rows{count} for training, up to {SHARES[1]:.0%} for validation, "
            "the rest for test; a window and its target lie wholly within their part. Intervals draw blocks of "
            f"{block} rows"
        ),
        cards=(replace(table.card, processing=(*table.card.processing, *done)),),
        allow_leaks=allow_leaks,
        facts=facts,
    )


def _filled(x: np.ndarray, gaps: np.ndarray, season: int) -> np.ndarray:
    """Standardised channels ``[row, channel]`` without NaN; then a channel for each with gaps; then the phase."""
    missing = np.isnan(x)
    last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(x))[:, None]), axis=0)
    filled = np.where(last >= 0, np.take_along_axis(x, np.maximum(last, 0), 0), 0.0)
    parts = [filled, missing[:, gaps].astype(float)]
    if season:
        angle = 2 * np.pi * np.arange(len(x)) / season
        parts.append(np.stack([np.sin(angle), np.cos(angle)], 1))
    return np.concatenate(parts, axis=1)
