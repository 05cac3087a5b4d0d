"""What is left of a scorecard, on a worm of six neurons."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import pytest
from transfer_networks import SPEC

from neurotwin._base.errors import InputError
from neurotwin.biology import load
from neurotwin.comparison import Examiner
from neurotwin.network import Twin
from neurotwin.transfer import METHODS
from neurotwin.transfer.fidelity import card_scores, examine, retained_scores, variants
from neurotwin.transfer.subjects import TwinSubject, wiring_subject
from neurotwin.transfer.twin import TwinClassifier


@pytest.fixture(scope="module")
def twin(tiny_fit, config):
    from dataclasses import replace

    return tiny_fit(config=replace(config, seeds=(0,)))[0]


@pytest.fixture(scope="module")
def examiner(biology, split):
    return Examiner(biology, split)


def left(examiner, before: Twin, after: Twin) -> dict[str, float]:
    found = [examine(examiner, one) for one in (before, after)]
    cards = tuple(
        card_scores(examiner, one, seen, "twin") for one, seen in zip((before, after), found, strict=True)
    )
    return {s.metric: s for s in retained_scores(examiner, "twin", *found, cards)}


def test_of_a_twin_that_did_not_move_everything_is_left(examiner, twin):
    found = left(examiner, twin, twin)
    assert found["cosmoothing_r_retained"].value == 1
    assert found["magnitude_spearman_retained"].value == 1
    assert found["weight_distance"].value == 0


def test_weights_that_double_are_their_own_length_away(examiner, twin):
    doubled = eqx.tree_at(lambda t: t.parameters.directed, twin, 2 * twin.parameters.directed)
    found = left(examiner, twin, doubled)
    assert found["weight_distance"].value == pytest.approx(1, rel=1e-5)
    assert found["magnitude_spearman_retained"].value == pytest.approx(1)


def test_what_is_left_of_cosmoothing_is_the_share_of_r(examiner, twin):
    p = twin.parameters
    where = lambda t: (t.parameters.directed, t.parameters.observer, t.parameters.cells.bias)  # noqa: E731
    worse = eqx.tree_at(where, twin, tuple(-leaf for leaf in (p.directed, p.observer, p.cells.bias)))
    found = left(examiner, twin, worse)["cosmoothing_r_retained"]
    r = [examiner.function_scores("x", examine(examiner, one).predictions)[0].value for one in (worse, twin)]
    assert found.value == pytest.approx(r[0] / r[1])
    assert found.low <= found.value <= found.high
    assert found.value < 0.99


def test_the_anchor_is_one_way_for_each_strength():
    found = variants(("full", "anchor", "lora"), (0.1, 1.0))
    assert [v.label for v in found] == ["full", "anchor 0.1", "anchor 1", "lora"]
    assert [v.anchor for v in found] == [0.0, 0.1, 1.0, None]


@pytest.mark.parametrize(
    ("methods", "what"), [((), "no adaptation method was named"), (("lorra",), "unknown adaptation method")]
)
def test_methods_that_are_not_there_are_refused(methods, what):
    with pytest.raises(InputError, match=what):
        variants(methods)


def test_shuffled_wiring_is_another(biology):
    from neurotwin.transfer.fidelity import NULL, REAL, wired

    assert wired(biology, REAL) is biology
    real, null = (wired(biology, name).connectome.matrix("chemical", "weight") for name in (REAL, NULL))
    assert np.asarray(real.sum()) == np.asarray(null.sum())
    assert abs(real - null).sum() > 0


def test_of_a_wiring_without_recordings_signs_and_distance_are_those_to_the_beginning(tmp_path):
    subject = wiring_subject("wiring", load("worm").connectome)
    start = subject.classifier(SPEC, jax.random.key(0))
    flipped = start.weight.at[:100].multiply(-1.0)
    moved = eqx.tree_at(lambda n: n.weight, start, flipped)
    full, frozen = (
        {s.metric: s for s in subject.left("wiring", METHODS[name], moved, start, tmp_path)}
        for name in ("full", "frozen")
    )
    n = start.weight.size
    assert full["sign_agreement_retained"].value == pytest.approx(1 - 100 / n)
    assert full["magnitude_spearman_retained"].value == 1
    expected = 2 * np.linalg.norm(start.weight[:100]) / np.linalg.norm(start.weight)
    assert full["weight_distance"].value == pytest.approx(expected, rel=1e-5)
    assert frozen["weight_distance"].value == 0
    assert frozen["weight_distance"].source == "by construction"


def test_a_twin_of_which_nothing_was_trained_keeps_everything_and_a_moved_one_is_examined(
    examiner, twin, tmp_path
):
    before = examine(examiner, twin)
    card = card_scores(examiner, twin, before, "twin, before")
    subject = TwinSubject("twin", twin, examiner.biology, examiner, before, card)
    start = TwinClassifier(twin, np.array([0]), np.array([1]), SPEC, jax.random.key(0))
    moved = eqx.tree_at(lambda n: n.weight.values, start, 2 * start.weight.values)
    frozen, full = (
        {s.metric: s for s in subject.left("x", METHODS[name], moved, start, tmp_path / "t.safetensors")}
        for name in ("frozen", "full")
    )
    assert frozen["cosmoothing_r_retained"].value == 1
    assert frozen["cosmoothing_r_retained"].source == "by construction"
    assert full["weight_distance"].value == pytest.approx(1, rel=1e-5)
    assert "cosmoothing_r" in full
    assert Twin.load(tmp_path / "t.safetensors").n_members == 1
