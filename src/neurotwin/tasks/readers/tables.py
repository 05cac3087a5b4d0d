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

from neurotwin._base.errors import InputError, unknown_name
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.readers.archives import ARCHIVES
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.plain import utf8_of

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
SEPARATORS = (",", ";", "\t")
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-")
"""Cells that hold no value, besides those that the user names."""
NAMELESS = "column without a name"


Cells = np.ndarray
"""A column as it stands in a file: ``[row]``, words, None where a cell is missing."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length.

    Attributes
    ----------
    columns
        Name → :data:`Cells`.
    card
        Where they come from.
    """

    columns: dict[str, Cells]
    card: DataCard

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Cells:
        return self.columns[name]

    def take(self, rows: np.ndarray) -> Table:
        """The rows at whole numbers ``[any]``, or those that are true."""
        return Table({name: cells[rows] for name, cells in self.columns.items()}, self.card)

    def named(self, name: str, option: str) -> str:
        """``name`` where there is such a column; else the error that lists those there are."""
        if name not in self.columns:
            error = unknown_name("column", name, list(self.columns))
            error.add_note(f"It was asked for by --option {option}=…")
            raise error
        return name


def read_table(path: Path, *, member: str = "", missing: tuple[str, ...] = ()) -> Table:
    """The table in a file; columns without a name and rows are left out where they are wholly empty.

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
    gone = {*MISSING, *missing}
    numbers = [float(word) for word in missing if _is_number(word)]
    columns = {}
    for column, words in _parse(name, content).items():
        cells = np.array([None if word in gone else word for word in words], object)
        if numbers:
            cells[np.isin(_as_numbers(cells), numbers)] = None
        if column or there(cells).any():
            columns[column or NAMELESS] = cells
    table = Table(columns, card_of(path, name))
    some = np.any([there(cells) for cells in columns.values()], axis=0)
    if not some.any():
        raise InputError("the table has no rows", got=name, expected="a line for each example")
    return table.take(some)


def there(cells: Cells) -> np.ndarray:
    """Which cells hold something, bool ``[row]``."""
    return np.array([cell is not None for cell in cells], bool)


def numbers_in(cells: Cells) -> np.ndarray | None:
    """A column as float64 ``[row]``, NaN where missing; None where a word is no finite number or nothing is there."""
    found, some = _as_numbers(cells), there(cells)
    return found if some.any() and np.isfinite(found[some]).all() else None


def _as_numbers(cells: Cells) -> np.ndarray:
    """float64 ``[row]``; NaN for whatever is no number."""
    return np.array([float(cell) if cell is not None and _is_number(cell) else np.nan for cell in cells])


def _content(path: Path, member: str) -> tuple[str, bytes]:
    try:
        if path.is_dir():
            files = {str(f.relative_to(path)): f for f in sorted(path.rglob("*")) if is_table(f.name)}
            name = _chosen(list(files), member, path)
            return name, _unpacked(name, files[name].read_bytes())
        if path.name.endswith(ARCHIVES):
            with tarfile.open(path) as archive:
                names = [entry.name for entry in archive if entry.isfile() and is_table(entry.name)]
                name = _chosen(names, member, path)
                stream = archive.extractfile(name)
                return name, _unpacked(name, stream.read() if stream else b"")
        if member:
            raise InputError("a single file has no members", got=f"member={member}", fix="leave it out")
        return path.name, _unpacked(path.name, path.read_bytes())
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError("the file cannot be read", got=f"{path}: {error}", fix="fetch it again") from None


def is_table(name: str) -> bool:
    """Whether a file is a table, by its name."""
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


def _parse(name: str, content: bytes) -> dict[str, list[str]]:
    """Column → its words; "" for the column without a name."""
    text = utf8_of(content, name)
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=separator, strict=True) if line]
    except csv.Error as error:
        raise InputError("the table cannot be read", got=f"{name}: {error}", fix="mend its quotes") from None
    header = [cell.strip() for cell in lines[0]] if lines else []
    named = [cell for cell in header if cell]
    if not named or all(map(_is_number, named)):
        raise InputError(
            "the first line holds no names of columns",
            got=f"{name}: {first[:80]!r}",
            fix="add a line of names",
        )
    if twice := sorted({cell for cell in named if named.count(cell) > 1}):
        raise InputError("two columns have one name", got=", ".join(twice), fix="rename one of them")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise InputError(
                "a line has another number of cells than the first one", got=f"{name}, row {number}: {len(line)}",
                expected=len(header), fix="mend that line",
            )  # fmt: skip
    columns: dict[str, list[str]] = {}
    for place, column in enumerate(header):
        words = [line[place].strip() for line in lines[1:]]
        # several columns without a name are those that a trailing separator makes
        if column or any(words):
            columns[column] = _with_points(words) if separator != "," else words
    return columns


def _with_points(words: list[str]) -> list[str]:
    """Decimal commas become points where every cell of the column that has a comma is such a number."""
    commas = [word for word in words if "," in word]
    if commas and all(re.fullmatch(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?", word) for word in commas):
        return [word.replace(",", ".") for word in words]
    return words


def names_of(words: str) -> list[str]:
    """Names between commas."""
    return [word.strip() for word in words.split(",") if word.strip()]


def _is_number(word: str) -> bool:
    return re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", word.strip()) is not None


def card_of(path: Path, name: str) -> DataCard:
    """What can be said of the user's own file, or of one in a folder or tar."""
    return own_files(path, PurePosixPath(name).name, "" if path.is_dir() else sha256_of(path))
