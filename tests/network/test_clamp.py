"""Whom a clamp holds, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import Recording
from neurotwin.network import Clamp


@pytest.fixture
def recording() -> Recording:
    return Recording(np.ones((5, 2)), ("BL", "AL"), dt_ms=500.0).align(("BL", "AL", "C"))


def test_a_clamp_holds_who_was_observed_and_is_not_free(recording):
    neurons = ("AL", "AR", "BL", "C")
    assert Clamp(recording).mask(neurons).tolist() == [True, False, True, False]
    assert Clamp(recording, free=["AL"]).mask(neurons).tolist() == [False, False, True, False]


def test_a_free_neuron_that_was_not_recorded_is_refused_with_near_names(recording):
    with pytest.raises(
        UnknownName, match="(?s)unknown neuron in the clamp's recording.*'AK'.*did you mean AL"
    ):
        Clamp(recording, free=["AK"])


def test_one_string_is_not_a_list_of_names(recording):
    with pytest.raises(InputError, match=r"(?s)free is one string.*AL.*free=\['AL'\]"):
        Clamp(recording, free="AL")


@pytest.mark.parametrize("until", [-1, 6])
def test_a_clamp_ends_within_its_recording(recording, until):
    with pytest.raises(
        InputError, match=f"(?s)ends outside of the recording.*given: +{until}.*0 to 5 frames"
    ):
        Clamp(recording, until=until)
    assert Clamp(recording, until=5).until == 5
    assert Clamp(recording, until=0).until == 0
