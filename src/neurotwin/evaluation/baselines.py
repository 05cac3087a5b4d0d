"""Predictions that need no twin: persistence, the mean, each neuron's own past, ridge from the other neurons.

What a twin cannot beat here it has not learnt. All of them see the training stretch only when they are fitted
(means, standard deviations, coefficients, penalties), and all give the same shape that a twin's prediction
has.

Horizons and origins: a forecast over a stretch of T frames has the origins t = 0 … T − h − 1, so the frame it
starts from and the frame t + h it predicts both lie inside the stretch. What lies before an origin may reach
into the training stretch: it is past.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.evaluation._check import finite_matrix, positive_horizon, same_neurons

ALPHAS: tuple[float, ...] = tuple(float(a) for a in np.logspace(0, 5, 21))
"""Ridge penalties tried, on the scale of a sum of squares of standardised activity over the training
frames.
"""


def persistence(values: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Nothing changes: frame t is the prediction of frame t + horizon.

    Parameters
    ----------
    values
        ``[time, neuron]``, the stretch that is scored.
    horizon
        Frames ahead, 1 … T − 2.

    Returns
    -------
    ``truth [T - horizon, neuron]`` and ``predicted [T - horizon, neuron]``, over all origins of the stretch.
    """
    values = finite_matrix(values, "values")
    horizon = positive_horizon(horizon, len(values))
    return values[horizon:], values[:-horizon]


def mean_prediction(train: np.ndarray, n_frames: int) -> np.ndarray:
    """Every neuron stays at its mean over the training stretch: ``[n_frames, neuron]``."""
    train = finite_matrix(train, "train")
    return np.broadcast_to(train.mean(axis=0), (n_frames, train.shape[1])).copy()


def ridge_cosmoothing(
    train: np.ndarray,
    test: np.ndarray,
    lags: Sequence[int] = (0,),
    alphas: Sequence[float] = ALPHAS,
    folds: int = 10,
    *,
    shared_alpha: bool = False,
    squash_sd: float | None = None,
) -> np.ndarray:
    """Each neuron as a linear function of the other recorded neurons at the same time, fitted by ridge
    regression.

    The neuron's own trace, at any lag, is never among its predictors. The penalty is chosen for each neuron
    by leaving out contiguous blocks of the training stretch in turn (random frames would leak: neighbouring
    frames are nearly equal) and taking the least squared error. One inversion per block and penalty serves
    all neurons: with A = XᵀX + αI over *all* columns and P = A⁻¹, the coefficients without the columns S of
    one neuron are −P[:, S] P[S, S]⁻¹ e₀ (block inversion).

    Parameters
    ----------
    train, test
        ``[time, neuron]``; standardised inside with the training stretch's mean and standard deviation.
    lags
        Frames back at which the other neurons are used; must hold 0. Negative lags look ahead. Frames beyond
        the stretch repeat its edge.
    alphas
        Penalties to choose from.
    folds
        Contiguous blocks of the training stretch, at least 2.
    shared_alpha
        One penalty for the worm instead of one for each neuron.
    squash_sd
        When given, activity is passed through c·tanh(z / c) with c = ``squash_sd`` standard deviations before
        fitting and predicting, which keeps rare large transients from ruling the fit. None (the default) is
        plain ridge.

    Returns
    -------
    ``predicted [T_test, neuron]`` in the unit of the activity.

    Notes
    -----
    Chosen on frames 500–600 of the five Dag worms (fit on 0–500), never on 600–800: lag 0 alone beat every
    set with more lags, ten blocks beat three and five, and reducing the predictors to 5–50 principal
    components lost. ``squash_sd=3`` gained 0.01–0.02.
    """
    train, test = same_neurons(train, test)
    lags, alphas = _checked_lags(lags), _checked_alphas(alphas)
    mean, sd = _moments(train)
    z, z_test = _squash((train - mean) / sd, squash_sd), _squash((test - mean) / sd, squash_sd)
    design, design_test = _lagged(z, lags), _lagged(z_test, lags)
    error = np.zeros((len(alphas), z.shape[1]))
    for block, rest in _blocks(len(z), folds):
        centre, level = design[rest].mean(axis=0), z[rest].mean(axis=0)
        x = design[rest] - centre
        gram = x.T @ x * (len(z) / len(rest))  # so that one penalty means the same in a fold and in the whole
        for row, alpha in enumerate(alphas):
            predicted = (design[block] - centre) @ _others_coefficients(gram, alpha, lags) + level
            error[row] += ((predicted - z[block]) ** 2).sum(axis=0)
    best = _best(error, shared_alpha)
    centre, level = design.mean(axis=0), z.mean(axis=0)
    x = design - centre
    gram = x.T @ x
    out = np.empty_like(z_test)
    for row in np.unique(best):
        columns = best == row
        coefficients = _others_coefficients(gram, alphas[row], lags)[:, columns]
        out[:, columns] = (design_test - centre) @ coefficients + level[columns]
    return out * sd + mean


