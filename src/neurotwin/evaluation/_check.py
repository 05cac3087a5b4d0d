"""Checks that every function of this package shares: shapes and finite numbers, refused where they enter."""

from __future__ import annotations

import numpy as np

from neurotwin._base.errors import InputError


def finite_matrix(values: np.ndarray, what: str) -> np.ndarray:
    """``values`` as float64 ``[time, neuron]``; an ``InputError`` names the first cell that is not finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] == 0:
        raise InputError(f"{what} must be a matrix [time, neuron]", got=f"shape {array.shape}")
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        time, neuron = bad[0]
        raise InputError(
            f"{what} holds NaN or infinity",
            got=f"{array[time, neuron]} at frame {time}, neuron {neuron} ({len(bad)} such cells)",
            fix="select observed neurons before scoring",
        )
    return array


def same_shape(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as finite float64 ``[time, neuron]`` of one shape, or an ``InputError``."""
    truth, predicted = finite_matrix(truth, "truth"), finite_matrix(predicted, "predicted")
    if truth.shape != predicted.shape:
        raise InputError("truth and prediction differ in shape", got=f"{truth.shape} and {predicted.shape}")
    return truth, predicted


def same_neurons(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as finite float64 with one number of neurons, or an ``InputError``."""
    train, test = finite_matrix(train, "train"), finite_matrix(test, "test")
    if train.shape[1] != test.shape[1]:
        raise InputError("train and test differ in neurons", got=f"{train.shape[1]} and {test.shape[1]}")
    return train, test


def positive_horizon(horizon: int, n_frames: int) -> int:
    """``horizon`` when at least two origins remain in ``n_frames`` frames, or an ``InputError``."""
    if int(horizon) != horizon or not 1 <= horizon <= n_frames - 2:
        raise InputError(
            "the horizon does not fit the stretch",
            got=horizon,
            expected=f"a whole number, 1 … {n_frames - 2}",
        )
    return int(horizon)


def square_pair_matrix(values: np.ndarray, n: int, what: str) -> np.ndarray:
    """``values`` as float64 ``[post, pre]`` of ``n`` neurons (sparse matrices are made dense), or an
    ``InputError``.
    """
    dense = values.toarray() if hasattr(values, "toarray") else values  # type: ignore[attr-defined]
    array = np.asarray(dense, dtype=np.float64)
    if array.shape != (n, n):
        raise InputError(
            f"{what} must be a matrix [post, pre] of the same neurons", got=array.shape, expected=(n, n)
        )
    return array
