"""Fits recover what was drawn, AIC picks the family that drew it, and what cannot be fitted is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.init import FAMILIES, fit, fit_all

TRUTH = {
    "gaussian": {"mean": 12.0, "sd": 2.0},
    "lognormal": {"mu": 1.0, "sigma": 0.9},
    "gamma": {"shape": 2.5, "scale": 3.0},
    "exponential": {"scale": 4.0},
}


def _sample(name: str, n: int = 4000) -> np.ndarray:
    return FAMILIES[name].frozen(**TRUTH[name]).rvs(size=n, random_state=np.random.default_rng(3))


def test_every_family_has_a_truth_to_be_tested_against():
    assert set(TRUTH) == set(FAMILIES)


@pytest.mark.parametrize("name", TRUTH)
def test_parameters_are_recovered(name):
    found = fit(name, _sample(name))
    assert found.parameters == pytest.approx(TRUTH[name], rel=0.06)
    assert found.n == 4000


@pytest.mark.parametrize("name", TRUTH)
def test_the_family_that_drew_the_sample_has_the_lowest_aic_and_a_small_distance(name):
    fits = fit_all(_sample(name))
    aic = [one.aic for one in fits]
    assert aic == sorted(aic)
    if name == "exponential":  # a gamma of shape 1 is an exponential, at the price of one parameter
        assert abs(fits.best.aic - next(one for one in fits if one.name == name).aic) < 4
    else:
        assert fits.best.name == name
    right = next(one for one in fits if one.name == name)
    assert right.ks < 0.025
    assert right.ks_p > 0.01
    assert all(one.ks > 2 * right.ks for one in fits if one.name not in (name, "gamma", "exponential"))


def test_likelihood_and_aic_equal_their_definitions():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    found = fit("exponential", values)
    assert found.parameters["scale"] == values.mean()
    expected = -4 * np.log(4.0) - 4
    assert found.log_likelihood == pytest.approx(expected)
    assert found.aic == pytest.approx(2 - 2 * expected)
    normal = fit("gaussian", values)
    normal_distribution: Any = stats.norm(values.mean(), values.std())
    assert normal.log_likelihood == pytest.approx(normal_distribution.logpdf(values).sum())
    assert normal.aic == pytest.approx(4 - 2 * normal.log_likelihood)


@pytest.mark.parametrize("name", TRUTH)
def test_no_nearby_parameters_are_likelier(name):
    values = _sample(name, 300)
    best = fit(name, values)
    for parameter in best.parameters:
        for factor in (0.98, 1.02):
            moved = {**best.parameters, parameter: best.parameters[parameter] * factor}
            other: Any = FAMILIES[name].frozen(**moved)
            assert other.logpdf(values).sum() < best.log_likelihood


def test_counts_are_scaled_by_scaling_parameters_only():
    values = _sample("gamma")
    once, thrice = fit("gamma", values), fit("gamma", 3 * values)
    assert thrice.parameters["shape"] == pytest.approx(once.parameters["shape"], rel=1e-6)
    assert thrice.parameters["scale"] == pytest.approx(3 * once.parameters["scale"], rel=1e-6)
    assert thrice.ks == pytest.approx(once.ks, abs=1e-8)


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.parametrize(
    ("values", "message"),
    [([], "no values"), ([1, np.nan, 2], "nan at position 1"), ([1, np.inf], "not finite")],
)
def test_empty_and_not_finite_values_are_refused(name, values, message):
    with pytest.raises(InputError, match=message):
        fit(name, values)


@pytest.mark.parametrize("name", ["lognormal", "gamma", "exponential"])
@pytest.mark.parametrize("value", [0.0, -2.0])
def test_values_that_are_not_positive_are_refused_where_the_family_is_positive(name, value):
    with pytest.raises(InputError, match="positive values only[\\s\\S]*at position 1"):
        fit(name, [1.0, value, 3.0])


@pytest.mark.parametrize("name", ["gaussian", "lognormal", "gamma"])
def test_equal_values_are_refused_where_the_spread_is_a_parameter(name):
    with pytest.raises(InputError, match="cannot be fitted to equal values[\\s\\S]*3 times 2"):
        fit(name, [2.0, 2.0, 2.0])
    with pytest.raises(InputError, match="equal values"):
        fit_all([2.0, 2.0])


def test_a_gaussian_takes_negative_values_and_an_exponential_equal_ones():
    assert fit("gaussian", [-1.0, 1.0]).parameters == {"mean": 0.0, "sd": 1.0}
    assert fit("exponential", [2.0, 2.0]).parameters == {"scale": 2.0}


def test_an_unknown_family_is_named():
    with pytest.raises(UnknownName, match="unknown distribution[\\s\\S]*did you mean lognormal"):
        fit("lognorm", [1.0, 2.0])


def test_the_table_is_in_order_and_carries_the_caveat():
    fits = fit_all(_sample("lognormal"))
    table = fits.to_frame()
    assert table["name"].tolist() == [one.name for one in fits]
    assert table["delta_aic"].iloc[0] == 0 and table["delta_aic"].is_monotonic_increasing
    assert "fitted to the same data" in table.attrs["ks_p"] == fits.best.caveat
    assert fits.best.describe().startswith("lognormal (mu ")
    assert fits.best.distribution().median() == pytest.approx(np.exp(fits.best.parameters["mu"]))
