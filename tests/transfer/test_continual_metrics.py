"""Measures of an accuracy matrix, against values worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.transfer.continual.metrics import (
    average_accuracy,
    average_over_time,
    backward_transfer,
    checked,
    forgetting,
    forward_transfer,
    intransigence,
)

MATRIX = np.array([[0.9, 0.4, 0.3], [0.5, 0.8, 0.6], [0.6, 0.7, 1.0]])


def test_the_hand_worked_matrix():
    assert average_accuracy(MATRIX) == pytest.approx((0.6 + 0.7 + 1.0) / 3)
    np.testing.assert_allclose(average_over_time(MATRIX), [0.9, 0.65, 2.3 / 3])
    # from 0.9 to 0.6, from 0.8 to 0.7
    assert backward_transfer(MATRIX) == pytest.approx((-0.3 - 0.1) / 2)
    assert forgetting(MATRIX) == pytest.approx((0.3 + 0.1) / 2)
    # 0.4 before the second, 0.6 before the third; untrained 0.1 and 0.2
    assert forward_transfer(MATRIX, np.array([0.7, 0.1, 0.2])) == pytest.approx((0.3 + 0.4) / 2)
    assert intransigence(MATRIX, np.full((3, 3), 0.95)) == pytest.approx(-0.05)


def test_forgetting_starts_from_the_best_and_not_from_the_first():
    matrix = np.array([[0.6, 0.0, 0.0], [0.9, 0.8, 0.0], [0.7, 0.8, 1.0]])
    assert backward_transfer(matrix) == pytest.approx((0.1 + 0.0) / 2)
    assert forgetting(matrix) == pytest.approx((0.2 + 0.0) / 2)


def test_what_is_kept_is_not_forgotten():
    matrix = np.tril(np.ones((4, 4)))
    assert average_accuracy(matrix) == 1
    assert backward_transfer(matrix) == forgetting(matrix) == 0


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4,)])
def test_what_is_no_matrix_is_refused(shape):
    with pytest.raises(InputError, match="not an accuracy matrix"):
        checked(np.zeros(shape))


def test_per_cent_is_refused():
    with pytest.raises(InputError, match="an accuracy is no share"):
        average_accuracy(100 * MATRIX)


def test_untrained_accuracies_must_fit():
    with pytest.raises(InputError, match="do not fit the matrix"):
        forward_transfer(MATRIX, np.zeros(2))
