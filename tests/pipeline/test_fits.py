"""Which fits a run makes, and that damaged ones are made again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neurotwin.pipeline import RunSettings
from neurotwin.pipeline.fits import _finished, plan
from neurotwin.training import History


def names(n_animals: int, **settings: object) -> list[str]:
    return [job.name for job in plan(RunSettings(**settings), n_animals)]  # type: ignore[arg-type]


def test_the_twin_comes_first_then_its_controls_then_the_animals_left_out():
    assert names(2) == [
        "connectome",
        "guided",
        "all-to-all",
        "permuted",
        "rewired",
        "connectome-without-0",
        "permuted-without-0",
        "connectome-without-1",
        "permuted-without-1",
    ]


@pytest.mark.parametrize(
    ("n_animals", "settings", "expected"),
    [
        (1, {"controls": ()}, ["connectome"]),  # nobody can be left out of one
        (2, {"controls": ()}, ["connectome", "connectome-without-0", "connectome-without-1"]),
        (2, {"controls": (), "unseen": ()}, ["connectome"]),
        (2, {"controls": ("connectome",), "unseen": ()}, ["connectome"]),  # once, not twice
        (1, {"strategy": "rewired", "controls": ("connectome",)}, ["rewired", "connectome"]),
    ],
)
def test_the_plan_follows_the_settings(n_animals, settings, expected):
    assert names(n_animals, **settings) == expected


def test_every_design_gets_the_same_training_and_the_members_seeds_in_a_row():
    jobs = plan(RunSettings(seed=5, members=3, init="gamma", radius=0.3), 2)
    assert {job.strategy.training.seeds for job in jobs} == {(5, 6, 7)}
    common = RunSettings().training.objective
    assert len({replace(job.strategy.training, objective=common) for job in jobs}) == 1
    assert {(job.strategy.init, job.strategy.radius) for job in jobs} == {("gamma", 0.3)}


def test_a_damaged_fit_counts_as_not_done(tmp_path):
    done, log = tmp_path / "a.safetensors", tmp_path / "a.csv"
    assert _finished(done, log) is None
    History(()).to_csv(log)
    done.write_bytes(b"cut short")
    assert _finished(done, log) is None
