"""Facts of the embedded worm."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import Biology, Connectome, load
from neurotwin.biology.worm import embedded
from neurotwin.biology.worm.signs import RULES


@pytest.fixture(scope="module")
def cook() -> Connectome:
    return load("worm", connectome="cook2019", extrasynaptic=()).connectome


def test_300_neurons_each_with_a_type(worm: Biology) -> None:
    neurons = worm.connectome.neurons
    assert worm.connectome.n_neurons == 300
    assert neurons["type"].value_counts().to_dict() == {
        "motor": 116,
        "sensory": 83,
        "inter": 81,
        "pharynx": 20,
    }
    # 118 classes of White 1986 less CAN
    assert neurons["cell_class"].nunique() == 117
    assert not {"CANL", "CANR", "AWCOF", "AWCON", "VB02"} & set(worm.connectome.names)


@pytest.mark.parametrize(
    ("name", "cell_class", "kind", "transmitter", "side"),
    [
        ("AVAL", "AVA", "inter", "ACh", "L"),
        ("ASHR", "ASH", "sensory", "Glu", "R"),
        ("AWCL", "AWC", "sensory", "Glu", "L"),
        ("VD9", "VD", "motor", "GABA", ""),
        ("SMDVR", "SMD", "motor", "ACh", "R"),
        ("RMED", "RME", "motor", "GABA", ""),
        ("SABVL", "SAB", "motor", "ACh", "L"),
        ("RID", "RID", "inter", "", ""),
        ("AVL", "AVL", "inter", "GABA", ""),
        ("RIPL", "RIP", "inter", "", "L"),
        ("I1L", "I1", "pharynx", "ACh", "L"),
    ],
)
def test_rows_of_the_neuron_table(
    worm: Biology, name: str, cell_class: str, kind: str, transmitter: str, side: str
) -> None:
    row = worm.connectome.neurons.set_index("name").loc[name]
    assert (row["cell_class"], row["type"], row["side"]) == (cell_class, kind, side)
    assert row["transmitter"] == transmitter


def test_contacts_of_the_escape_circuit(worm: Biology, cook: Connectome) -> None:
    for connectome, contacts in ((worm.connectome, 26), (cook, 15)):
        assert connectome.count("ASHL", "AVAL") == contacts
        assert connectome.count("AVAL", "ASHL") == 0
        assert connectome.matrix()[connectome.index_of("AVAL"), connectome.index_of("ASHL")] == contacts


@pytest.mark.parametrize(("source", "chemical", "electrical"), [("worm", 3923, 1608), ("cook", 3707, 2174)])
def test_sizes_and_sign_rules(
    worm: Biology, cook: Connectome, source: str, chemical: int, electrical: int
) -> None:
    connectome = worm.connectome if source == "worm" else cook
    assert connectome.matrix().nnz == chemical
    assert connectome.matrix("electrical").nnz == electrical
    rules = connectome.sign_rules()
    assert set(rules) == set(RULES)
    assert sum(rules.values()) == chemical
    table = connectome.synapses[connectome.synapses["kind"] == "chemical"].set_index("sign_rule")["sign"]
    assert set(table["fenyves pair"]) == {-1, 1}
    assert set(table["transmitter ACh"]) == {1}
    assert set(table["transmitter GABA"]) == {-1}
    for rule in RULES:
        if rule.startswith("free") or rule == "fenyves complex":
            assert set(table[rule]) == {0}
    assert connectome.sign_rules("electrical") == {"electrical": electrical}


def test_vd9_and_awc_have_the_listed_wiring_and_not_what_spilled_over(worm: Biology) -> None:
    """The published matrix counts all muscle contacts onto VD9 (4,141) and none for AWC."""
    matrix = worm.connectome.matrix()
    onto_vd9 = matrix[[worm.connectome.index_of("VD9")], :].sum()
    assert onto_vd9 == 21
    for name in ("AWCL", "AWCR"):
        index = worm.connectome.index_of(name)
        assert matrix[[index], :].nnz > 10
        assert matrix[:, [index]].nnz > 10
    totals = np.asarray(matrix.sum(axis=1))
    hubs = {worm.connectome.names[i] for i in np.argsort(totals)[-4:]}
    assert hubs == {"AVAL", "AVAR", "RIAL", "RIAR"}


def test_extrasynaptic_pairs(worm: Biology) -> None:
    assert worm.connectome.matrix("monoamine").nnz == 1920
    assert worm.connectome.matrix("peptide").nnz == 7035
    for kind in ("monoamine", "peptide"):
        pre, post, weight, sign = worm.connectome.edges(kind)
        assert not (pre == post).any()
        assert not sign.any()
        assert weight.min() == 1
        assert worm.connectome.sign_rules(kind) == {"extrasynaptic": len(pre)}
    only = load("worm", extrasynaptic=("monoamine",)).connectome
    assert (only.matrix("monoamine").nnz, only.matrix("peptide").nnz) == (1920, 0)
    # tyramine from RIM onto ALM through lgc-55
    assert only.count("RIML", "ALML", "monoamine") >= 1


def test_the_atlas(worm: Biology) -> None:
    atlas = worm.perturbations
    assert atlas is not None
    assert atlas.names == worm.connectome.names
    assert atlas.measured.sum() == 23902
    assert atlas.significant().sum() == 1151
    both = atlas.measured & np.isfinite(atlas.amplitude)
    assert (both.sum(), (both & atlas.significant()).sum()) == (23901, 1150)


def test_the_atlas_has_stimulated_neurons_in_columns(worm: Biology) -> None:
    """Nobody responds to a neuron's stimulation more often than that neuron itself was stimulated."""
    assert worm.perturbations is not None
    repeats = worm.perturbations.repeats
    own = np.diag(repeats)
    assert (repeats <= own[None, :]).all()
    assert not (repeats <= own[:, None]).all()


