"""Two neurons that drive each other: by formula, by twin, their weights found again; and the page."""

from __future__ import annotations

import re
from math import tanh
from pathlib import Path

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network.circuit import closed_form, recover_weights, respond, two_neuron_twin

X, W12, W21 = (0.3, 0.7), 0.5, 0.3
PAGE = Path(__file__).parents[2] / "docs" / "two-neurons.md"


@pytest.fixture(scope="module")
def inputs() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (50, 2))


def test_the_closed_form_has_the_numbers_of_the_mission():
    y1, y2 = closed_form(X, W12, W21)
    assert y1 == pytest.approx(tanh(0.3 + 0.5 * tanh(0.7)), abs=1e-15)
    assert y2 == pytest.approx(tanh(0.7 + 0.3 * tanh(0.3)), abs=1e-15)
    assert (round(y1, 6), round(y2, 6)) == (0.538602, 0.656930)


def test_the_twin_is_the_closed_form(inputs):
    twin = two_neuron_twin(W12, W21)
    np.testing.assert_allclose(respond(twin, X)[0], closed_form(X, W12, W21), atol=1e-6)
    np.testing.assert_allclose(respond(twin, inputs), closed_form(inputs, W12, W21), atol=1e-6)


def test_swapped_weights_are_told_apart(inputs):
    swapped = two_neuron_twin(W21, W12)
    assert np.abs(respond(swapped, X)[0] - closed_form(X, W12, W21)).min() > 0.03
    w12, w21 = recover_weights(inputs, closed_form(inputs, W21, W12))
    assert w12 == pytest.approx(W21, abs=1e-3)
    assert w21 == pytest.approx(W12, abs=1e-3)


@pytest.mark.parametrize("start", [(-0.4, 0.9), (0.0, 0.0)])
def test_weights_are_recovered_from_a_wrong_start(inputs, start):
    w12, w21 = recover_weights(inputs, closed_form(inputs, W12, W21), start=start)
    assert w12 == pytest.approx(W12, abs=1e-3)
    assert w21 == pytest.approx(W21, abs=1e-3)


def test_a_fit_without_steps_stays_where_it_started(inputs):
    found = recover_weights(inputs, closed_form(inputs, W12, W21), start=(-0.4, 0.9), steps=0)
    assert found == pytest.approx((-0.4, 0.9), abs=1e-6)


def test_the_weight_into_neuron_1_comes_from_neuron_2():
    weights = two_neuron_twin(W12, W21).weights("chemical").toarray()
    np.testing.assert_allclose(weights, [[0, W12], [W21, 0]], atol=1e-7)


def test_samples_that_are_not_pairs_are_refused(inputs):
    with pytest.raises(
        InputError, match=r"(?s)y is not one finite number for each of two neurons.*\(50, 3\)"
    ):
        recover_weights(inputs, np.zeros((50, 3)))
    with pytest.raises(InputError, match="(?s)x and y differ in length.*50 and 49 samples"):
        recover_weights(inputs, closed_form(inputs[1:], W12, W21))
    with pytest.raises(InputError, match="x is not one finite number"):
        closed_form((0.3, np.nan), W12, W21)


def test_the_page_says_what_its_code_prints(capsys):
    if not PAGE.is_file():
        pytest.skip("the page is part of the repository, not of the installed package")
    text = PAGE.read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    printed = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert len(code) == len(printed) >= 3
    names: dict[str, object] = {}
    for block, expected in zip(code, printed, strict=True):
        exec(block, names)
        assert capsys.readouterr().out == expected
