"""Every strategy gives a biology that can be designed, wired and trained on the same recordings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurotwin._base.errors import UnknownName
from neurotwin.biology.nulls import NULLS
from neurotwin.blueprint import design
from neurotwin.comparison import STRATEGIES
from neurotwin.network import wiring_of
from neurotwin.training import TrainingConfig


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_wires(biology, name):
    strategy = STRATEGIES[name]
    wired = strategy.wire(biology, seed=3)
    assert strategy.name == name
    assert strategy.description
    assert wired.recordings is biology.recordings  # nulls are trained and examined on the same data
    assert wired.connectome.names == biology.connectome.names
    wiring = wiring_of(design(wired, motif_nulls=0), strategy.prior)
    directed = np.asarray(wiring.directed)
    assert directed.any()
    assert not np.diag(directed).any()
    assert not np.diag(np.asarray(wiring.observer)).any()


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_names_on_the_scoreboard_say_what_a_strategy_is(name):
    strategy = STRATEGIES[name]
    assert strategy.model == "twin" or strategy.model.startswith(("twin: ", "null: "))
    assert strategy.null is None or strategy.null in NULLS.names()


def test_no_two_strategies_share_a_name_on_the_scoreboard():
    models = [STRATEGIES[name].model for name in STRATEGIES.names()]
    assert len(set(models)) == len(models)


def test_the_connectome_strategy_is_the_animals_own_wiring_and_the_null_is_not(biology):
    assert STRATEGIES["connectome"].wire(biology) is biology
    permuted = STRATEGIES["permuted"].wire(biology, seed=3)
    assert not permuted.connectome.equals(biology.connectome)
    again, other = (STRATEGIES["permuted"].wire(biology, seed=seed).connectome for seed in (3, 4))
    assert again.equals(permuted.connectome)
    assert not other.equals(permuted.connectome)


@pytest.mark.parametrize("name", ["guided", "all-to-all"])
def test_where_every_pair_may_connect_every_pair_does(biology, name):
    strategy = STRATEGIES[name]
    directed = np.asarray(wiring_of(design(strategy.wire(biology), motif_nulls=0), strategy.prior).directed)
    off = ~np.eye(len(directed), dtype=bool)
    gap = np.asarray(wiring_of(design(strategy.wire(biology), motif_nulls=0), strategy.prior).electrical) > 0
    assert (directed[off & ~gap] > 0).all()


def test_every_design_gets_the_same_budget(biology):
    budget = TrainingConfig(steps=7)
    for name in STRATEGIES.names():
        changed = STRATEGIES[name].with_training(budget, init="glorot", radius=0.8)
        assert (changed.init, changed.radius) == ("glorot", 0.8)
        assert replace(changed.training, objective=budget.objective) == budget
        assert (changed.name, changed.null, changed.prior) == (
            name,
            STRATEGIES[name].null,
            STRATEGIES[name].prior,
        )


def test_an_unknown_strategy_is_refused_with_the_options():
    with pytest.raises(UnknownName, match="(?s)unknown strategy.*connectome.*did you mean permuted"):
        STRATEGIES["permutted"]


def test_only_the_design_without_wiring_has_penalties_of_its_own(biology):
    budget = TrainingConfig()
    for name, strategy in STRATEGIES.items():
        terms, given = strategy.with_training(budget, "counts", 0.5).training.objective, budget.objective
        if name != "all-to-all":
            assert terms == given
            continue
        # its counts are all 1, so there is nothing to be anchored to, and 90,000 weights want a stronger prior
        assert (terms.anchor, terms.structure) == (0.0, 0.0)
        assert terms.l2_directed == 3 * given.l2_directed
        assert (terms.function, terms.forecast, terms.mirror) == (
            given.function,
            given.forecast,
            given.mirror,
        )
