"""Figures show what they are given."""

from __future__ import annotations

import re

import numpy as np
import pytest

from neurotwin.evaluation import Score
from neurotwin.report import ReportContent, figures
from neurotwin.report.figures.scores import ordered
from neurotwin.report.figures.wiring import density_of, diverging, neuron_order
from neurotwin.report.words import number, value_words


def test_neurons_are_ordered_by_layer_and_each_occurs_once(worm_content: ReportContent):
    order, spans = neuron_order(worm_content.blueprint)
    assert sorted(order) == list(range(300))
    assert [layer for layer, _, _ in spans] == ["sensory", "inter", "motor", "pharynx"]
    for layer, start, stop in spans:
        names = [worm_content.blueprint.neurons[i] for i in order[start:stop]]
        assert {worm_content.blueprint.population_of(n).layer for n in names} == {layer}


def test_the_connectome_pictures_count_their_synapses(worm_content: ReportContent):
    animal, twin = figures.connectome_pair(worm_content)
    assert "3,923 connections, 1,781 excitatory, 409 inhibitory, 1,733 of unknown sign" in animal.alt
    assert f"{np.count_nonzero(worm_content.weights):,} connections" in twin.alt


def test_the_causal_maps_are_over_the_same_pairs(worm_content: ReportContent):
    animal, twin = figures.causal_maps(worm_content)
    assert "23,902 measured pairs" in animal.alt and "same 23,902 pairs" in twin.alt


def test_diverging_colours_have_a_white_middle_and_two_ends():
    low, middle, high = diverging(np.array([-1.0, 0.0, 1.0]))
    assert (middle == 1.0).all()
    assert low[0] > low[2] and high[2] > high[0]  # vermilion is red, blue is blue
    luminance = [float(c @ [0.21, 0.72, 0.07]) for c in diverging(np.array([0.01, 0.5, 1.0]))]
    assert luminance == sorted(luminance, reverse=True)  # darker is stronger, in print too


def test_layer_traffic_adds_up_to_all_contacts(worm_content: ReportContent):
    traffic = figures.layer_traffic(worm_content.blueprint)
    assert sum(traffic.values()) == pytest.approx(worm_content.biology.connectome.edges("chemical")[2].sum())


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("gaussian", "mean = 2, sd = 3.0"),
        ("lognormal", "mu = -1.2e-01, sigma = 0.9"),
        ("gamma", {"shape": 2.0, "scale": 0.5}),
        ("exponential", "scale: 2.5"),
    ],
)
def test_fitted_densities_integrate_to_one(family: str, parameters: object):
    x = np.linspace(-30, 60, 400_001)
    density = np.nan_to_num(density_of(family, parameters)(x))
    assert np.trapezoid(density, x) == pytest.approx(1, abs=2e-3)


def test_an_unknown_family_has_no_density():
    assert density_of("cauchy", "x = 1") is None
    assert density_of("gaussian", "mean = 1") is None


def test_the_twin_leads_and_kinds_stay_together():
    names = ["null: rewired", "baseline: ridge", "twin: all-to-all", "null: permuted", "twin"]
    values = [0.1, 0.5, 0.6, 0.2, 0.4]
    scores = [Score("function", "m", "s", n, v) for n, v in zip(names, values, strict=True)]
    assert [s.model for s in ordered(scores)] == [
        "twin",
        "twin: all-to-all",
        "baseline: ridge",
        "null: permuted",
        "null: rewired",
    ]


def test_a_forest_shows_every_score_and_its_interval():
    scores = [
        Score("function", "m", "s", "twin", 0.5, 0.4, 0.6),
        Score("function", "m", "s", "null: permuted", 0.1),
    ]
    picture = figures.forest(scores, "name", "Title", "axis")
    texts = re.findall(r">([^<>]+)</text>", picture.svg)
    assert {"twin", "0.50 [0.40, 0.60]", "permuted wiring", "0.10", "Title", "axis"} <= set(texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.50"),
        (-0.126, "\u22120.13"),
        (-0.0001, "\u22120.0001"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (12345.6, "12,346"),
        (float("nan"), "not measured"),
    ],
)
def test_numbers_read_well(value: float, text: str):
    assert number(value) == text


def test_a_value_carries_its_unit_and_interval():
    assert (
        value_words(Score("biology", "m", "s", "twin", 0.5, 0.4, 0.6, unit="decades"))
        == "0.50 [0.40, 0.60] decades"
    )
