"""What an accuracy matrix says: how much is known at the end, how much was forgotten, how much came for free.

``R[i, j]`` is the accuracy on experience j after learning experience i; T experiences, both counted from 0 here and from 1 in the
equations.
"""

from __future__ import annotations

import numpy as np

from neurotwin._base.errors import InputError


def average_accuracy(matrix: np.ndarray) -> float:
    """ACC = 1/T Σ_j R[T, j]: on all experiences after the last one.

    Source: Lopez-Paz & Ranzato 2017, equation 2.

    >>> average_accuracy(np.array([[0.9, 0.5], [0.7, 0.9]]))
    0.8
    """
    return float(checked(matrix)[-1].mean())


def average_over_time(matrix: np.ndarray) -> np.ndarray:
    """A_k = 1/k Σ_{j≤k} R[k, j], ``[experience]``: on what was met so far, after each experience.

    Source: Chaudhry, Dokania, Ajanthan & Torr 2018, section 3.1.
    """
    return np.array([row[: k + 1].mean() for k, row in enumerate(checked(matrix))])


def backward_transfer(matrix: np.ndarray) -> float:
    """BWT = 1/(T−1) Σ_{j<T} (R[T, j] − R[j, j]): what later experiences did to earlier ones; below 0 is forgetting.

    Source: Lopez-Paz & Ranzato 2017, equation 3.
    """
    matrix = checked(matrix)
    return float((matrix[-1] - np.diag(matrix))[:-1].mean())


def forgetting(matrix: np.ndarray) -> float:
    """F = 1/(T−1) Σ_{j<T} (max_{l<T} R[l, j] − R[T, j]): from the best that was ever known of an experience to the end.

    Over all l < T as in the paper, before the experience was met too. Never less than −BWT.

    Source: Chaudhry et al. 2018, equation 3.
    """
    matrix = checked(matrix)
    return float((matrix[:-1, :-1].max(axis=0) - matrix[-1, :-1]).mean())


def forward_transfer(matrix: np.ndarray, first: np.ndarray) -> float:
    """FWT = 1/(T−1) Σ_{j>1} (R[j−1, j] − b_j): what earlier experiences gave to one that was not met yet.

    ``first`` is b, the accuracy of the untrained network on each experience, ``[experience]``. Where new classes come with each
    experience and all compete, R[j−1, j] is 0 for want of an answer and FWT says nothing.

    Source: Lopez-Paz & Ranzato 2017, equation 4.
    """
    matrix = checked(matrix)
    if np.shape(first) != (len(matrix),):
        raise InputError(
            "the untrained accuracies do not fit the matrix", got=np.shape(first), expected=(len(matrix),)
        )
    return float((np.diag(matrix, 1) - np.asarray(first)[1:]).mean())


def intransigence(matrix: np.ndarray, joint: np.ndarray) -> float:
    """I_T = a*_T − R[T, T]: how much worse the last experience is learned than by ``joint``, the matrix of all data at once.

    Source: Chaudhry et al. 2018, equation 4, at k = T.
    """
    return float(checked(joint)[-1, -1] - checked(matrix)[-1, -1])


def checked(matrix: np.ndarray) -> np.ndarray:
    """The matrix; InputError where it is no accuracy matrix ``[T, T]``, T >= 2."""
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise InputError(
            "not an accuracy matrix", got=matrix.shape, expected="[experience, experience], two or more"
        )
    if not ((matrix >= 0) & (matrix <= 1)).all():
        raise InputError(
            "an accuracy is no share", got=f"{matrix.min():g} to {matrix.max():g}", expected="0 to 1"
        )
    return matrix
