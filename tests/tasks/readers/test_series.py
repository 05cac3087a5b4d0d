"""Windows of a time series: what is seen, what is told, and that nothing is on two sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.labelled_series import parse_ts, read_records
from neurotwin.tasks.readers.series import back, read_series


def written(path: Path, rows: int = 200, gap: int = -1) -> Path:
    """y is the number of the row, z its square's last digit."""
    lines = [
        f"2001-01-01 {i // 60:02d}:{i % 60:02d},{'' if i == gap else i},{i * i % 10},w" for i in range(rows)
    ]
    path.write_text("\n".join(["time,y,z,word", *lines]))
    return path


def test_a_window_ends_horizon_rows_before_its_target(tmp_path):
    data = read_series(written(tmp_path / "a.csv"), target="y", window="5", horizon="3", time="time")
    assert data.facts is not None
    mean, sd = data.facts["known"]
    for part in data.parts().values():
        seen = mean + sd * np.asarray(part.x)[:, :, data.facts["channel"]]
        expected = np.asarray(part.y)[:, None] - np.array([7, 6, 5, 4, 3])
        np.testing.assert_allclose(seen, expected, atol=1e-4)
    assert (mean, data.facts["channels"]) == (pytest.approx(69.5), ["y", "z"])
    assert "Left out, since they are no numbers or do not vary: word" in " ".join(data.cards[0].processing)


def test_no_row_is_in_two_parts(tmp_path):
    data = read_series(written(tmp_path / "a.csv"), target="y", window="5", horizon="3")
    spans = {
        name: (np.min(np.asarray(part.y)) - 7, np.max(np.asarray(part.y)))
        for name, part in data.parts().items()
    }
    assert spans == {"train": (0, 139), "validation": (140, 169), "test": (170, 199)}
    assert data.leaks() == {}


def test_a_gap_is_filled_from_the_past_and_marked_and_no_target(tmp_path):
    data = read_series(written(tmp_path / "a.csv", gap=50), target="y", window="4")
    assert data.facts is not None and data.facts["channels"] == ["y", "z", "y missing"]
    y, x = np.asarray(data.train.y), np.asarray(data.train.x)
    assert 50 not in y
    mean, sd = data.facts["known"]
    (row,) = np.flatnonzero(y == 52)
    np.testing.assert_allclose(mean + sd * x[row, :, 0], [48, 49, 49, 51], atol=1e-4)
    assert x[row, :, 2].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(("season", "horizon", "rows"), [(24, 1, 24), (24, 24, 1), (24, 25, 24), (7, 3, 5)])
def test_how_far_back_a_season_is(season, horizon, rows):
    assert back(season, horizon) == rows
    # the target stands horizon rows after the last row of the window, which is 1 row back
    assert (horizon + rows - 1) % season == 0


def test_series_in_one_table_stay_apart_and_prices_become_returns(tmp_path):
    rows = [f"{t},{1.1**i if t == 'a' else 2.0 + i % 2}" for t in "ab" for i in range(100)]
    (tmp_path / "a.csv").write_text("\n".join(["who,p", *rows]))
    data = read_series(tmp_path / "a.csv", target="p", series="who", returns="p", window="3")
    y = np.asarray(data.train.y)
    n = len(y) // 2
    np.testing.assert_allclose(y[:n], np.log(1.1), atol=1e-9)
    assert set(np.round(np.abs(y[n:]), 6)) == {round(np.log(1.5), 6)}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({}, "which column is to be forecast is not said"),
        ({"target": "q"}, "unknown column"),
        ({"target": "word"}, "the target is no number"),
        ({"target": "y", "drop": "y"}, "own past is not among the inputs"),
        ({"target": "y", "window": "0"}, "window cannot be used"),
        ({"target": "y", "window": "100"}, "the series is too short"),
        ({"target": "y", "season": "48"}, "does not reach back one season"),
        ({"target": "y", "time": "word"}, "a time cannot be read"),
        ({"target": "y", "returns": "z"}, "a price is not above 0"),
    ],
)
def test_wrong_options_are_refused(tmp_path, options, what):
    with pytest.raises(InputError, match=what):
        read_series(written(tmp_path / "a.csv"), **options)


def test_rows_out_of_order_are_refused(tmp_path):
    lines = written(tmp_path / "a.csv").read_text().splitlines()
    lines[9], lines[10] = lines[10], lines[9]
    (tmp_path / "b.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match="not in the order of time") as error:
        read_series(tmp_path / "b.csv", target="y", time="time")
    assert "row 10: 2001-01-01 00:08" in str(error.value)


HEADER = "# made up\n@problemName x\n@classLabel true a b\n@data\n"


def test_records_of_a_ts_file():
    records, labels = parse_ts(HEADER + "1,2,3:4,5,6:a\n\n7,8,9:1,1,1:b\n", "x.ts")
    assert records.tolist()[0] == [[1, 4], [2, 5], [3, 6]]
    assert labels == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1,2:a", "no @data line"),
        ("@classLabel false\n@data\n1:1\n", "no classes"),
        (HEADER, "no records"),
        (HEADER + "1,2:a\n1,2,3:a\n", "line 6"),
        (HEADER + "1,?:a\n", "line 5"),
        (HEADER + "1,2:1,2,3:a\n", "line 5"),
        (HEADER + "a\n", "line 5"),
    ],
)
def test_bad_ts_files_are_refused(text, what):
    with pytest.raises(InputError, match=what):
        parse_ts(text, "x.ts")


def test_a_pair_of_ts_files(tmp_path):
    for name, lines in {"X_TRAIN.ts": "1,2:a\n3,4:b\n" * 10, "X_TEST.ts": "5,6:a\n"}.items():
        (tmp_path / name).write_text(HEADER + lines)
    data = read_series(tmp_path)
    assert [len(part) for part in data.parts().values()] == [16, 4, 1]
    assert data.classes == ("a", "b")
    with pytest.raises(InputError, match="take no options"):
        read_series(tmp_path, target="y")
    (tmp_path / "X_TEST.ts").write_text(HEADER + "5,6:c\n")
    with pytest.raises(InputError, match="unknown labels in the test part"):
        read_records(tmp_path, False, {})
    (tmp_path / "X_TEST.ts").write_bytes("5,6:ä\n".encode("latin1"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_records(tmp_path, False, {})
    (tmp_path / "X_TEST.ts").unlink()
    with pytest.raises(InputError, match="there is not one test file"):
        read_records(tmp_path, False, {})