def ridge_forecast(
    train: np.ndarray,
    test: np.ndarray,
    horizons: Sequence[int] = (1, 5, 10, 20),
    lags: int = 1,
    alphas: Sequence[float] = ALPHAS,
    folds: int = 5,
    *,
    change: bool = True,
) -> dict[int, np.ndarray]:
    """All neurons' present and past predict each neuron ``horizon`` frames later, by ridge regression, one
    fit per horizon.

    Parameters
    ----------
    train, test
        ``[time, neuron]``; ``test`` follows ``train`` immediately, so that the first origins' past is the end
        of ``train``.
    horizons
        Frames ahead.
    lags
        How many frames are used: the origin and the ``lags − 1`` before it.
    alphas, folds
        As in ``ridge_cosmoothing``; frames within ``horizon`` of the left-out block are left out of its fit
        too.
    change
        Predict x(t + h) − x(t), so that a large penalty shrinks towards persistence; False predicts x(t + h),
        which shrinks towards the mean and loses to persistence at every short horizon on the worm.

    Returns
    -------
    For each horizon h, ``predicted [T_test - h, neuron]`` over the origins of the test stretch.
    """
    train, test = same_neurons(train, test)
    alphas = _checked_alphas(alphas)
    mean, sd = _moments(train)
    z, z_test = (train - mean) / sd, (test - mean) / sd
    design, design_test = _past(z, z_test, lags)
    out = {}
    for horizon in horizons:
        horizon = positive_horizon(horizon, min(len(test), len(train)))
        x, y = design[:-horizon], z[horizon:] - (z[:-horizon] if change else 0.0)
        error = np.zeros((len(alphas), y.shape[1]))
        for block, rest in _blocks(len(y), folds, gap=horizon):
            for row, predicted in enumerate(_ridge_path(x[rest], y[rest], x[block], alphas)):
                error[row] += ((predicted - y[block]) ** 2).sum(axis=0)
        path = np.stack(_ridge_path(x, y, design_test[:-horizon], alphas))
        predicted = np.take_along_axis(path, _best(error, False)[None, None, :], axis=0)[0]
        out[horizon] = (predicted + (z_test[:-horizon] if change else 0.0)) * sd + mean
    return out


def autoregressive_forecast(
    train: np.ndarray,
    test: np.ndarray,
    horizons: Sequence[int] = (1, 5, 10, 20),
    order: int = 3,
    alpha: float = 10.0,
) -> dict[int, np.ndarray]:
    """Each neuron's own last ``order`` frames predict it ``horizon`` frames later (direct, one lightly
    penalised fit per horizon).

    ``train`` and ``test`` are ``[time, neuron]`` and contiguous, as in ``ridge_forecast``, whose return it
    shares.
    """
    train, test = same_neurons(train, test)
    mean, sd = _moments(train)
    z, z_test = (train - mean) / sd, (test - mean) / sd
    n = z.shape[1]
    past, past_test = (p.reshape(len(p), order, n).transpose(2, 0, 1) for p in _past(z, z_test, order))
    out = {}
    for horizon in horizons:
        horizon = positive_horizon(horizon, min(len(test), len(train)))
        x, y = past[:, :-horizon], z[horizon:].T[:, :, None]
        centre, level = x.mean(axis=1, keepdims=True), y.mean(axis=1, keepdims=True)
        xc = x - centre
        gram = xc.transpose(0, 2, 1) @ xc + alpha * np.eye(order)
        coefficients = np.linalg.solve(gram, xc.transpose(0, 2, 1) @ (y - level))
        out[horizon] = ((past_test[:, :-horizon] - centre) @ coefficients + level)[:, :, 0].T * sd + mean
    return out


