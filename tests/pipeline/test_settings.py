"""Settings of a run: refused where they are wrong, the same after a round trip through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from neurotwin._base.errors import InputError, RunFolderError, UnknownName
from neurotwin.pipeline import RunSettings
from neurotwin.pipeline.record import agreed
from neurotwin.training import Objective, TrainingConfig

UNUSUAL = RunSettings(
    worms="all",
    connectome="cook2019",
    strategy="guided",
    controls=("connectome", "rewired"),
    unseen=("guided", "rewired"),
    init="gamma",
    radius=0.25,
    seed=7,
    members=3,
    motif_nulls=9,
    activation="relu",
    training=TrainingConfig(steps=3, dropout=0.1, objective=Objective(l1=0.5)),
)


@pytest.mark.parametrize("settings", [RunSettings(), UNUSUAL])
def test_json_and_back_is_the_same(settings):
    assert RunSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("source", "wrom", "unknown source"),
        ("strategy", "conectome", "unknown strategy"),
        ("controls", ("permutd",), "unknown strategy"),
        ("unseen", ("nobody",), "unknown strategy"),
        ("init", "gausian", "unknown initialiser"),
        ("activation", "tanhh", "unknown activation"),
    ],
)
def test_an_unknown_name_is_refused_with_the_names_there_are(field, value, words):
    with pytest.raises(UnknownName, match=words) as told:
        RunSettings(**{field: value})
    assert told.value.expected
    assert told.value.fix


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("members", 0),
        ("members", 1.5),
        ("seed", -1),
        ("seed", 2**31),
        ("seed", 2**31 - 1),  # two members: the second seed would not fit
        ("motif_nulls", 0),
        ("radius", 0.0),
        ("radius", -1.0),
        ("radius", float("nan")),
        ("radius", float("inf")),
    ],
)
def test_an_impossible_number_is_refused_with_what_is_possible(field, value):
    with pytest.raises(InputError) as told:
        RunSettings(**{field: value})
    assert str(told.value.got) == str(value)
    assert told.value.expected
    assert told.value.fix


def test_leaving_an_animal_out_of_a_fit_that_is_not_made_is_refused():
    with pytest.raises(InputError, match="not part of the run"):
        RunSettings(controls=("rewired",), unseen=("connectome", "guided"))
    RunSettings(controls=())  # the default means: those of them that are fitted


@pytest.mark.parametrize(
    "damage", [lambda v: v.pop("training"), lambda v: v.update(news=1), lambda v: v.update(seed=-3)]
)
def test_settings_of_another_version_are_told(damage):
    values = RunSettings().to_dict()
    damage(values)
    with pytest.raises(InputError, match=r"run\.json cannot be used"):
        RunSettings.from_dict(values)


def test_a_conflict_names_the_option_and_both_values():
    given = replace(UNUSUAL, seed=0, training=replace(UNUSUAL.training, steps=4))
    assert given.conflicts(UNUSUAL) == [
        "seed is 0, in the stored run 7",
        "steps is 4, in the stored run 3",
    ]
    assert UNUSUAL.conflicts(UNUSUAL) == []


def test_resuming_takes_the_stored_settings_and_refuses_others():
    stored = {"settings": json.loads(json.dumps(UNUSUAL.to_dict()))}
    assert agreed(None, stored) == UNUSUAL
    assert agreed(UNUSUAL, stored) == UNUSUAL
    with pytest.raises(RunFolderError, match="seed is 8, in the stored run 7"):
        agreed(replace(UNUSUAL, seed=8), stored)
