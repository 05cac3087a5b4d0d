"""Tables of text: a CSV or TSV file, packed or not, or one in a folder or tar, as columns of words; NaN where a cell is missing."""

from __future__ import annotations

import csv
import gzip
import io
import re
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError, unknown_name
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard

ARCHIVES = (".tar.gz", ".tgz", ".tar")
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
SEPARATORS = (",", ";", "\t")
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-")
"""Cells that hold no value, besides those that the user names."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as it stands in a file.

    Attributes
    ----------
    frame
        Columns of words; NaN where a cell is missing. Columns without a name and rows that are wholly empty are left out.
    card
        What can be said of the user's own file.
    """

    frame: pd.DataFrame
    card: DataCard


def read_table(path: Path, *, member: str = "", missing: tuple[str, ...] = ()) -> RawTable:
    """The table in a file.

    Parameters
    ----------
    path
        A ``.csv`` or ``.tsv`` file (``.gz`` too), separated by comma, semicolon or tab, with names in its first line; or a folder
        or tar with such files.
    member
        Which file of a folder or tar, by its path or its last part; needed where there are several.
    missing
        Cells that mean "not measured", besides ``MISSING``; numbers are compared as numbers ("-200" is "-200.0").

    Raises
    ------
    InputError
        No such file, nothing that can be read, no names of columns, two columns of one name, lines of different lengths.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", got=str(path), fix="mend --data")
    name, content = _content(path, member)
    frame = _parse(name, content)
    numbers = [float(word) for word in missing if _is_number(word)]
    for column in frame:
        words = frame[column].str.strip()
        gone = words.isin([*MISSING, *missing])
        if numbers:
            gone |= np.isin(pd.to_numeric(words, errors="coerce"), numbers)
        frame[column] = words.mask(gone)
    empty = [c for c in frame if str(c).startswith("Unnamed: ") and frame[c].isna().all()]
    frame = frame.drop(columns=empty).dropna(how="all").reset_index(drop=True)
    if not len(frame):
        raise InputError("the table has no rows", got=name, expected="a line for each example")
    return RawTable(frame, _card(path, name))


def numbers_in(values: pd.Series) -> np.ndarray | None:
    """A column as float64 ``[row]``, NaN where missing; None where a word is no finite number or nothing is there."""
    there = values.dropna()
    read = pd.to_numeric(there, errors="coerce").to_numpy(np.float64)
    if not len(there) or not np.isfinite(read).all():
        return None
    found = np.full(len(values), np.nan)
    found[values.notna().to_numpy()] = read
    return found


def column_named(frame: pd.DataFrame, name: str, option: str) -> str:
    """``name`` where the table has it; else the error that lists what there is."""
    if name not in frame:
        error = unknown_name("column", name, list(map(str, frame.columns)))
        error.add_note(f"It was asked for by --option {option}=…")
        raise error
    return name


def _content(path: Path, member: str) -> tuple[str, bytes]:
    try:
        if path.is_dir():
            files = {str(f.relative_to(path)): f for f in sorted(path.rglob("*")) if _is_table(f.name)}
            name = _chosen(list(files), member, path)
            return name, _unpacked(name, files[name].read_bytes())
        if path.name.endswith(ARCHIVES):
            with tarfile.open(path) as archive:
                names = [entry.name for entry in archive if entry.isfile() and _is_table(entry.name)]
                name = _chosen(names, member, path)
                stream = archive.extractfile(name)
                return name, _unpacked(name, stream.read() if stream else b"")
        if member:
            raise InputError("a single file has no members", got=f"member={member}", fix="leave it out")
        return path.name, _unpacked(path.name, path.read_bytes())
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError("the file cannot be read", got=f"{path}: {error}", fix="fetch it again") from None


def _is_table(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _chosen(names: list[str], member: str, path: Path) -> str:
    matching = [n for n in names if member in (n, PurePosixPath(n).name)] if member else names
    if len(matching) == 1:
        return matching[0]
    raise InputError(
        "there is no such table in it" if names and not matching else "which table is meant is not clear",
        got=f"{path}: {', '.join(names) or 'no .csv or .tsv files'}"
        + (f"; member={member}" if member else ""),
        expected="one table",
        fix="--option member=FILE",
    )


def _unpacked(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.lower().endswith(".gz") else content


def _parse(name: str, content: bytes) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the table is not UTF-8 text", got=f"{name}: {error}", fix="save it as UTF-8"
        ) from None
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    header = [cell.strip() for cell in next(csv.reader([first], delimiter=separator), [])]
    named = [cell for cell in header if cell]
    if not named or all(map(_is_number, named)):
        raise InputError(
            "the first line holds no names of columns",
            got=f"{name}: {first[:80]!r}",
            fix="add a line of names",
        )
    if twice := sorted({cell for cell in named if named.count(cell) > 1}):
        raise InputError("two columns have one name", got=", ".join(twice), fix="rename one of them")
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False,
                            on_bad_lines="error")  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError("the table cannot be read", got=f"{name}: {error}", fix="mend that line") from None
    frame.columns = [str(column).strip() for column in frame.columns]
    return frame.apply(_with_points) if separator != "," else frame


def _with_points(values: pd.Series) -> pd.Series:
    """Decimal commas become points where every cell of the column that has a comma is such a number."""
    commas = values[values.str.contains(",", regex=False, na=False)].str.strip()
    if len(commas) and commas.str.fullmatch(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?").all():
        return values.str.replace(",", ".", regex=False)
    return values


def _is_number(word: str) -> bool:
    return re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", word.strip()) is not None


def _card(path: Path, name: str) -> DataCard:
    return DataCard(
        name=PurePosixPath(name).name.partition(".")[0],
        title=PurePosixPath(name).name,
        source=f"the user's file {path}",
        version="",
        licence="not stated in the file: as its publisher says",
        citation="as its publisher says",
        url="",
        sha256="" if path.is_dir() else sha256_of(path),
    )
