"""One contract for every initialiser, and what is particular to some."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import Biology, Connectome, load
from neurotwin.blueprint import Blueprint, design
from neurotwin.init import (
    INITIALISERS,
    fit,
    initialise,
    spectral_norm,
    spectral_radius,
    spectrum,
)

METHODS = INITIALISERS.names()


def _matrix(blueprint: Blueprint, kind: str, values: np.ndarray) -> np.ndarray:
    edges = blueprint.edges_of(kind)
    dense = np.zeros((blueprint.n_neurons, blueprint.n_neurons))
    dense[edges.post_index, edges.pre_index] = values
    return dense


def _from_counts(counts: np.ndarray, sign: int = 1) -> Blueprint:
    """A random chemical network of 60 neurons with these counts."""
    rng = np.random.default_rng(0)
    places = rng.choice(60 * 60, len(counts), replace=False)
    rows = [(f"n{p // 60}", f"n{p % 60}", "chemical", c, sign) for p, c in zip(places, counts, strict=True)]
    synapses = pd.DataFrame(rows, columns=["pre", "post", "kind", "weight", "sign"])
    connectome = Connectome(pd.DataFrame({"name": [f"n{i}" for i in range(60)]}), synapses)
    return design(Biology("counts", connectome), dt_ms=1.0, motif_nulls=0)


@pytest.mark.parametrize("ranked", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_contract(blueprint, method, ranked):
    weights = initialise(blueprint, method=method, seed=5, radius=0.8, ranked=ranked)
    assert list(weights.values) == list(blueprint.kinds)
    for kind, value in weights.values.items():
        edges = blueprint.edges_of(kind)
        assert value.shape == (len(edges),) and value.dtype == np.float64
        assert np.isfinite(value).all() and (value != 0).all()
        if kind == "electrical":
            assert (value > 0).all()
            dense = _matrix(blueprint, kind, value)
            np.testing.assert_array_equal(dense, dense.T)
        else:
            known = edges.signs != 0
            np.testing.assert_array_equal(np.sign(value[known]), edges.signs[known])
        assert f"{kind}: " in weights.reason
    chemical = _matrix(blueprint, "chemical", weights.values["chemical"])
    assert np.abs(np.linalg.eigvals(chemical)).max() == pytest.approx(0.8, abs=1e-6)
    assert weights.radius_after == pytest.approx(0.8, abs=1e-6)
    assert weights.radius_before == pytest.approx(0.8 / weights.scales["chemical"])
    assert weights.method == method

    again = initialise(blueprint, method=method, seed=5, radius=0.8, ranked=ranked)
    other = initialise(blueprint, method=method, seed=6, radius=0.8, ranked=ranked)
    for kind, value in weights.values.items():
        np.testing.assert_array_equal(value, again.values[kind])
        assert np.array_equal(value, other.values[kind]) == (method == "counts"), kind


def test_scales_of_the_other_kinds_are_those_promised(blueprint):
    weights = initialise(blueprint, method="lognormal", radius=0.5, extrasynaptic_share=0.2, coupling=0.7)
    electrical = _matrix(blueprint, "electrical", weights.values["electrical"])
    total = electrical.sum(axis=1)
    assert total[total > 0].mean() == pytest.approx(0.7)
    for kind in ("monoamine", "peptide"):
        assert np.linalg.norm(_matrix(blueprint, kind, weights.values[kind]), 2) == pytest.approx(0.1)
    joint = sum(_matrix(blueprint, k, weights.values[k]) for k in ("chemical", "monoamine", "peptide"))
    assert weights.radius_joint == pytest.approx(np.abs(np.linalg.eigvals(joint)).max())


def test_counts_keep_the_proportions(blueprint):
    weights = initialise(blueprint)
    for kind, value in weights.values.items():
        ratio = np.abs(value) / blueprint.edges_of(kind).weights
        np.testing.assert_allclose(ratio, ratio[0])


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("counts", "glorot", "he")])
def test_ranked_keeps_the_biology_s_order_and_the_method_s_distribution(blueprint, method):
    counts = blueprint.edges_of("chemical").weights
    ranked = np.abs(initialise(blueprint, method=method, free_sign="positive").values["chemical"])
    free = initialise(blueprint, method=method, free_sign="positive", ranked=False)
    order = np.argsort(counts, kind="stable")
    lowest = [ranked[counts == c].min() for c in np.unique(counts)]
    highest = [ranked[counts == c].max() for c in np.unique(counts)]
    assert all(high <= low for high, low in zip(highest, lowest[1:], strict=False))
    # The same draws in another order: equal up to the scale that each order needs for the radius.
    other = np.sort(np.abs(free.values["chemical"]))
    np.testing.assert_allclose(np.sort(ranked) / ranked.sum(), other / other.sum())
    assert np.corrcoef(np.abs(free.values["chemical"])[order], np.arange(len(order)))[0, 1] < 0.3


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("lognormal", {"mu": 0.3, "sigma": 0.5}),
        ("gamma", {"shape": 3.0, "scale": 2.0}),
        ("exponential", {"scale": 2.0}),
    ],
)
def test_given_parameters_are_used_instead_of_fitted_ones(method, parameters):
    blueprint = _from_counts(np.ones(1500))  # nothing to fit
    weights = initialise(blueprint, method=method, parameters=parameters)
    drawn = np.abs(weights.values["chemical"]) / weights.scales["chemical"]
    assert fit(method, drawn).parameters == pytest.approx(parameters, rel=0.15)
    assert weights.fit is None
    assert "given by the caller" in weights.reason


def test_best_is_the_lowest_aic():
    counts = np.random.default_rng(1).gamma(2.0, 3.0, 1200)
    weights = initialise(_from_counts(counts), method="best")
    assert weights.fit is not None and weights.fit.name == "gamma" and weights.fit.n == 1200
    assert "lowest AIC of 4 families (" in weights.reason


def test_a_gaussian_is_folded_and_says_so(blueprint):
    weights = initialise(blueprint, method="gaussian")
    assert "folded at 0 because the sign is biology's" in weights.reason
    assert "|x| is used" in weights.reason
    known = blueprint.edges_of("chemical").signs != 0
    assert (weights.values["chemical"][known] * blueprint.edges_of("chemical").signs[known] > 0).all()


@pytest.mark.parametrize(
    ("method", "variance"), [("glorot", lambda i, o: 2 / (i + o)), ("he", lambda i, o: 2 / i)]
)
def test_fan_in_scaling_has_the_variance_of_its_formula(method, variance):
    rng = np.random.default_rng(0)
    blueprint = _from_counts(rng.integers(1, 5, 1500))
    edges = blueprint.edges_of("chemical")
    fan_in = np.bincount(edges.post_index, minlength=60)[edges.post_index]
    fan_out = np.bincount(edges.pre_index, minlength=60)[edges.pre_index]
    standard = []
    for seed in range(10):
        weights = initialise(blueprint, method=method, seed=seed, ranked=False)
        value = weights.values["chemical"] / weights.scales["chemical"]
        standard.append(value / np.sqrt(variance(fan_in, fan_out)))
    assert np.mean(np.square(standard)) == pytest.approx(1.0, abs=0.05)


def test_free_signs_follow_the_policy(blueprint):
    edges = blueprint.edges_of("chemical")
    free = edges.signs == 0
    random = initialise(blueprint, method="lognormal").values["chemical"][free]
    assert 0.3 < (random > 0).mean() < 0.7
    for method in ("lognormal", "counts"):
        value = initialise(blueprint, method=method, free_sign="positive").values["chemical"]
        assert (value[free] > 0).all() and (value[edges.signs == -1] < 0).all()
    assert (initialise(blueprint).values["chemical"][free] > 0).all()
    told = initialise(blueprint, free_sign="random")
    assert (told.values["chemical"][free] < 0).any()
    assert f"{free.sum()} free ones drawn with equal chance" in told.reason


def test_leaving_a_kind_out_does_not_change_the_others(blueprint):
    every = initialise(blueprint, method="gamma", seed=3)
    some = initialise(blueprint, method="gamma", seed=3, kinds=("electrical", "chemical"))
    assert list(some.values) == ["electrical", "chemical"]
    for kind, value in some.values.items():
        np.testing.assert_array_equal(value, every.values[kind])
    alone = initialise(blueprint, kinds=("electrical",))
    assert (alone.radius_before, alone.radius_after, alone.radius_joint) == (None, None, None)


def test_a_network_without_loops_is_scaled_by_its_norm():
    names = [f"n{i}" for i in range(5)]
    synapses = pd.DataFrame(
        {"pre": names[:-1], "post": names[1:], "kind": "chemical", "weight": [1, 2, 3, 4], "sign": 1}
    )
    biology = Biology("chain", Connectome(pd.DataFrame({"name": names}), synapses))
    weights = initialise(design(biology, dt_ms=1.0, motif_nulls=0), radius=0.9)
    assert weights.radius_before == weights.radius_after == 0.0
    assert np.abs(weights.values["chemical"]).max() == pytest.approx(0.9)
    assert "the largest singular value is scaled to 0.9" in weights.reason


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "glorrot"}, UnknownName, "unknown initialiser[\\s\\S]*did you mean glorot"),
        ({"kinds": ("chemical", "telepathy")}, UnknownName, "unknown kind of synapse in this blueprint"),
        ({"radius": 0.0}, InputError, "radius is not a positive number"),
        ({"radius": float("nan")}, InputError, "radius is not a positive number"),
        ({"extrasynaptic_share": -1.0}, InputError, "extrasynaptic_share is not a positive number"),
        ({"free_sign": "negative"}, UnknownName, "unknown policy for free signs"),
        ({"parameters": {"scale": 1.0}}, InputError, "method 'counts' takes no parameters"),
        (
            {"method": "gamma", "parameters": {"scale": 1.0}},
            InputError,
            "wrong parameters[\\s\\S]*shape, scale",
        ),
        (
            {"method": "gamma", "parameters": {"shape": -1.0, "scale": 1.0}},
            InputError,
            "out of range[\\s\\S]*shape",
        ),
        ({"method": "uniform", "parameters": {"top": 1.0}}, UnknownName, "unknown parameter of 'uniform'"),
        ({"method": "uniform", "parameters": {"low": 2.0}}, InputError, "range of a uniform distribution"),
    ],
)
def test_wrong_arguments_are_refused(blueprint, arguments, error, message):
    with pytest.raises(error, match=message):
        initialise(blueprint, **arguments)


def test_chemical_counts_that_cannot_be_fitted_are_refused():
    with pytest.raises(InputError, match="cannot be fitted to equal values[\\s\\S]*'counts'"):
        initialise(_from_counts(np.full(100, 2.0)), method="lognormal")


def test_iterative_and_dense_spectra_agree(monkeypatch):
    rng = np.random.default_rng(0)
    draw = rng.standard_normal
    a = sp.csr_array(sp.random_array((400, 400), density=0.03, rng=rng, data_sampler=lambda size: draw(size)))
    dense = spectral_radius(a), spectral_norm(a)
    monkeypatch.setattr(spectrum, "DENSE", 100)
    assert (spectral_radius(a), spectral_norm(a)) == pytest.approx(dense, rel=1e-6)


def test_table_and_plot(blueprint):
    weights = initialise(blueprint, method="best")
    table = weights.to_frame(blueprint)
    edges = blueprint.edges_of("chemical")
    first = table.iloc[0]
    assert (
        first["pre"] == blueprint.neurons[edges.pre[0]] and first["post"] == blueprint.neurons[edges.post[0]]
    )
    assert first["count"] == edges.weight[0] and first["value"] == weights.values["chemical"][0]
    assert len(table) == sum(len(value) for value in weights.values.values())
    legend = weights.plot().get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(weights.values)


def test_the_worm_s_counts_are_log_normal_and_its_start_is_stable():
    blueprint = design(load("worm"), motif_nulls=0)
    weights = initialise(blueprint, method="best")
    assert weights.fit is not None and weights.fit.name == "lognormal"
    assert weights.radius_after == pytest.approx(0.9, abs=1e-6)
    assert weights.radius_joint is not None and weights.radius_joint < 1
