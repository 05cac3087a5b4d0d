"""From words to settings."""

from __future__ import annotations

import inspect

import pytest

from neurotwin.cli.app import run
from neurotwin.cli.parse import names_of, number_of_worms, settings_of
from neurotwin.pipeline import RunSettings
from neurotwin.training import Objective, TrainingConfig


def test_the_defaults_in_the_help_are_those_of_the_settings():
    """The command line passes on what was given alone; its defaults are for the help, and must not lie."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(run).parameters.items()
        if parameter.default is not inspect.Parameter.empty and parameter.default is not None
    }
    assert settings_of(defaults, RunSettings()) == RunSettings()


def test_what_is_not_given_stays_as_in_the_base():
    base = RunSettings(seed=3, training=TrainingConfig(steps=5, objective=Objective(l1=0.5)))
    found = settings_of({"members": 4, "weight": ["structure=0.25"], "out": "x", "quiet": True}, base)
    assert found == RunSettings(
        seed=3, members=4, training=TrainingConfig(steps=5, objective=Objective(l1=0.5, structure=0.25))
    )


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("none", ()),
        ("", ()),
        ("permuted", ("permuted",)),
        ("permuted, rewired,", ("permuted", "rewired")),
        ("rewired,rewired", ("rewired",)),
    ],
)
def test_names_between_commas(words, names):
    assert names_of(words) == names


def test_a_number_of_worms_is_a_number_where_it_is_one():
    assert [number_of_worms(word) for word in ("2", "-1", "all", "2.5")] == [2, -1, "all", "2.5"]
