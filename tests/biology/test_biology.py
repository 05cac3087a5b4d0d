"""Biology: one set of names; cards; splits; sources."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import (
    Biology,
    Connectome,
    DataCard,
    Perturbations,
    Recording,
    data_folder,
    leave_one_out,
    load,
    time_split,
)

CONNECTOME = Connectome(
    pd.DataFrame({"name": ["a", "b", "c"]}),
    pd.DataFrame({"pre": ["a"], "post": ["b"], "kind": ["chemical"], "weight": [1]}),
)


def recording(names: str, subject: str) -> Recording:
    return Recording(np.ones((4, len(names))), tuple(names), 100, subject=subject)


def test_recordings_and_perturbations_are_aligned_by_name() -> None:
    two = np.array([[np.nan, 0.2], [0.5, np.nan]])
    atlas = Perturbations(("c", "a"), two, np.abs(two), np.ones((2, 2), int))
    biology = Biology("toy", CONNECTOME, (recording("cb", "w1"), recording("a", "w2")), atlas)
    assert biology.recordings_aligned[0].observed.tolist() == [False, True, True]
    assert biology.recorded_by().to_numpy().tolist() == [[False, True], [True, False], [True, False]]
    assert list(biology.recorded_by().columns) == ["w1", "w2"]
    assert biology.perturbations is not None
    assert biology.perturbations.names == ("a", "b", "c")
    # c stimulated, a responding
    assert biology.perturbations.amplitude[0, 2] == np.float32(0.5)
    summary = biology.summary()
    assert summary["neurons_recorded"] == 3
    assert summary["perturbations"]["pairs"] == 2
    assert json.loads(json.dumps(summary)) == summary


def test_names_outside_the_connectome_are_refused() -> None:
    with pytest.raises(InputError, match=r"neurons of recording w1 are not in the connectome\n  given:    x"):
        Biology("toy", CONNECTOME, (recording("ax", "w1"),))
    one = np.zeros((1, 1))
    with pytest.raises(InputError, match="neurons of the perturbations"):
        Biology("toy", CONNECTOME, perturbations=Perturbations(("x",), one, one, one.astype(int)))
    with pytest.raises(InputError, match="two recordings are of one subject"):
        Biology("toy", CONNECTOME, (recording("a", "w1"), recording("b", "w1")))
    with pytest.raises(InputError, match=r"write \(recording,\)"):
        Biology("toy", CONNECTOME, recording("a", "w1"))  # type: ignore[arg-type]


def test_with_connectome_keeps_the_data() -> None:
    biology = Biology("toy", CONNECTOME, (recording("cb", "w1"),))
    other = CONNECTOME.with_synapses(CONNECTOME.synapses.assign(weight=5))
    swapped = biology.with_connectome(other)
    assert swapped.connectome.equals(other)
    assert swapped.recordings == biology.recordings
    assert len(biology.with_recordings(()).recordings) == 0
    assert biology.with_recordings(()).recorded_by().shape == (3, 0)


def test_time_split_is_contiguous_and_covers_all_frames() -> None:
    split = time_split(800)
    assert (split.train, split.validation, split.test) == (slice(0, 500), slice(500, 600), slice(600, 800))
    split = time_split(10, test_frames=3, validation_frames=2)
    frames = [i for part in (split.train, split.validation, split.test) for i in range(10)[part]]
    assert frames == list(range(10))
    assert time_split(301).train == slice(0, 1)


def test_time_split_refuses_what_cannot_be_split() -> None:
    with pytest.raises(
        InputError, match=r"too short to split\n.*300 frames for 100 to validate and 200 to test"
    ):
        time_split(300)
    with pytest.raises(InputError, match="a stretch has no frames"):
        time_split(800, test_frames=0)


def test_leave_one_out_trains_on_the_others() -> None:
    biology = Biology("toy", CONNECTOME, tuple(recording("ab", f"w{i}") for i in range(3)))
    assert list(leave_one_out(biology)) == [(0, (1, 2)), (1, (0, 2)), (2, (0, 1))]
    with pytest.raises(InputError, match="needs two or more"):
        leave_one_out(biology.with_recordings(biology.recordings[:1]))


def test_cards_travel_through_json() -> None:
    values = {
        field: field
        for field in ("name", "title", "source", "version", "licence", "citation", "url", "sha256")
    }
    card = DataCard(**values, processing=("one", "two"))
    assert DataCard.from_dict(json.loads(json.dumps(card.to_dict()))) == card
    with pytest.raises(UnknownName, match=r"unknown data card field(.|\n)*did you mean licence"):
        DataCard.from_dict({**values, "license": "MIT"})
    with pytest.raises(InputError, match="add sha256"):
        DataCard.from_dict({key: value for key, value in values.items() if key != "sha256"})
    with pytest.raises(InputError, match="caveats is a list of sentences"):
        DataCard(**values, caveats="one")  # type: ignore[arg-type]


def test_unknown_sources_and_options() -> None:
    with pytest.raises(UnknownName, match=r"unknown source\n  given:    'wrom'(.|\n)*did you mean worm"):
        load("wrom")
    with pytest.raises(UnknownName, match=r"unknown option of source 'worm'(.|\n)*did you mean worms"):
        load("worm", worm=2)


def test_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEUROTWIN_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("NEUROTWIN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="NEUROTWIN_DATA names no folder"):
        data_folder()
    monkeypatch.delenv("NEUROTWIN_DATA")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert data_folder() is None
    cache = tmp_path / ".cache" / "neurotwin"
    cache.mkdir(parents=True)
    assert data_folder() == cache


def test_importing_biology_is_light() -> None:
    heavy = ("jax", "matplotlib", "sklearn", "networkx", "h5py", "equinox")
    code = f"import sys, neurotwin.biology; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
