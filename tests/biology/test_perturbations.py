"""Perturbations: rows respond, columns are stimulated."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology import Perturbations

NAN = np.nan
AMPLITUDE = np.array([[1.0, 0.2, NAN], [0.5, 1.0, -0.1], [NAN, NAN, NAN]])
Q = np.array([[0.0, 0.5, NAN], [0.01, 0.0, 0.05], [NAN, NAN, NAN]])
REPEATS = np.array([[5, 3, 0], [4, 6, 2], [0, 0, 0]])


def example() -> Perturbations:
    return Perturbations(("a", "b", "c"), AMPLITUDE, Q, REPEATS)


def test_measured_and_significant_leave_the_diagonal_out() -> None:
    atlas = example()
    assert atlas.measured.tolist() == [[False, True, False], [True, False, True], [False, False, False]]
    assert np.argwhere(atlas.significant()).tolist() == [[1, 0]]
    assert atlas.significant(0.06).sum() == 2


def test_the_frame_says_who_was_stimulated() -> None:
    frame = example().to_frame().set_index(["stimulated", "responding"])
    assert len(frame) == 3
    assert frame.loc[("a", "b"), "amplitude"] == pytest.approx(0.5)
    assert frame.loc[("c", "b"), "repeats"] == 2


def test_align_moves_both_axes_and_back() -> None:
    atlas = example()
    wide = atlas.align(("x", "c", "b", "a"))
    assert wide.measured.sum() == 3
    assert wide.amplitude[2, 3] == np.float32(0.5)
    assert not wide.measured[0].any()
    assert wide.align(("a", "b", "c", "x")).align(("a", "b", "c")).equals(atlas)
    with pytest.raises(InputError, match=r"with measurements are missing(.|\n)*given:    b"):
        atlas.align(("a", "c"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": Q[:2]}, r"q does not fit the names\n  given:    \(2, 3\)(.|\n)*responding × stimulated"),
        ({"q": Q + 1}, r"q value is outside \[0, 1\]"),
        ({"amplitude": np.where(AMPLITUDE == 0.2, np.inf, AMPLITUDE)}, "amplitude is infinite"),
        ({"repeats": REPEATS - 1}, "repeats is negative"),
        ({"names": ("a", "b", "a")}, r"share one name\n  given:    a"),
    ],
)
def test_refusals(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Perturbations(
            **{"names": ("a", "b", "c"), "amplitude": AMPLITUDE, "q": Q, "repeats": REPEATS, **change}
        )


def test_alpha_is_checked() -> None:
    with pytest.raises(InputError, match="alpha cannot be used"):
        example().significant(0)


def test_plot_has_responding_rows_and_stimulated_columns() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = example().plot()
    assert axes.images[0].get_array().shape == (2, 3)
    assert axes.get_xlabel().startswith("stimulated")
    assert axes.get_ylabel().startswith("responding")
