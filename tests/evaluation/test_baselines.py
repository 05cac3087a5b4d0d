"""Baselines against closed forms, naive loops, and processes whose best predictor is known."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from neurotwin._base.errors import InputError
from neurotwin.evaluation.baselines import (
    ALPHAS,
    _blocks,
    autoregressive_forecast,
    mean_prediction,
    persistence,
    ridge_cosmoothing,
    ridge_forecast,
)
from neurotwin.evaluation.forecast import forecast_accuracy
from neurotwin.evaluation.metrics import METRICS

R = METRICS["pearson_r"]


def correlated(seed: int, n_frames: int = 300, n_neurons: int = 8, rank: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    latent = np.zeros((n_frames, rank))
    for t in range(1, n_frames):
        latent[t] = 0.8 * latent[t - 1] + rng.normal(size=rank)
    gains = rng.uniform(0.5, 5, n_neurons)
    return (
        latent @ rng.normal(size=(rank, n_neurons)) + 0.5 * rng.normal(size=(n_frames, n_neurons))
    ) * gains + 3 * gains


def lagged(z: np.ndarray, lag: int) -> np.ndarray:
    return z[np.clip(np.arange(len(z)) - lag, 0, len(z) - 1)]


@pytest.mark.parametrize("lags", [(0,), (0, 1), (-2, 0, 3)])
def test_cosmoothing_with_one_penalty_is_sklearns_ridge_without_the_neurons_own_columns(
    lags: tuple[int, ...],
) -> None:
    data = correlated(0)
    train, test = data[:200], data[200:]
    predicted = ridge_cosmoothing(train, test, lags=lags, alphas=(7.0,), folds=2)
    mean, sd = train.mean(axis=0), train.std(axis=0)
    z, z_test = (train - mean) / sd, (test - mean) / sd
    for neuron in range(data.shape[1]):
        others = [i for i in range(data.shape[1]) if i != neuron]
        x = np.concatenate([lagged(z, lag)[:, others] for lag in lags], axis=1)
        x_test = np.concatenate([lagged(z_test, lag)[:, others] for lag in lags], axis=1)
        expected = Ridge(alpha=7.0).fit(x, z[:, neuron]).predict(x_test) * sd[neuron] + mean[neuron]
        np.testing.assert_allclose(predicted[:, neuron], expected, rtol=1e-8, atol=1e-8)


def test_the_penalty_is_the_one_that_leaving_out_blocks_prefers() -> None:
    data = correlated(1, n_frames=160, n_neurons=20)
    train, test = data[:120], data[120:]
    alphas, folds = (0.1, 3.0, 30.0, 300.0), 4
    z = (train - train.mean(axis=0)) / train.std(axis=0)
    chosen = []
    for neuron in range(20):
        others = [i for i in range(20) if i != neuron]
        errors = []
        for alpha in alphas:
            error = 0.0
            for block in np.split(np.arange(120), folds):
                rest = np.setdiff1d(np.arange(120), block)
                fit = Ridge(alpha=alpha * len(rest) / 120).fit(z[rest][:, others], z[rest, neuron])
                error += ((fit.predict(z[block][:, others]) - z[block, neuron]) ** 2).sum()
            errors.append(error)
        chosen.append(int(np.argmin(errors)))
    separate = [ridge_cosmoothing(train, test, alphas=(alpha,), folds=folds) for alpha in alphas]
    expected = np.stack([separate[c][:, i] for i, c in enumerate(chosen)], axis=1)
    np.testing.assert_allclose(ridge_cosmoothing(train, test, alphas=alphas, folds=folds), expected)
    assert len(set(chosen)) > 1  # neurons differ, so the choice is made for each


def test_cosmoothing_never_sees_the_neuron_it_predicts() -> None:
    data = correlated(2)
    changed = data[200:].copy()
    changed[:, 3] += 100 * np.random.default_rng(0).normal(size=100)
    before = ridge_cosmoothing(data[:200], data[200:], lags=(-1, 0, 1))
    after = ridge_cosmoothing(data[:200], changed, lags=(-1, 0, 1))
    np.testing.assert_allclose(after[:, 3], before[:, 3])
    assert np.abs(after[:, 0] - before[:, 0]).max() > 1


def test_cosmoothing_standardises_with_training_statistics_alone() -> None:
    data = correlated(3)
    whole, part = (ridge_cosmoothing(data[:200], data[200:stop]) for stop in (300, 230))
    np.testing.assert_allclose(whole[:30], part)


def test_cosmoothing_finds_what_is_there_and_nothing_in_noise() -> None:
    data = correlated(4, n_frames=600, n_neurons=12)
    assert R(data[400:], ridge_cosmoothing(data[:400], data[400:])).mean() > 0.8
    noise = np.random.default_rng(5).normal(size=(600, 12))
    assert abs(R(noise[400:], ridge_cosmoothing(noise[:400], noise[400:])).mean()) < 0.1


def test_squashing_keeps_a_rare_transient_from_ruling_the_fit() -> None:
    data = correlated(6, n_frames=400)
    train, test = data[:300].copy(), data[300:]
    train[50:53] += 60 * train.std(axis=0) * np.random.default_rng(1).normal(size=train.shape[1])
    plain, squashed = ridge_cosmoothing(train, test), ridge_cosmoothing(train, test, squash_sd=1.0)
    assert R(test, squashed).mean() > R(test, plain).mean() + 0.05
    np.testing.assert_allclose(
        ridge_cosmoothing(data[:300], test, squash_sd=1e5), ridge_cosmoothing(data[:300], test), rtol=1e-4
    )


def test_a_silent_training_neuron_is_predicted_at_its_mean_and_harms_nobody() -> None:
    data = correlated(7)
    data[:200, 2] = 1.5
    predicted = ridge_cosmoothing(data[:200], data[200:])
    np.testing.assert_allclose(predicted[:, 2], 1.5)
    others = [0, 1, 3, 4, 5, 6, 7]
    alone = ridge_cosmoothing(data[:200][:, others], data[200:][:, others])
    np.testing.assert_allclose(predicted[:, others], alone, atol=1e-8)


def test_a_hundred_neurons_take_less_than_three_seconds() -> None:
    data = correlated(8, n_frames=800, n_neurons=100, rank=10)
    start = time.process_time()
    ridge_cosmoothing(data[:600], data[600:])
    assert time.process_time() - start < 3.0


def test_persistence_is_the_frame_of_origin() -> None:
    values = np.arange(12.0).reshape(6, 2)
    truth, predicted = persistence(values, 2)
    np.testing.assert_array_equal(truth, values[2:])
    np.testing.assert_array_equal(predicted, values[:4])


def test_mean_prediction_is_constant_at_the_training_mean() -> None:
    train = np.array([[1.0, 2.0], [3.0, 6.0]])
    np.testing.assert_array_equal(mean_prediction(train, 3), [[2.0, 4.0]] * 3)


def first_order(seed: int, rho: float = 0.9, n: int = 1500) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.zeros((n, 4))
    for t in range(1, n):
        x[t] = rho * x[t - 1] + rng.normal(size=4)
    return x + 7.0


def test_autoregression_of_a_first_order_process_decays_as_it_should() -> None:
    x = first_order(0)
    train, test = x[:1000], x[1000:]
    for horizon, predicted in autoregressive_forecast(train, test, (1, 5), order=1, alpha=1e-9).items():
        slope = np.polyfit(test[:-horizon, 0], predicted[:, 0], 1)[0]
        assert slope == pytest.approx(0.9**horizon, abs=0.08)
        assert predicted.shape == (500 - horizon, 4)


def test_forecasts_look_back_across_the_border_and_never_ahead() -> None:
    x = first_order(1, n=300)
    changed = x.copy()
    changed[260:] += 50
    for forecast in (autoregressive_forecast, ridge_forecast):
        before, after = forecast(x[:200], x[200:], (3,))[3], forecast(x[:200], changed[200:], (3,))[3]
        np.testing.assert_array_equal(before[:60], after[:60])
        assert np.abs(before[60:] - after[60:]).max() > 1
    moved = x[:200].copy()
    moved[199] += 30  # the last training frame is the first origin's past
    np.testing.assert_raises(
        AssertionError,
        np.testing.assert_allclose,
        autoregressive_forecast(moved, x[200:], (1,), order=2)[1][0],
        autoregressive_forecast(x[:200], x[200:], (1,), order=2)[1][0],
        atol=1,
    )


def test_ridge_forecast_uses_the_neuron_that_leads() -> None:
    rng = np.random.default_rng(2)
    leader = rng.normal(size=500)
    follower = np.concatenate([np.zeros(5), leader[:-5]]) + 0.1 * rng.normal(size=500)
    x = np.stack([leader, follower], axis=1)
    for change in (True, False):
        predicted = ridge_forecast(x[:400], x[400:], (5,), change=change)[5]
        assert R(x[405:], predicted)[1] > 0.95
    assert R(x[405:], autoregressive_forecast(x[:400], x[400:], (5,))[5])[1] < 0.5


def test_ridge_forecast_with_a_huge_penalty_is_persistence_plus_drift_or_the_mean() -> None:
    x = first_order(3, n=300)
    train, test = x[:200], x[200:]
    for horizon in (1, 10):
        drift = (train[horizon:] - train[:-horizon]).mean(axis=0)
        predicted = ridge_forecast(train, test, (horizon,), alphas=(1e12,))[horizon]
        np.testing.assert_allclose(predicted, test[:-horizon] + drift, atol=1e-6)
        level = ridge_forecast(train, test, (horizon,), alphas=(1e12,), change=False)[horizon]
        np.testing.assert_allclose(
            level, np.broadcast_to(train[horizon:].mean(axis=0), level.shape), atol=1e-6
        )


def test_a_left_out_block_does_not_leak_through_the_horizon() -> None:
    """A fit may not hold targets of the left-out block: ``y[t]`` is frame t + h, so frames within h of the
    block are left out.
    """
    for block, rest in _blocks(100, 4, gap=7):
        assert len(block) == 25
        outside = np.concatenate([rest[rest < block[0]] + 7, rest[rest > block[-1]] - 7])
        assert not np.isin(outside, block).any()
        assert np.isin(np.setdiff1d(np.arange(100), rest), np.arange(block[0] - 7, block[-1] + 8)).all()


def worms(folder: Path) -> list[np.ndarray]:
    """F/F20 of the surely identified neurons of the five labelled worms, the first of two cells with one
    label.
    """
    found = []
    with tarfile.open(folder / "celegans_dag2023.tar.gz") as archive:
        for member in sorted(m for m in archive.getnames() if m.endswith(".npz")):
            file = archive.extractfile(member)
            assert file is not None
            data = np.load(io.BytesIO(file.read()))
            columns = {
                label: i
                for i, label in reversed(list(enumerate(data["label"])))
                if label and "?" not in label
            }
            if columns:
                found.append(data["trace_F_F20"][:, sorted(columns.values())].astype(float))
    return found


def test_baselines_of_the_five_worms(data_folder: Path) -> None:
    """Fit on frames 0–600, scored on 600–800; ../shared/BASELINES.md has 0.533 for ridge."""
    recorded = worms(data_folder)
    assert len(recorded) == 5
    ridge = [R(w[600:], ridge_cosmoothing(w[:600], w[600:])).mean() for w in recorded]
    assert np.mean(ridge) == pytest.approx(0.535, abs=0.005)
    still = [
        forecast_accuracy(w[600:], {h: persistence(w[600:], h)[1] for h in (1, 5, 10, 20)}) for w in recorded
    ]
    means = [np.mean([s[h].mean() for s in still]) for h in (1, 5, 10, 20)]
    assert means == pytest.approx([0.793, 0.557, 0.375, 0.212], abs=0.005)


def test_unusable_arguments_are_refused() -> None:
    data = correlated(9, n_frames=60)
    train, test = data[:40], data[40:]
    with pytest.raises(InputError, match="differ in neurons(.|\n)*8 and 7"):
        ridge_cosmoothing(train, test[:, 1:])
    with pytest.raises(InputError, match="lags with 0 among them"):
        ridge_cosmoothing(train, test, lags=(1, 2))
    with pytest.raises(InputError, match="penalties must be positive"):
        ridge_cosmoothing(train, test, alphas=(0.0,))
    with pytest.raises(InputError, match="2 or more blocks"):
        ridge_cosmoothing(train, test, folds=1)
    with pytest.raises(InputError, match="horizon does not fit"):
        persistence(test, 19)
    with pytest.raises(InputError, match="no frames remain outside a block"):
        ridge_forecast(train, data[:40], (15,), folds=2)
    with pytest.raises(InputError, match="at least the present frame"):
        ridge_forecast(train, test, (1,), lags=0)
    assert min(ALPHAS) > 0
