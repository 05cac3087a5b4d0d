"""Recordings: refusals, slicing, alignment, standardisation without leaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import Recording

NAMES = tuple(f"n{i}" for i in range(8))
ACTIVITY = np.arange(12, dtype=float).reshape(4, 3)


@st.composite
def recordings(draw: st.DrawFn, min_frames: int = 1) -> Recording:
    n_frames, n_neurons = draw(st.integers(min_frames, 12)), draw(st.integers(1, 6))
    numbers = st.floats(-100, 100, width=32)
    observed = draw(arrays.arrays(bool, n_neurons))
    activity = draw(arrays.arrays(np.float32, (n_frames, n_neurons), elements=numbers)) * observed
    inputs = draw(arrays.arrays(np.float32, (n_frames, 2), elements=numbers))
    trials = draw(st.none() | st.just(np.arange(n_frames) // 3))
    names = tuple(draw(st.permutations(NAMES))[:n_neurons])
    return Recording(activity, names, 50.0, "rate", inputs, ("light", "odour"), observed, trials, "s1")


def test_plain_properties() -> None:
    recording = Recording(ACTIVITY, ("a", "b", "c"), 600, subject="w1")
    assert (recording.n_frames, recording.n_neurons, recording.duration_ms) == (4, 3, 2400)
    assert recording.activity.dtype == np.float32
    assert recording.inputs.shape == (4, 0)
    assert recording.observed.all()
    with pytest.raises(ValueError, match="read-only"):
        recording.activity[0, 0] = 1


def test_the_array_handed_in_is_not_shared() -> None:
    mine = ACTIVITY.astype(np.float32)
    recording = Recording(mine, ("a", "b", "c"), 600)
    mine[0, 0] = 99
    assert recording.activity[0, 0] == 0


NAN = ACTIVITY.copy()
NAN[2, 1] = np.nan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activity": NAN}, r"activity is not finite\n  given:    nan at frame 2, b"),
        ({"activity": np.where(ACTIVITY == 11, np.inf, ACTIVITY)}, "inf at frame 3, c"),
        ({"activity": ACTIVITY[0]}, r"wrong shape(.|\n)*\[time, neuron\]"),
        ({"activity": ACTIVITY[:0]}, "at least one frame"),
        ({"names": ("a", "b")}, "2 names, 3 columns"),
        ({"names": "abc"}, "names and activity disagree"),
        ({"names": ("a", "b", "a")}, r"share one name\n  given:    a"),
        ({"dt_ms": 0}, "dt_ms cannot be used"),
        ({"dt_ms": float("nan")}, "dt_ms cannot be used"),
        ({"dt_ms": "600"}, "dt_ms cannot be used"),
        ({"kind": "calcum"}, r"unknown kind of recording(.|\n)*did you mean calcium"),
        ({"inputs": np.zeros((3, 1))}, "3 and 4 frames"),
        (
            {"inputs": np.full((4, 1), np.nan), "input_names": ("light",)},
            "inputs is not finite\n.*frame 0, light",
        ),
        ({"inputs": np.zeros((4, 2)), "input_names": ("light",)}, "1 names, 2 columns"),
        ({"inputs": np.zeros((4, 2)), "input_names": ("x", "x")}, "two input channels"),
        ({"observed": np.array([1, 1, 0])}, "mask does not fit"),
        ({"observed": np.array([True, True])}, "mask does not fit"),
        ({"observed": np.array([True, True, False])}, "not observed has activity\n.*c"),
        ({"trials": np.zeros(4)}, "trials do not fit"),
        ({"trials": np.zeros(3, int)}, "trials do not fit"),
    ],
)
def test_refusals(change: dict, message: str) -> None:
    given_values = {"activity": ACTIVITY, "names": ("a", "b", "c"), "dt_ms": 600.0, **change}
    with pytest.raises(InputError, match=message):
        Recording(**given_values)


@settings(max_examples=25, deadline=None)
@given(recordings(), st.data())
def test_a_slice_is_the_rows_and_halves_join_to_the_whole(recording: Recording, data: st.DataObject) -> None:
    assert recording.slice(0, recording.n_frames).equals(recording)
    if recording.n_frames < 2:
        return
    cut = data.draw(st.integers(1, recording.n_frames - 1))
    first, second = recording.slice(0, cut), recording.slice(cut)
    assert np.array_equal(np.vstack([first.activity, second.activity]), recording.activity)
    assert np.array_equal(np.vstack([first.inputs, second.inputs]), recording.inputs)
    if recording.trials is not None and first.trials is not None and second.trials is not None:
        assert np.array_equal(np.concatenate([first.trials, second.trials]), recording.trials)
    assert (first.subject, first.dt_ms, first.names) == (recording.subject, recording.dt_ms, recording.names)


def test_an_empty_slice_is_refused() -> None:
    recording = Recording(ACTIVITY, ("a", "b", "c"), 600)
    with pytest.raises(
        InputError, match=r"no frames in this stretch\n  given:    3:3\n  expected: within 0:4"
    ):
        recording.slice(3, 3)
    with pytest.raises(InputError, match="no frames"):
        recording.slice(9)


@settings(max_examples=25, deadline=None)
@given(recordings(), st.permutations(NAMES))
def test_align_places_every_trace_and_invents_none(recording: Recording, names: list[str]) -> None:
    aligned = recording.align(names)
    assert aligned.names == tuple(names)
    assert aligned.observed.sum() == recording.observed.sum()
    assert not aligned.activity[:, ~aligned.observed].any()
    for column, name in enumerate(recording.names):
        if recording.observed[column]:
            assert aligned.observed[names.index(name)]
            assert np.array_equal(aligned.activity[:, names.index(name)], recording.activity[:, column])
    assert aligned.select(recording.names).equals(recording)
    assert aligned.align(names).equals(aligned)


def test_align_and_select_lose_nothing_silently() -> None:
    recording = Recording(ACTIVITY, ("a", "b", "c"), 600, subject="w1")
    with pytest.raises(InputError, match=r"missing from the names to align to\n  given:    b, c"):
        recording.align(["a", "x"])
    with pytest.raises(UnknownName, match="unknown neuron in recording w1"):
        recording.select(["a", "x"])


@settings(max_examples=25, deadline=None)
@given(recordings(min_frames=6), st.integers(2, 4), st.integers(0, 1000))
def test_standardised_looks_at_the_reference_frames_only(recording: Recording, stop: int, seed: int) -> None:
    """Whatever happens after the reference must not change one number before its end."""
    later = recording.activity.copy()
    later[stop:] += np.random.default_rng(seed).normal(5, 20, later[stop:].shape) * recording.observed
    other = Recording(later, recording.names, recording.dt_ms, "rate", observed=recording.observed)
    reference = slice(0, stop)
    one, two = recording.standardised(reference), other.standardised(reference)
    assert np.array_equal(one.activity[:stop], two.activity[:stop])


def test_standardised_has_mean_0_and_sd_1_on_the_reference_and_undoes_any_scale_and_shift() -> None:
    rng = np.random.default_rng(3)
    activity = rng.normal(7, 3, (200, 4))
    recording = Recording(activity, tuple("abcd"), 100)
    z = recording.standardised(slice(0, 120)).activity
    assert np.allclose(z[:120].mean(0), 0, atol=1e-5)
    assert np.allclose(z[:120].std(0), 1, atol=1e-5)
    assert not np.allclose(z.mean(0), 0, atol=1e-3)
    moved = Recording(activity * 5 - 2, tuple("abcd"), 100).standardised(slice(0, 120)).activity
    assert np.allclose(z, moved, atol=1e-4)


def test_standardised_keeps_a_silent_and_an_unobserved_neuron_finite() -> None:
    activity = np.column_stack([np.full(5, 0.1), np.zeros(5), np.arange(5)])
    recording = Recording(activity, ("flat", "unseen", "c"), 10, observed=np.array([True, False, True]))
    z = recording.standardised().activity
    assert np.allclose(z[:, :2], 0, atol=1e-4)
    assert not z[:, 1].any()
    with pytest.raises(InputError, match="too few reference frames"):
        recording.standardised(slice(0, 1))
    with pytest.raises(InputError, match="sd_floor"):
        recording.standardised(sd_floor=0)


def test_to_frame_has_the_observed_neurons_in_milliseconds() -> None:
    activity = np.column_stack([np.arange(3), np.zeros(3)])
    frame = Recording(activity, ("a", "b"), 20, observed=np.array([True, False])).to_frame()
    assert list(frame.columns) == ["a"]
    assert frame.index.tolist() == [0, 20, 40]
    assert frame["a"].tolist() == [0, 1, 2]


def test_equals_sees_every_difference() -> None:
    recording = Recording(ACTIVITY, ("a", "b", "c"), 600)
    for other in (
        Recording(ACTIVITY + 1, ("a", "b", "c"), 600),
        Recording(ACTIVITY, ("a", "b", "d"), 600),
        Recording(ACTIVITY, ("a", "b", "c"), 500),
        Recording(ACTIVITY, ("a", "b", "c"), 600, subject="x"),
        Recording(ACTIVITY, ("a", "b", "c"), 600, inputs=np.ones((4, 1))),
        Recording(ACTIVITY, ("a", "b", "c"), 600, trials=np.zeros(4, int)),
    ):
        assert not recording.equals(other)
    assert not recording.equals(ACTIVITY)


def test_plot_draws_one_trace_per_neuron() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = Recording(ACTIVITY, ("a", "b", "c"), 600).plot(names=["c", "a"])
    assert len(axes.lines) == 2
    assert [label.get_text() for label in axes.get_yticklabels()] == ["c", "a"]
    assert axes.get_xlabel() == "time (s)"
