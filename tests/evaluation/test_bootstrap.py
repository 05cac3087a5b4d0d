"""Intervals: known answers, coverage on data whose truth is known, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.evaluation.bootstrap import bootstrap_mean, bootstrap_paired_difference, bootstrap_pairs
from neurotwin.evaluation.ranking import auroc_statistic


def test_value_is_the_mean_over_worms_of_the_mean_over_neurons() -> None:
    interval = bootstrap_mean([np.array([1.0, 3.0, np.nan]), np.array([10.0]), np.array([np.nan])])
    assert interval.value == pytest.approx((2.0 + 10.0) / 2)
    assert interval.n == 3
    assert interval.low < interval.value < interval.high


def test_nothing_and_one_number_have_no_interval() -> None:
    empty, single = bootstrap_mean([np.array([np.nan])]), bootstrap_mean([np.array([0.4])])
    assert (empty.n, np.isnan(empty.value)) == (0, True)
    assert (single.value, single.n, np.isnan(single.low), np.isnan(single.high)) == (0.4, 1, True, True)


def test_one_worm_resamples_its_neurons() -> None:
    values = np.random.default_rng(0).normal(size=400)
    interval = bootstrap_mean([values])
    half_width = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half_width, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half_width, abs=0.02)


def test_worms_that_differ_widen_the_interval_beyond_their_neurons() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(6, 50)) * 0.1
    alike, apart = list(noise), list(noise + np.arange(6)[:, None])
    narrow, wide = (bootstrap_mean(g) for g in (alike, apart))
    assert wide.high - wide.low > 10 * (narrow.high - narrow.low)


def test_equal_seed_gives_equal_interval_and_another_seed_another() -> None:
    groups = list(np.random.default_rng(2).normal(size=(3, 20)))
    assert bootstrap_mean(groups, seed=4) == bootstrap_mean(groups, seed=4)
    assert bootstrap_mean(groups, seed=4) != bootstrap_mean(groups, seed=5)


def test_ninety_five_per_cent_intervals_cover_the_truth_about_that_often() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for trial in range(200):
        groups = [rng.normal(0.5 + 0.1 * rng.normal(), 0.3, size=25) for _ in range(8)]
        interval = bootstrap_mean(groups, n_resamples=400, seed=trial)
        covered += interval.low <= 0.5 <= interval.high
    assert 0.85 <= covered / 200 <= 0.99


def test_resampling_neurons_as_if_worms_were_alike_would_not_cover() -> None:
    """The hierarchy makes the interval honest: pooling the neurons of unlike worms covers far too rarely."""
    rng = np.random.default_rng(4)
    covered = 0
    for trial in range(100):
        groups = [rng.normal(0.5 + 0.1 * rng.normal(), 0.1, size=25) for _ in range(8)]
        interval = bootstrap_mean([np.concatenate(groups)], n_resamples=300, seed=trial)
        covered += interval.low <= 0.5 <= interval.high
    assert covered / 100 < 0.75


def test_pairing_decides_a_difference_that_separate_intervals_do_not() -> None:
    rng = np.random.default_rng(5)
    a = [rng.normal(0.4, 0.3, size=60) for _ in range(4)]
    b = [g - 0.05 + 0.02 * rng.normal(size=60) for g in a]
    paired = bootstrap_paired_difference(a, b)
    assert paired.value == pytest.approx(0.05, abs=0.01)
    assert paired.low > 0
    assert bootstrap_mean(a).low < bootstrap_mean(b).high


def test_paired_difference_leaves_out_neurons_that_either_lacks_and_refuses_others() -> None:
    interval = bootstrap_paired_difference([np.array([1.0, np.nan, 3.0])], [np.array([0.0, 5.0, 1.0])])
    assert (interval.value, interval.n) == (1.5, 2)
    with pytest.raises(InputError, match="same neurons of the same worms"):
        bootstrap_paired_difference([np.zeros(3)], [np.zeros(4)])


def pairs(seed: int, n_columns: int = 40, n_rows: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(n_columns), n_rows)
    label = rng.random(clusters.size) < 0.3
    # a column's scores share a shift, and so do its labels: pairs of one column are not independent
    shift = rng.normal(size=n_columns)
    label |= rng.random(clusters.size) < 0.5 * (rng.normal(size=n_columns) > 0)[clusters]
    return rng.normal(size=clusters.size) + 2 * shift[clusters] + label, label, clusters


def test_cluster_bootstrap_is_wider_than_one_over_single_pairs() -> None:
    score, label, clusters = pairs(6)
    by_column = bootstrap_pairs(auroc_statistic(score, label, clusters), clusters, n_resamples=500)
    alone = np.arange(score.size)
    by_pair = bootstrap_pairs(auroc_statistic(score, label, alone), alone, n_resamples=500)
    assert by_column.value == pytest.approx(by_pair.value)
    assert by_column.high - by_column.low > 1.5 * (by_pair.high - by_pair.low)
    assert by_column.n == score.size


def test_undefined_resamples_are_left_out_and_one_cluster_has_no_interval() -> None:
    score, label, clusters = (
        np.array([1.0, 2, 3, 4]),
        np.array([True, False, False, False]),
        np.array([0, 0, 1, 1]),
    )
    interval = bootstrap_pairs(auroc_statistic(score, label, clusters), clusters, n_resamples=50)
    assert np.isfinite([interval.low, interval.high]).all()
    single = bootstrap_pairs(auroc_statistic(score, label, clusters * 0), clusters * 0)
    assert np.isnan(single.low)
    assert single.value == 0.0


def test_two_thousand_resamples_take_less_than_a_second() -> None:
    groups = list(np.random.default_rng(7).normal(size=(5, 100)))
    score, label, clusters = pairs(8, n_columns=100, n_rows=100)
    for run in (
        lambda: bootstrap_mean(groups),
        lambda: bootstrap_pairs(auroc_statistic(score, label, clusters), clusters),
    ):
        start = time.process_time()
        run()
        assert time.process_time() - start < 1.0
