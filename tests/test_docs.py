"""The Python in docs/ runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parent.parent / "docs"


def blocks_of(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(), re.S)


def test_delays_are_learned(capsys):
    names: dict = {}
    exec("\n".join(blocks_of("learning-delays.md")), names)
    np.testing.assert_allclose(names["delays_ms"], names["true_delays_ms"], atol=0.1)
    assert np.abs(10 - names["true_delays_ms"]).max() > 6
    assert "left of the variance" in capsys.readouterr().out


def test_the_model_that_is_added_runs(capsys):
    from neurotwin.network.neurons import NEURONS

    blocks = blocks_of("adding-a-model.md")
    assert len(blocks) == 2
    names: dict = {"__name__": "__main__"}  # dataclasses look their module up
    try:
        exec("\n".join(blocks), names)
    finally:
        NEURONS._parts.pop("quadratic", None)
    spikes = np.asarray(names["run"].output("cells").sum(0))
    assert (spikes >= 1).all()
    assert np.isfinite(names["gradient"].projections[0].weights.values).all()
    assert np.abs(names["gradient"].projections[0].weights.values).max() > 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    for name in re.findall(r"`((?:tests|benchmarks|docs|network|src)/[\w/.-]+\.\w+)`", path.read_text()):
        places = [DOCS.parent / name, DOCS.parent / "src" / "neurotwin" / name]
        assert any(place.exists() for place in places), f"{path.name} names {name}, which does not exist"