def _moments(train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sd = train.std(axis=0)
    return train.mean(axis=0), np.where(sd > 1e-12, sd, 1.0)


def _squash(z: np.ndarray, limit: float | None) -> np.ndarray:
    return z if limit is None else limit * np.tanh(z / limit)


def _lagged(z: np.ndarray, lags: Sequence[int]) -> np.ndarray:
    """``[time, lag · neuron]``, lag by lag; beyond the edges the edge frame repeats."""
    frames = np.arange(len(z))
    return np.concatenate([z[np.clip(frames - lag, 0, len(z) - 1)] for lag in lags], axis=1)


def _past(z: np.ndarray, z_test: np.ndarray, n_lags: int) -> tuple[np.ndarray, np.ndarray]:
    """Present and past of every frame of the training and of the test stretch, which continue each other."""
    if n_lags < 1:
        raise InputError("a forecast needs at least the present frame", got=n_lags, expected="1 or more")
    both = _lagged(np.concatenate([z, z_test]), range(n_lags))
    return both[: len(z)], both[len(z) :]


def _blocks(n_frames: int, folds: int, gap: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Contiguous blocks and, for each, the frames farther than ``gap`` from it."""
    if not 2 <= folds <= n_frames // 2:
        raise InputError(
            "cross-validation needs 2 or more blocks of 2 or more frames", got=f"{folds} of {n_frames} frames"
        )
    edges = np.linspace(0, n_frames, folds + 1).astype(int)
    frames = np.arange(n_frames)
    split = [
        (frames[start:stop], np.concatenate([frames[: max(start - gap, 0)], frames[stop + gap :]]))
        for start, stop in pairwise(edges)
    ]
    if min(len(rest) for _, rest in split) < 2:
        raise InputError(
            "no frames remain outside a block", got=f"{n_frames} frames, {folds} blocks, gap {gap}"
        )
    return split


def _others_coefficients(gram: np.ndarray, alpha: float, lags: Sequence[int]) -> np.ndarray:
    """Ridge coefficients ``[lag · neuron, neuron]`` of each neuron on all columns but its own (block
    inversion).
    """
    n_lags = len(lags)
    n = len(gram) // n_lags
    inverse = np.linalg.inv(gram + alpha * np.eye(len(gram)))
    own = np.arange(n)[:, None] + n * np.arange(n_lags)
    unit = np.zeros((n, n_lags, 1))
    unit[:, list(lags).index(0)] = 1.0
    weight = np.linalg.solve(inverse[own[:, :, None], own[:, None, :]], unit)[:, :, 0]
    coefficients = -np.einsum("pnl,nl->pn", inverse[:, own], weight)
    coefficients[own, np.arange(n)[:, None]] = 0.0  # the identity's own entries, which stand for "not used"
    return coefficients


def _ridge_path(x: np.ndarray, y: np.ndarray, new: np.ndarray, alphas: Sequence[float]) -> list[np.ndarray]:
    """Predictions at ``new`` for every penalty, from one eigendecomposition."""
    centre, level = x.mean(axis=0), y.mean(axis=0)
    xc = x - centre
    eigenvalues, vectors = np.linalg.eigh(xc.T @ xc)
    projected, rotated = vectors.T @ (xc.T @ (y - level)), (new - centre) @ vectors
    eigenvalues = np.maximum(eigenvalues, 0.0)[:, None]
    return [rotated @ (projected / (eigenvalues + alpha)) + level for alpha in alphas]


def _best(error: np.ndarray, shared: bool) -> np.ndarray:
    """Row of the least error, for each column."""
    return np.full(error.shape[1], error.sum(axis=1).argmin()) if shared else error.argmin(axis=0)


def _checked_lags(lags: Sequence[int]) -> tuple[int, ...]:
    lags = tuple(int(lag) for lag in lags)
    if 0 not in lags or len(set(lags)) != len(lags):
        raise InputError("co-smoothing needs distinct lags with 0 among them", got=lags)
    return lags


def _checked_alphas(alphas: Sequence[float]) -> tuple[float, ...]:
    alphas = tuple(float(alpha) for alpha in alphas)
    if not alphas or not all(np.isfinite(alpha) and alpha > 0 for alpha in alphas):
        raise InputError("ridge penalties must be positive", got=alphas)
    return alphas
