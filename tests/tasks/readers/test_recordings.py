"""MATLAB arrays and WFDB records as series: what is read, and what is refused."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest
from scipy.io import savemat

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.archives import names_in
from neurotwin.tasks.readers.recordings import FILE, holds_recordings, read_recordings
from neurotwin.tasks.readers.series import read_series
from neurotwin.tasks.readers.tables import numbers_in

RNG = np.random.default_rng(0)
STEPS = RNG.integers(-2048, 2048, (301, 2))


def packed(steps: np.ndarray) -> bytes:
    """Format 212, written bit by bit: of each pair the low bytes are outside, the two high halves share the middle one."""
    flat = [int(step) & 0xFFF for step in steps.ravel()]
    out = bytearray()
    for first, second in zip(flat[::2], [*flat[1::2], 0], strict=False):
        out += bytes([first & 0xFF, (first >> 8) | (second >> 8 << 4), second & 0xFF])
    return bytes(out)


def wfdb(folder, kind="212", steps=STEPS, gains=("200", "100(5)/uV"), **changed):
    sums = [int(column.sum()) % 65536 for column in steps.T]
    lines = ["# a comment", f"r {steps.shape[1]} 360 {len(steps)}"]
    lines += [
        f"r.dat {kind} {gain} 11 7 0 {total} 0 lead {i}"
        for i, (gain, total) in enumerate(zip(gains, sums, strict=True))
    ]
    text = "\n".join(lines)
    for old, new in changed.get("replaced", {}).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "r.hea").write_text(text)
    stored = packed(steps) if kind == "212" else steps.astype("<i2").tobytes()
    (folder / "r.dat").write_bytes(stored[: changed.get("kept")])
    return folder / "r.hea"


@pytest.mark.parametrize("kind", ["212", "16"])
def test_a_wfdb_record_in_its_units(tmp_path, kind):
    table = read_recordings(wfdb(tmp_path, kind))
    assert list(table.columns) == [FILE, "lead 0", "lead 1"]
    np.testing.assert_array_equal(numbers_in(table["lead 0"]), (STEPS[:, 0] - 7) / 200)
    np.testing.assert_array_equal(numbers_in(table["lead 1"]), (STEPS[:, 1] - 5) / 100)
    assert "360 rows a second; lead 0 in mV, lead 1 in uV." in table.card.processing


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"replaced": {" 301": ""}}, "the header cannot be read"),
        ({"replaced": {" 301": " -3"}}, "does not describe its signals"),
        ({"replaced": {"lead 1": "lead 0"}}, "does not describe its signals"),
        ({"replaced": {" 200 ": " x "}}, "the header cannot be read"),
        ({"replaced": {" 212 ": " 311 "}}, "in a way that is not read"),
        ({"replaced": {"r.dat": "s.dat"}}, "in a way that is not read"),
        ({"kept": 300}, "the samples are not all there"),
        ({"replaced": {" 0 lead 0": "1 0 lead 0"}}, "not those of the header"),
    ],
)
def test_a_wfdb_record_that_is_not_whole_is_refused(tmp_path, changed, what):
    with pytest.raises(InputError, match=what):
        read_recordings(wfdb(tmp_path, **changed))


def test_a_header_without_its_samples_is_refused(tmp_path):
    (header := wfdb(tmp_path)).with_suffix(".dat").unlink()
    with pytest.raises(InputError, match="the samples are not all there"):
        read_recordings(header)


def test_matlab_arrays_of_several_people_are_several_series(tmp_path):
    people = {}
    for person in ("a", "b"):
        (tmp_path / person).mkdir()
        people[person] = RNG.normal(size=(3, 100))
        savemat(tmp_path / person / "fmri.mat", {"tc": people[person]})
        savemat(tmp_path / person / "other.mat", {"sc": np.eye(3)})
    assert holds_recordings(names_in(tmp_path))
    table = read_recordings(tmp_path, member="fmri.mat")
    np.testing.assert_array_equal(numbers_in(table["channel 2"]), np.r_[people["a"][1], people["b"][1]])
    data = read_series(tmp_path, target="channel 2", window="5", member="fmri.mat")
    mean, sd = data.facts["known"]
    # no window reaches from one person into the other
    ends = mean + sd * np.asarray(data.train.x)[:, :, 1]
    for row, y in zip(ends, data.train.y, strict=True):
        at = next((p, list(x[1]).index(y)) for p, x in people.items() if y in x[1])
        np.testing.assert_allclose(row, people[at[0]][1][at[1] - 5 : at[1]], atol=1e-5)
    with pytest.raises(InputError, match="which axis is time"):
        read_recordings(tmp_path, member="other.mat")
    with pytest.raises(InputError, match="no such recording") as told:
        read_recordings(tmp_path, member="none.mat")
    assert "a/fmri.mat" in str(told.value)
    packed_folder = tmp_path / "all.tar.gz"
    with tarfile.open(packed_folder, "w:gz") as archive:
        archive.add(tmp_path / "a", "study/a")
    again = read_recordings(packed_folder, member="study/a/fmri.mat")
    assert set(again[FILE]) == {"study/a/fmri.mat"} and len(again) == 100


def test_which_array_of_several_is_said(tmp_path):
    path = tmp_path / "two.mat"
    savemat(path, {"rest": RNG.normal(size=(50, 2)), "task": RNG.normal(size=(40, 3)), "tr": "0.72"})
    with pytest.raises(InputError, match="which array is meant") as told:
        read_recordings(path)
    assert "rest, task" in str(told.value)
    assert len(read_recordings(path, array="task").columns) == 1 + 3
    with pytest.raises(InputError, match="no such array"):
        read_recordings(path, array="sleep")


def test_recordings_that_do_not_fit_together_are_refused(tmp_path):
    savemat(tmp_path / "a.mat", {"x": RNG.normal(size=(50, 2))})
    savemat(tmp_path / "b.mat", {"x": RNG.normal(size=(50, 3))})
    with pytest.raises(InputError, match="different channels"):
        read_recordings(tmp_path)
    wfdb(tmp_path)
    with pytest.raises(InputError, match="of two kinds"):
        read_recordings(tmp_path)


def test_a_table_beside_recordings_is_what_is_read(tmp_path):
    savemat(tmp_path / "a.mat", {"x": RNG.normal(size=(50, 2))})
    (tmp_path / "a.csv").write_text("y\n" + "\n".join(map(str, range(300))))
    assert not holds_recordings(names_in(tmp_path))
    assert read_series(tmp_path, target="y").facts["channels"] == ["y"]


def test_an_option_that_would_do_nothing_is_refused(tmp_path):
    savemat(tmp_path / "a.mat", {"x": RNG.normal(size=(200, 2))})
    with pytest.raises(InputError, match="mark by NaN"):
        read_series(tmp_path / "a.mat", target="channel 1", missing="-200")
    (tmp_path / "a.csv").write_text("y\n" + "\n".join(map(str, range(300))))
    with pytest.raises(InputError, match="a table has no arrays"):
        read_series(tmp_path / "a.csv", target="y", array="x")


def test_a_damaged_matlab_file_is_refused(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"x": RNG.normal(size=(50, 2))}, do_compression=True)
    whole = path.read_bytes()
    for kept in (0, 3, 100, 130, 150, 200, len(whole) - 40):
        path.write_bytes(whole[:kept])
        with pytest.raises(InputError):
            read_recordings(path)
    refused = 0
    for at in range(
        100, 200, 7
    ):  # a changed byte may leave a file that can be read; nothing else than InputError may come of it
        path.write_bytes(whole[:at] + b"\xff\xff" + whole[at + 2 :])
        try:
            read_recordings(path)
        except InputError:
            refused += 1
    assert refused >= 5


def test_a_value_that_is_missing_is_marked(tmp_path):
    x = RNG.normal(size=(200, 2))
    x[20, 0] = np.nan
    savemat(tmp_path / "a.mat", {"x": x})
    data = read_series(tmp_path / "a.mat", target="channel 2", window="4")
    assert data.facts["channels"] == ["channel 1", "channel 2", "channel 1 missing"]


def test_the_data_folder(data_folder):
    table = read_recordings(data_folder / "ecg_mitbih100.tar.gz")
    assert list(table.columns) == [FILE, "MLII", "V5"] and len(table) == 650_000
    # the header's first values, 995 and 1011 of 1024 at 200 steps a millivolt
    assert [float(table[name][0]) for name in ("MLII", "V5")] == [-0.145, -0.065]
    brains = read_recordings(data_folder / "hcp_rsfmri_5subjects.tar.gz", member="TC_rsfMRI_REST1_LR.mat")
    assert len(brains) == 5 * 1200 and len(brains.columns) == 1 + 94
