"""The raw archives, and the embedded files made from them."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology, load
from neurotwin.biology.archives import read_archive
from neurotwin.biology.worm import build_embedded, embedded, raw
from neurotwin.biology.worm.names import cell_class, neuron_type, normalise_name, side
from neurotwin.biology.worm.signs import chemical_sign

NAMES = ("AVAL", "AVAR", "VB2", "URADL")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("VB02", "VB2"),
        ("AS01", "AS1"),
        ("VD10", "VD10"),
        ("DA09 ", "DA9"),
        ("AWCOF", "AWCL"),
        ("AWCOFF", "AWCL"),
        ("AWCON", "AWCR"),
        ("I1L", "I1L"),
        ("IL2DL", "IL2DL"),
        ("pm01", "pm01"),
        ("AVAL", "AVAL"),
    ],
)
def test_names_are_brought_to_one_spelling(given: str, expected: str) -> None:
    assert normalise_name(given) == expected
    assert normalise_name(expected) == expected


def test_class_and_side_need_a_partner() -> None:
    everyone = ["AVAL", "AVAR", "AVL", "RIVL", "RIVR", "RID", "RMDL", "RMDR", "RMDDL", "RMDVL", "DVA"]
    classes = {name: cell_class(name, everyone) for name in everyone}
    assert classes == {
        "AVAL": "AVA",
        "AVAR": "AVA",
        "AVL": "AVL",
        "RIVL": "RIV",
        "RIVR": "RIV",
        "RID": "RID",
        "RMDL": "RMD",
        "RMDR": "RMD",
        "RMDDL": "RMD",
        "RMDVL": "RMD",
        "DVA": "DVA",
    }
    assert (side("AVAL", everyone), side("AVL", everyone), side("DVA", everyone)) == ("L", "", "")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Sublateral motor neuron; interneuron in White et al., 1986", "motor"),
        ("Layer 1 interneuron; motorneuron in White et al., 1986", "inter"),
        ("Linker to pharynx", "inter"),
        ("Pharyngeal motor neuron", "pharynx"),
        ("O2, CO2, social signals, touch", "sensory"),
        ("Body wall muscle", ""),
    ],
)
def test_types_are_read_from_words(words: str, kind: str) -> None:
    assert neuron_type(words) == kind


@pytest.mark.parametrize(
    ("prediction", "transmitters", "sign", "rule"),
    [
        ("+", "GABA", 1, "fenyves pair"),
        ("-", "ACh", -1, "fenyves pair"),
        ("complex", "ACh", 0, "fenyves complex"),
        ("no pred", "ACh", 1, "transmitter ACh"),
        ("", "GABA", -1, "transmitter GABA"),
        ("", "Glu", 0, "free: glutamate"),
        ("no pred", "AChGABA", 0, "free: two transmitters"),
        ("", "", 0, "free: unknown transmitter"),
    ],
)
def test_sign_rules_in_order(prediction: str, transmitters: str, sign: int, rule: str) -> None:
    assert chemical_sign(prediction, transmitters) == (sign, rule)


def worm_file(labels: list[str], confidence: list[float]) -> bytes:
    buffer = io.BytesIO()
    n = len(labels)
    np.savez(
        buffer,
        label=np.array(labels, dtype="U8"),
        label_confidence=np.array(confidence),
        time_s=np.array([0.0, 0.6, 1.2, 2.0]),
        trace_F_F20=np.arange(4 * n, dtype=np.float32).reshape(4, n),
    )
    return buffer.getvalue()


def test_labels_that_are_ambiguous_or_doubled() -> None:
    labels = ["VB02", "", "URADL", "URADL", "RIF?", "AVAL", "AVAL"]
    found = raw.read_worm(worm_file(labels, [1, 0, 3, 5, 4, 2, 2]), "w", NAMES)
    assert found is not None
    # the more confident URADL; both AVAL tie and go
    assert found.recording.names == ("VB2", "URADL")
    assert found.recording.activity[0].tolist() == [0, 3]
    assert (found.traces, found.ambiguous, found.duplicates) == (7, 1, 3)
    assert found.recording.dt_ms == pytest.approx(600)
    assert (found.irregular_frames, found.longest_gap_ms) == (1, pytest.approx(800))


def test_a_file_without_identities_is_skipped_and_strange_labels_refused() -> None:
    assert raw.read_worm(worm_file(["", ""], [0, 0]), "w", NAMES) is None
    with pytest.raises(InputError, match=r"no neurons of the worm\n.*w: XYZ"):
        raw.read_worm(worm_file(["XYZ", "VB02"], [5, 5]), "w", NAMES)


def test_a_missing_archive_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks an archive(.|\n)*NEUROTWIN_DATA"):
        read_archive(tmp_path, raw.CONNECTOME_ARCHIVE)


@pytest.fixture(scope="module")
def built(data_folder: Path) -> dict[str, bytes]:
    return build_embedded.build(data_folder)


def test_the_embedded_files_are_those_that_the_raw_ones_give(built: dict[str, bytes]) -> None:
    assert sorted(built) == sorted(file.name for file in embedded.FOLDER.iterdir())
    for name, content in built.items():
        there = (embedded.FOLDER / name).read_bytes()
        if not name.endswith(".h5"):
            assert content == there, name
            continue
        # compressed bytes may differ between versions of the libraries, numbers may not
        with h5py.File(io.BytesIO(content)) as new, h5py.File(io.BytesIO(there)) as old:
            paths: list[str] = []
            new.visititems(
                lambda path, node, paths=paths: paths.append(path) if isinstance(node, h5py.Dataset) else None
            )
            assert len(paths) >= 4
            for path in paths:
                assert new[path].dtype == old[path].dtype
                assert new[path][()].tobytes() == old[path][()].tobytes(), path


def test_building_twice_gives_the_same_bytes(built: dict[str, bytes], data_folder: Path) -> None:
    assert build_embedded.build(data_folder) == built


def test_the_command_line_writes_where_it_is_told(data_folder: Path, tmp_path: Path, capsys) -> None:
    build_embedded.main(["--data", str(data_folder), "--out", str(tmp_path / "new")])
    assert {file.name for file in (tmp_path / "new").iterdir()} == {
        file.name for file in embedded.FOLDER.iterdir()
    }
    assert "bytes  in all" in capsys.readouterr().out


def test_the_published_matrix_is_the_sum_of_the_lists_and_one_more(data_folder: Path) -> None:
    """Also shows the two faults that the build mends, and that ``chem`` is [post, pre]."""
    files = read_archive(data_folder, raw.CONNECTOME_ARCHIVE)
    names, atlas = raw.read_atlas(files)
    chemical, electrical = raw.read_edge_lists(files, names)
    whole = ~np.isin(names, ("AWCL", "AWCR", "VD9"))
    inside = np.ix_(whole, whole)
    assert (atlas["chem"][inside] >= chemical[inside]).all()
    assert (atlas["gap"][inside] >= electrical[inside]).all()
    assert not (atlas["chem"][inside] >= chemical.T[inside]).all()
    assert not atlas["chem"][np.isin(names, ("AWCL", "AWCR"))].any()
    assert atlas["chem"][names.index("VD9")].sum() == 4141
    assert chemical[names.index("VD9")].sum() == 21
    assert atlas["chem"][names.index("AVAL"), names.index("ASHL")] == 26
    assert chemical[names.index("AVAL"), names.index("ASHL")] == 25


def test_all_worms_of_the_data_folder(data_folder: Path, worm: Biology) -> None:
    everyone = load("worm", worms="all", data=data_folder)
    found = {recording.subject: recording for recording in everyone.recordings}
    assert {subject: recording.n_neurons for subject, recording in found.items()} == {
        "2022-07-26-31": 99,
        "2022-07-26-38": 87,
        "2022-07-27-31": 100,
        "2022-07-27-38": 87,
        "2022-07-27-45": 107,
    }
    assert list(found) == sorted(found)
    for recording in worm.recordings:
        assert recording.equals(found[recording.subject])
    three = load("worm", worms=3, data=data_folder)
    assert {r.subject for r in three.recordings} == {"2022-07-26-31", "2022-07-27-31", "2022-07-27-45"}
    with pytest.raises(
        InputError, match=r'not so many recorded worms(.|\n)*given:    7(.|\n)*1 to 5, or "all"'
    ):
        load("worm", worms=7, data=data_folder)


def test_the_data_folder_of_the_environment_is_used(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROTWIN_DATA", str(data_folder))
    assert len(load("worm", worms=5).recordings) == 5
