"""Sequences of experiences, and the reservoir."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks import TASKS, Examples, TaskData
from neurotwin.transfer.bodies import bodies, fewer
from neurotwin.transfer.continual import SEQUENCES
from neurotwin.transfer.continual.reservoir import kept


@pytest.fixture(scope="module")
def digits():
    return TASKS["images"].load(None, False)


def test_split_gives_every_example_to_one_pair(digits):
    incremental, by_task = SEQUENCES["split"](digits, 0, 3)
    assert [incremental.scenario, by_task.scenario] == ["class-incremental", "task-incremental"]
    met = [set(np.unique(one.train.y).tolist()) for one in incremental.experiences]
    assert all(len(pair) == 2 for pair in met)
    assert set.union(*met) == set(range(10))
    assert sum(len(one.test) for one in incremental.experiences) == len(digits.test)
    for pair, one, told in zip(met, incremental.experiences, by_task.experiences, strict=True):
        assert one.competing.all()
        assert set(np.flatnonzero(told.competing).tolist()) == pair


def test_the_seed_draws_the_order_of_classes(digits):
    names = [[one.name for one in SEQUENCES["split"](digits, 0, seed)[0].experiences] for seed in (0, 0, 1)]
    assert names[0] == names[1] != names[2]


def test_classes_that_never_come_do_not_compete(digits):
    sequence, _ = SEQUENCES["split"](digits, 2, 0)
    assert sequence.experiences[0].competing.sum() == 4


def test_a_permutation_moves_pixels_alike_in_every_image_and_part(digits):
    (sequence,) = SEQUENCES["permuted"](digits, 3, 0)
    first, second, _ = sequence.experiences
    np.testing.assert_array_equal(first.train.x, digits.train.x)
    flat = [np.asarray(one.train.x).reshape(len(one.train), -1) for one in (first, second)]
    assert (flat[0] != flat[1]).any()
    np.testing.assert_array_equal(np.sort(flat[0], 1), np.sort(flat[1], 1))
    # a pixel's values over all images are found at one other place, in every part
    place = next(j for j in range(64) if (flat[1][:, j] == flat[0][:, 20]).all())
    tests = [np.asarray(one.test.x).reshape(len(one.test), -1) for one in (first, second)]
    np.testing.assert_array_equal(tests[1][:, place], tests[0][:, 20])


@pytest.mark.parametrize("n", [1, 6])
def test_pairs_that_classes_do_not_make_are_refused(digits, n):
    with pytest.raises(InputError, match="do not make so many pairs"):
        SEQUENCES["split"](digits, n, 0)


def test_one_experience_is_no_sequence(digits):
    with pytest.raises(InputError, match="more than one experience"):
        SEQUENCES["permuted"](digits, 1, 0)


def test_a_pair_without_test_examples_is_refused():
    x, y = np.zeros((8, 4, 4, 1), np.float32), np.arange(8) % 4
    some = Examples(x[:1], y[:1])
    data = TaskData(Examples(x, y), some, some, classes=tuple("abcd"))
    with pytest.raises(InputError, match="validation part has no example of a pair"):
        SEQUENCES["split"](data, 0, 0)


def test_every_item_of_a_stream_is_as_likely_in_the_reservoir():
    rng, counts = np.random.default_rng(0), np.zeros(30)
    for _ in range(2000):
        memory = np.zeros((0, 1), int)
        for start in (0, 10, 20):
            memory = kept(memory, start, np.arange(start, start + 10)[:, None], 6, rng)
        assert len(np.unique(memory)) == 6
        counts[memory[:, 0]] += 1
    # 2000 × 6 / 30 = 400 expected, standard deviation 18
    assert np.abs(counts - 400).max() < 90
    assert np.abs(counts.reshape(3, 10).mean(1) - 400).max() < 25


def test_fewer_examples_are_said(digits):
    small = fewer(digits, 200)
    assert [len(part) for part in small.parts().values()] == [200, 100, 100]
    assert "200 for training" in small.split
    assert fewer(digits, 0) is digits


def test_a_wiring_stands_beside_its_rival_and_its_null(digits):
    task = TASKS["images"]
    found = bodies(task, "worm", {**task.describe(digits), "dropout": 0.0})
    assert [one.name for one in found] == ["worm", "baseline: dense, same size", "null: permuted"]
    assert abs(found[1].parameters - found[0].parameters) < 0.01 * found[0].parameters
