"""A recording at another frame interval is not run as if it had the twin's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neurotwin._base.errors import InputError
from neurotwin.network import Clamp
from neurotwin.network.circuit import two_neuron_twin


def test_another_interval_is_refused():
    twin = two_neuron_twin(0.5, 0.3)
    recording = twin.simulate(n_frames=5)
    assert twin.simulate(clamp=Clamp(recording)).n_frames == 5
    slow = replace(recording, dt_ms=2 * recording.dt_ms)
    with pytest.raises(InputError, match="different frame intervals"):
        twin.simulate(clamp=Clamp(slow))
