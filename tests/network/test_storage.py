"""A twin on disk: back without loss, and refused when it is not one."""

from __future__ import annotations

import equinox as eqx
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network import Twin
from neurotwin.network.storage import load_arrays, save_arrays


@pytest.fixture
def path(tmp_path, twin):
    twin.save(tmp_path / "twin.safetensors")
    return tmp_path / "twin.safetensors"


def test_a_twin_comes_back_as_it_was(twin, path):
    back = Twin.load(path)
    assert eqx.tree_equal(back, twin)
    assert back.blueprint == twin.blueprint
    assert (back.subjects, back.activation) == (twin.subjects, twin.activation)
    one, other = (t.simulate(n_frames=5, subject="w1").activity for t in (back, twin))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.99])
def test_a_damaged_file_is_refused_by_its_name(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"(?s)cannot be read as safetensors.*twin.safetensors.*complete"):
        Twin.load(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"(?s)no such file.*nowhere.*a twin.safetensors that save wrote"):
        Twin.load(tmp_path / "nowhere")


def test_a_file_of_other_arrays_is_refused(tmp_path):
    save_arrays({"parameters": {"directed": np.zeros(3)}}, tmp_path / "x", {"format": "neurotwin.twin.1"})
    with pytest.raises(InputError, match="(?s)other arrays than expected.*missing"):
        Twin.load(tmp_path / "x")


def test_a_file_of_another_format_is_refused(twin, tmp_path):
    save_arrays({"parameters": twin.parameters, "wiring": twin.wiring}, tmp_path / "x", {"format": "theirs"})
    with pytest.raises(InputError, match="(?s)not a twin of this format.*theirs.*neurotwin.twin.1"):
        Twin.load(tmp_path / "x")


def test_scalars_and_metadata_survive(tmp_path):
    tree = {"step": np.int32(7), "values": np.arange(6.0).reshape(2, 3).T}
    save_arrays(tree, tmp_path / "x", {"note": "ξ"})
    back, metadata = load_arrays({"step": np.int32(0), "values": np.zeros(1)}, tmp_path / "x")
    assert metadata == {"note": "ξ"}
    np.testing.assert_array_equal(back["values"], tree["values"])
    assert np.shape(back["step"]) == ()
    assert int(back["step"]) == 7
