"""The README's Python runs, and its promises hold."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)


@pytest.fixture(scope="module")
def block(blocks) -> str:
    return blocks[0]


def test_the_network_of_any_neurons_runs_and_fires(blocks, capsys):
    names: dict[str, object] = {}
    exec(compile(blocks[1], str(README), "exec"), names)
    rate, unit = capsys.readouterr().out.split()
    assert unit == "Hz"
    assert 1 < float(rate) < 200
    assert names["run"].output("cells").shape == (2000, 200)


def test_it_is_ten_lines_or_so(block):
    assert len(block.strip().splitlines()) <= 12


@pytest.mark.slow
def test_it_runs_and_gives_what_it_says(block, capsys):
    names: dict[str, object] = {}
    # a tenth of the steps: whether it runs is the question here, how good it gets is the benchmark's
    exec(compile(block.replace("steps=100", "steps=10, validate_every=10"), str(README), "exec"), names)
    filled, response, twin = names["filled"], names["response"], names["twin"]
    assert filled.names == twin.neurons
    assert filled.n_frames == 800
    stimulated = ~np.isnan(response).all(axis=0)
    assert stimulated.sum() == 1
    assert stimulated[twin.neurons.index("AVAL")]
    assert "cosmoothing_r" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", ["pip install . && neurotwin run worm", "pip install '.[test]' && pytest"]
)
def test_the_two_commands_stand_alone_on_their_lines(command):
    assert command in README.read_text().splitlines()


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
