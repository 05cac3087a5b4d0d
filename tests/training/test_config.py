"""What a training budget refuses, and that it can be compared, hashed and written."""

from __future__ import annotations

import json

import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.training import Objective, TrainingConfig


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"learning_rate": 0.0}, r"(?s)learning_rate is not usable.*given: +0.0.*a number > 0"),
        ({"learning_rate": float("nan")}, r"(?s)learning_rate is not usable.*nan"),
        ({"clip_norm": -1.0}, r"(?s)clip_norm is not usable.*-1.0"),
        ({"steps": 0}, r"(?s)steps is not usable.*whole number >= 1"),
        ({"steps": 1.5}, r"(?s)steps is not usable.*1.5"),
        ({"windows": 0, "forecast_windows": 0}, r"(?s)windows is not usable"),
        ({"validate_every": 0}, r"(?s)validate_every is not usable"),
        ({"burn_frames": -1}, r"(?s)burn_frames is not usable.*-1.*whole number >= 0"),
        ({"horizon_frames": 0}, r"(?s)horizon_frames is not usable.*whole number >= 1"),
        ({"patience": -1}, r"(?s)patience is not usable.*-1.*whole number >= 0"),
        ({"free_fraction": 1.0}, r"(?s)free_fraction is not usable.*0 <= p < 1"),
        ({"dropout": -0.1}, r"(?s)dropout is not usable.*-0.1.*probability"),
        ({"windows": 2, "forecast_windows": 3}, r"(?s)more forecasting windows than windows.*3.*0 to 2"),
        (
            {"window_frames": 30, "burn_frames": 10},
            r"(?s)leaves no room for its horizon.*less than window_frames 30",
        ),
        ({"seeds": ()}, r"(?s)seeds are not usable.*one or more different"),
        ({"seeds": (1, 1)}, r"(?s)seeds are not usable.*\(1, 1\)"),
    ],
)
def test_what_cannot_train_is_refused_by_name(given, message):
    with pytest.raises(InputError, match=message):
        TrainingConfig(**given)


def test_an_optimiser_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UnknownName, match=r"(?s)unknown optimiser.*'adan'.*momentum.*did you mean adam"):
        TrainingConfig(optimiser="adan")


@pytest.mark.parametrize("value", [-0.1, float("inf"), float("nan")])
def test_a_weight_of_the_objective_is_a_number_from_0_up(value):
    with pytest.raises(InputError, match=r"(?s)the objective's weight mirror is not usable.*a number >= 0"):
        Objective(mirror=value)


def test_equal_budgets_are_equal_and_hash_alike():
    assert TrainingConfig() == TrainingConfig()
    assert hash(TrainingConfig()) == hash(TrainingConfig())
    assert TrainingConfig() != TrainingConfig(objective=Objective(l1=0.1))


def test_a_budget_is_plain_values():
    plain = json.loads(json.dumps(TrainingConfig(seeds=(3, 4)).to_dict()))
    assert plain["seeds"] == [3, 4]
    rest = {**plain, "seeds": (3, 4), "objective": Objective(**plain["objective"])}
    assert TrainingConfig(**rest) == TrainingConfig(seeds=(3, 4))
