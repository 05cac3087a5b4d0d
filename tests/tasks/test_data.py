"""Examples and their parts: what does not fit is refused, leaks above all."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks import Examples, TaskData, hold_out


def examples(y, groups=None, shape=(4, 4, 1), seed=0):
    x = np.random.default_rng(seed).random((len(y), *shape), dtype=np.float32)
    return Examples(x, np.array(y), None if groups is None else np.array(groups))


def data(train=(0, 1, 0, 1), validation=(0, 1), test=(0, 1), **options):
    parts = [
        examples(y, seed=i) if isinstance(y, tuple) else y for i, y in enumerate((train, validation, test))
    ]
    return TaskData(*parts, classes=("a", "b"), **options)


def test_a_speaker_on_both_sides_is_refused_and_can_be_forced():
    parts = [examples((0, 1), g) for g in (("ann", "bob"), ("cyd", "cyd"), ("bob", "dan"))]
    with pytest.raises(InputError, match="the split leaks") as caught:
        data(*parts)
    assert "bob" in str(caught.value) and "train and test" in str(caught.value)
    assert "ann" not in str(caught.value)
    forced = data(*parts, allow_leaks=True)
    assert forced.leaks() == {"train and test": ["bob"]}


def test_groups_that_stay_apart_pass():
    parts = [examples((0, 1), g) for g in (("ann", "bob"), ("cyd", "cyd"), ("dan", "dan"))]
    assert data(*parts).leaks() == {}


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"train": (0, 1, 2)}, "unknown labels in the train part"),
        ({"test": (0, -1)}, "unknown labels in the test part"),
        ({"train": (0, 0)}, "classes without a training example"),
        ({"validation": examples(())}, "the validation part is empty"),
        ({"test": examples((0, 1), shape=(5, 4, 1))}, "an input of the test part has another shape"),
        ({"test": examples((0.0, 1.0))}, "not whole numbers"),
    ],
)
def test_what_does_not_fit_is_refused(parts, what):
    with pytest.raises(InputError, match=what):
        data(**parts)


def test_sequences_may_differ_in_length_and_in_nothing_else():
    def ragged(*shapes):
        return Examples([np.zeros(shape) for shape in shapes], np.arange(len(shapes)) % 2)

    fine = data(ragged((3, 2), (5, 2)), ragged((1, 2)), ragged((9, 2)))
    assert [len(x) for x in fine.train.take(np.array([1, 0])).x] == [5, 3]
    with pytest.raises(InputError, match="the test part has another shape"):
        data(ragged((3, 2), (5, 2)), ragged((1, 2)), ragged((9, 3)))
    with pytest.raises(InputError, match="the train part has another shape"):
        data(ragged((3, 2), (0, 2)), ragged((1, 2)), ragged((9, 2)))


def test_nan_and_missing_answers_are_refused():
    with pytest.raises(InputError, match="NaN or infinity"):
        Examples(np.array([[1.0, np.nan]]), np.array([0]))
    with pytest.raises(InputError, match="2 inputs, 1 answers"):
        Examples(np.zeros((2, 3)), np.array([0]))


def test_equal_examples_in_training_and_test_are_counted():
    train = examples((0, 1, 0, 1))
    test = Examples(np.concatenate([train.x[:1], train.x[2:3] + 1]), np.array([0, 1]))
    assert data(train=train, test=test).repeated() == 1


def test_whole_groups_are_held_out():
    groups = np.repeat(np.arange(10), 7)
    stay, held = hold_out(np.zeros(70, int), 0.3, groups=groups, seed=3)
    assert set(groups[stay]) & set(groups[held]) == set()
    assert len(held) == 21
    assert sorted([*stay, *held]) == list(range(70))


def test_without_groups_every_class_is_held_out_alike():
    y = np.array([0] * 80 + [1] * 20)
    _, held = hold_out(y, 0.25)
    assert np.bincount(y[held]).tolist() == [20, 5]


def test_too_little_to_hold_out_is_told():
    with pytest.raises(InputError, match="too little to hold something out"):
        hold_out(np.array([0, 1]), 0.1)
