"""Tables as they stand in files, well and badly formed."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.tables import NAMELESS, numbers_in, read_table

GOOD = 'name,size,"a, b"\nx,1.5,u\ny,NA,"v, w"\n'


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_cells_names_and_missing_values(tmp_path: Path) -> None:
    table = read_table(written(tmp_path / "a.csv", "\ufeff" + GOOD))
    assert list(table.columns) == ["name", "size", "a, b"]
    assert table["a, b"].tolist() == ["u", "v, w"]
    assert table["size"].tolist() == ["1.5", None]
    np.testing.assert_array_equal(numbers_in(table["size"]), [1.5, np.nan])
    assert numbers_in(table["name"]) is None
    assert len(table.card.sha256) == 64


def test_semicolons_decimal_commas_and_what_a_trailing_separator_leaves(tmp_path: Path) -> None:
    text = "date;t;note;;\n1;2,5;a,b;;\n2;-200;c;;\n3;-200,0;d;;\n;;;;\n"
    table = read_table(written(tmp_path / "a.csv", text), missing=("-200",))
    assert list(table.columns) == ["date", "t", "note"]
    assert len(table) == 3
    np.testing.assert_array_equal(numbers_in(table["t"]), [2.5, np.nan, np.nan])
    assert table["note"].tolist() == ["a,b", "c", "d"]


def test_a_column_that_numbers_the_rows_has_no_name(tmp_path: Path) -> None:
    table = read_table(written(tmp_path / "a.tsv", "\ta\n0\tx\n1\ty\n"))
    assert table[NAMELESS].tolist() == ["0", "1"]


def test_packed_files_folders_and_archives_read_alike(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    written(folder / "one.csv", GOOD)
    written(folder / "two.csv.gz", gzip.compress(b"q\n7\n"))
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as archive:
        archive.add(folder, "set")
    for path in (folder, tmp_path / "set.tar.gz"):
        assert read_table(path, member="one.csv")["name"].tolist() == ["x", "y"]
        assert read_table(path, member="two.csv.gz")["q"].tolist() == ["7"]
        with pytest.raises(InputError, match="which table is meant is not clear"):
            read_table(path)
        with pytest.raises(InputError, match="no such table"):
            read_table(path, member="three.csv")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "the first line holds no names"),
        ("1,2\n3,4\n", "the first line holds no names"),
        ("a,a\n1,2\n", "two columns have one name"),
        ("a,b\n", "the table has no rows"),
        ("a,b\n,\n", "the table has no rows"),
        ("a,b\n1,2,3\n", "another number of cells"),
        ("ä\n1\n".encode("latin1"), "not UTF-8"),
        ('a,b\n"1,2\n', "the table cannot be read"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: str | bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_table(written(tmp_path / "a.csv", content))


def test_files_that_are_not_there_or_broken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "a.csv")
    for name in ("a.csv.gz", "a.tar.gz"):
        with pytest.raises(InputError, match="the file cannot be read"):
            read_table(written(tmp_path / name, b"\x1f\x8b nonsense"))
    with pytest.raises(InputError, match="a single file has no members"):
        read_table(written(tmp_path / "b.csv", GOOD), member="b.csv")
