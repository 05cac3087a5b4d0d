"""Two tasks of one set of classes, few examples of the second, costs and scores."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from transfer_networks import SHORT, network, spec_of

from neurotwin._base.errors import InputError
from neurotwin.tasks import TASKS, Examples, TaskData
from neurotwin.transfer import METHODS
from neurotwin.transfer.adapt import SCRATCH, Adaptations, accuracy_scores, few, halves
from neurotwin.transfer.cost import cost_of


def data(classes: int = 5, each: int = 6) -> TaskData:
    y = np.repeat(np.arange(classes), each)
    part = Examples(np.arange(len(y), dtype=np.float32)[:, None], y)
    return TaskData(part, part, part, classes=tuple("abcdefgh"[:classes]))


def test_the_classes_are_divided_and_numbered_anew():
    two = halves(data())
    assert (two.source.classes, two.target.classes) == (("a", "b", "c"), ("d", "e"))
    np.testing.assert_array_equal(two.target.train.y, [0] * 6 + [1] * 6)
    np.testing.assert_array_equal(two.target.train.x[:, 0], np.arange(18, 30))


def test_the_digits_halves_share_no_example():
    two = halves(TASKS["images"].load(None, False))
    assert two.source.classes == tuple("01234")
    seen = {x.tobytes() for part in two.source.parts().values() for x in part.x}
    assert not seen & {x.tobytes() for part in two.target.parts().values() for x in part.x}


def test_too_few_classes_are_refused():
    with pytest.raises(InputError, match="there are too few classes for two tasks"):
        halves(data(3))


def test_few_examples_of_each_class_differ_from_draw_to_draw():
    first, again, other = (few(data(), 3, seed).train for seed in (0, 0, 1))
    np.testing.assert_array_equal(np.bincount(first.y), [3] * 5)
    np.testing.assert_array_equal(first.x, again.x)
    assert (first.x != other.x).any()


@pytest.mark.parametrize(
    ("shots", "what"),
    [(0, "examples a class cannot be used"), (7, "fewer training examples than are to be drawn")],
)
def test_a_number_that_cannot_be_drawn_is_refused(shots, what):
    with pytest.raises(InputError, match=what):
        few(data(), shots, 0)


def test_memory_is_a_gradient_and_two_moments_of_what_is_trained():
    adapted = METHODS["frozen"].prepare(network("cnn"), spec_of("cnn"), jax.random.key(0))
    cost = cost_of(adapted, SHORT)
    assert cost.trained == 3 * 8 + 3
    assert cost.gradient_bytes == 4 * cost.trained
    # Adam and the schedule count their steps: two whole numbers
    assert cost.optimiser_bytes == 2 * cost.gradient_bytes + 2 * 4
    full = cost_of(METHODS["full"].prepare(network("cnn"), spec_of("cnn"), jax.random.key(0)), SHORT)
    assert full.trained == full.total > cost.trained


def test_gains_are_paired_over_draws_and_examples():
    rng = np.random.default_rng(0)
    base = (rng.random((3, 50)) < 0.5).astype(float)
    better = base.copy()
    better[:, :10] = 1.0
    found = {
        name: Adaptations(hits, None, 0.0)
        for name, hits in (("lora", better), ("frozen", base), (f"baseline: {SCRATCH}", base))
    }
    scores = {score.model: score for score in accuracy_scores(found)}
    gain = scores["difference: lora - from scratch"]
    assert gain.value == pytest.approx(better.mean() - base.mean())
    assert 0 < gain.low < gain.value
    assert scores["difference: frozen - from scratch"].value == 0
    assert "difference: frozen - frozen" not in scores