def test_the_embedded_recordings(worm: Biology) -> None:
    assert [(r.subject, r.n_neurons, r.n_frames) for r in worm.recordings] == [
        ("2022-07-27-31", 100, 800),
        ("2022-07-27-45", 107, 800),
    ]
    for recording in worm.recordings:
        assert recording.dt_ms == pytest.approx(600.02, abs=0.01)
        assert recording.observed.all()
        assert "VB2" in recording.names
        # F over its mean, whatever the file's name for it
        assert np.allclose(recording.activity.mean(axis=0), 1, atol=1e-4)
    assert [r.subject for r in load("worm", worms=1).recordings] == ["2022-07-27-45"]
    assert [r.subject for r in load("worm", worms=np.int64(2)).recordings] == [
        "2022-07-27-31",
        "2022-07-27-45",
    ]


def test_cards_of_what_was_loaded(worm: Biology) -> None:
    assert [card.name for card in worm.cards] == [
        "cells",
        "white-witvliet",
        "fenyves2020",
        "bentley2016",
        "dag2023",
        "randi2023",
    ]
    plain = load("worm", connectome="cook2019", extrasynaptic=())
    assert [card.name for card in plain.cards] == ["cells", "cook2019", "fenyves2020", "dag2023", "randi2023"]
    for card in embedded.cards().values():
        assert len(card.sha256) == 64
        assert "doi:10." in card.citation
        assert card.processing
        assert card.caveats
    assert "no licence file" in embedded.cards()["dag2023"].licence
    assert "Cook 2019 has 15" in embedded.cards()["white-witvliet"].caveats[0]


@pytest.mark.parametrize("worms", [0, -1, 2.5, True, "many", "", None, [1]])
def test_numbers_of_worms_that_are_none(worms: object) -> None:
    with pytest.raises(InputError, match=r'this is no number of worms(.|\n)*a whole number from 1, or "all"'):
        load("worm", worms=worms)


@pytest.mark.parametrize("worms", [3, 7, "all"])
def test_more_worms_need_the_data_folder(worms: object, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.delenv("NEUROTWIN_DATA", raising=False)
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    with pytest.raises(InputError, match=r"carries 2 recorded worms(.|\n)*set NEUROTWIN_DATA to that folder"):
        load("worm", worms=worms)
    with pytest.raises(InputError, match=r"lacks an archive(.|\n)*celegans_dag2023.tar.gz"):
        load("worm", worms=worms, data=tmp_path)


def test_unknown_connectomes_and_kinds() -> None:
    with pytest.raises(UnknownName, match=r"unknown connectome of the worm(.|\n)*did you mean cook2019"):
        load("worm", connectome="cook")
    with pytest.raises(UnknownName, match=r"unknown extrasynaptic kind(.|\n)*did you mean peptide"):
        load("worm", extrasynaptic=("peptides",))
    with pytest.raises(InputError, match=r"is a list of kinds(.|\n)*\('peptide',\)"):
        load("worm", extrasynaptic="peptide")


def test_the_embedded_files_are_small_and_plain() -> None:
    files = list(embedded.FOLDER.iterdir())
    assert {file.suffix for file in files} == {".csv", ".h5", ".json"}
    assert sum(file.stat().st_size for file in files) < 2_500_000
