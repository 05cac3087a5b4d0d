"""The Python in docs/ runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parent.parent / "docs"


def test_the_model_that_is_added_runs(capsys):
    from neurotwin.network.neurons import NEURONS

    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "adding-a-model.md").read_text(), re.S)
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
