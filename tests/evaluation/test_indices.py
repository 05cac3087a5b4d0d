"""Contract of the registry of indices, known answers, and the scores made of recordings."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology.recording import Recording
from neurotwin.evaluation.indices import (
    INDICES,
    autocorrelation_time_ms,
    autocorrelation_time_spearman,
    biology_scores,
    index_table,
    participation_ratio,
)

EXPECTED = (
    "spectrum_distance",
    "correlation_similarity",
    "autocorrelation_time_error",
    "dimensionality_ratio",
)


def slow(seed: int, rho: float | np.ndarray, n_frames: int = 400, n: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.zeros((n_frames, n))
    for t in range(1, n_frames):
        x[t] = rho * x[t - 1] + rng.normal(size=n)
    return x


def recording(
    activity: np.ndarray, subject: str = "", names: tuple[str, ...] | None = None, dt: float = 600.0
) -> Recording:
    return Recording(activity, names or tuple(f"N{i}" for i in range(activity.shape[1])), dt, subject=subject)


def test_the_registry_holds_the_scoreboards_indices() -> None:
    assert tuple(INDICES.names()) == EXPECTED


@pytest.mark.parametrize("name", INDICES.names())
def test_contract(name: str) -> None:
    index = INDICES[name]
    assert index.name == name
    assert len(index.description) > 20
    result = index(slow(0, 0.8), slow(1, 0.8, n_frames=300), 600.0)  # lengths may differ
    assert np.isfinite([result.value, result.recorded, result.twin]).all()
    assert result.values.shape in ((6,), (1,))
    with pytest.raises(InputError, match="different neurons"):
        index(slow(0, 0.8), slow(0, 0.8)[:, :3], 600.0)
    with pytest.raises(InputError, match="too few frames"):
        index(slow(0, 0.8)[:10], slow(0, 0.8), 600.0)
    with pytest.raises(InputError, match="simulated holds NaN"):
        index(slow(0, 0.8), np.full((400, 6), np.nan), 600.0)


def test_autocorrelation_time_of_a_first_order_process() -> None:
    tau = autocorrelation_time_ms(slow(2, 0.9, n_frames=20_000), 100.0)
    np.testing.assert_allclose(tau, -100.0 / np.log(0.9), rtol=0.15)


def test_autocorrelation_time_where_there_is_none() -> None:
    silent = np.zeros((50, 2))
    silent[:, 1] = np.linspace(-1, 1, 50)
    tau = autocorrelation_time_ms(silent, 10.0)
    assert np.isnan(tau[0])
    assert 0 < tau[1] <= 250.0


def test_autocorrelation_is_that_of_a_stretch_and_not_of_a_circle() -> None:
    values = slow(11, 0.95, n_frames=100, n=3)
    centred = values - values.mean(axis=0)
    for neuron, tau in enumerate(autocorrelation_time_ms(values, 1.0)):
        full = np.correlate(centred[:, neuron], centred[:, neuron], "full")[99:]
        curve = full / full[0]
        after = int(np.argmax(curve < np.exp(-1)))
        assert tau == pytest.approx(np.interp(-np.exp(-1), -curve[after - 1 : after + 1], [after - 1, after]))


def test_a_silent_twin_is_some_decades_away_and_not_infinitely() -> None:
    values = slow(12, 0.8)
    assert 3 < INDICES["spectrum_distance"](values, np.zeros_like(values), 1.0).value < 8


def test_a_recorded_neuron_that_does_not_vary_is_left_out() -> None:
    values = slow(14, 0.8)
    silent = values.copy()
    silent[:, 2] = 1.0
    for name in ("spectrum_distance", "autocorrelation_time_error"):
        result = INDICES[name](silent, values, 1.0)
        assert np.isnan(result.values[2])
        assert result.value == pytest.approx(0.0, abs=1e-9)


def test_a_neuron_that_the_twin_lacks_is_not_compared() -> None:
    truth = recording(slow(13, 0.8))
    twin = truth.select(["N0", "N1", "N2", "N3"]).align(truth.names)  # N4 and N5 stand there as zeros
    found = {s.metric: s for s in biology_scores([truth], [twin])}
    assert found["spectrum_distance"].n == 4
    assert found["dimensionality_ratio"].value == pytest.approx(1.0)


def test_slow_neurons_are_found_slow() -> None:
    rho = np.linspace(0.3, 0.97, 6)
    assert autocorrelation_time_spearman(slow(3, rho, 4000), slow(4, rho, 4000), 1.0) > 0.9
    assert autocorrelation_time_spearman(slow(3, rho, 4000), slow(4, rho[::-1], 4000), 1.0) < -0.9


def test_participation_ratio_counts_dimensions() -> None:
    rng = np.random.default_rng(5)
    white = np.linalg.qr(rng.normal(size=(500, 8)) - rng.normal(size=8))[0]
    white = np.linalg.qr(white - white.mean(axis=0))[0]
    assert participation_ratio(white) == pytest.approx(8.0)
    assert participation_ratio(np.outer(rng.normal(size=100), rng.normal(size=8))) == pytest.approx(1.0)
    assert np.isnan(participation_ratio(np.ones((20, 3))))


def test_dimensionality_ratio_is_symmetric_and_at_most_one() -> None:
    low, high = np.outer(slow(6, 0.5, n=1)[:, 0], np.ones(6)) + 0.01 * slow(7, 0.5), slow(8, 0.5)
    there, back = (INDICES["dimensionality_ratio"](a, b, 1.0) for a, b in ((low, high), (high, low)))
    assert there.value == pytest.approx(back.value)
    assert there.value < 0.3
    assert (there.recorded, there.twin) == (back.twin, back.recorded)


def test_scores_compare_the_neurons_that_both_observed_by_name() -> None:
    truth = slow(9, np.linspace(0.3, 0.95, 6))
    here = recording(truth, "one")
    order = [4, 2, 0, 1, 5, 3]
    shuffled = recording(truth[:, order], names=tuple(f"N{i}" for i in order))
    wider = shuffled.align([*here.names, "EXTRA"])
    for twin in (shuffled, wider):
        for score in biology_scores([here], [twin]):
            assert score.value == pytest.approx(1.0 if score.higher_is_better else 0.0, abs=1e-9)
    assert {
        s.n for s in biology_scores([here], [shuffled.select(["N1", "N2", "N3"])]) if "spectrum" in s.metric
    } == {3}


def test_scores_have_the_boards_names_and_intervals_where_there_is_something_to_resample() -> None:
    recorded = [recording(slow(i, 0.8), f"w{i}") for i in range(3)]
    twins = [recording(slow(i + 10, 0.6), f"w{i}") for i in range(3)]
    scores = biology_scores(recorded, twins)
    assert [s.metric for s in scores] == list(EXPECTED)
    for score in scores:
        assert (score.family, score.split, score.model) == ("biology", "generation", "twin")
        assert score.low < score.value < score.high
        assert score.source.startswith("recorded ")
    single = {s.metric: s for s in biology_scores(recorded[:1], twins[:1])}
    assert np.isnan(single["dimensionality_ratio"].low)
    assert np.isfinite(single["spectrum_distance"].low)


def test_the_table_has_both_sides_of_each_index() -> None:
    table = index_table([recording(slow(0, 0.9), "w")], [recording(slow(1, 0.2))])
    assert list(table.columns) == ["worm", "index", "recorded", "twin", "value", "unit"]
    assert list(table["index"]) == list(EXPECTED)
    tau = table[table["index"] == "autocorrelation_time_error"].iloc[0]
    assert tau["recorded"] > 2 * tau["twin"]


def test_unusable_recordings_are_refused() -> None:
    a = recording(slow(0, 0.8))
    with pytest.raises(InputError, match="one simulation for each recording"):
        biology_scores([a], [])
    with pytest.raises(InputError, match=r"different time steps(.|\n)*600"):
        biology_scores([a], [recording(slow(0, 0.8), dt=300.0)])
    with pytest.raises(InputError, match="share no observed neuron"):
        biology_scores([a], [recording(slow(0, 0.8), names=tuple("ABCDEF"))])
