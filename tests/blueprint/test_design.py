"""What design() reads off a biology, checked by hand, and on the worm."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import Biology, Connectome, load
from neurotwin.blueprint import Blueprint, design


@pytest.fixture
def blueprint(small_biology) -> Blueprint:
    return design(small_biology, motif_nulls=5)


def test_populations_are_cell_classes_in_layers_from_upstream_to_downstream(blueprint):
    assert [(one.name, one.layer) for one in blueprint.populations] == [
        ("S", "sensory"),
        ("I", "inter"),
        ("M", "motor"),
    ]
    assert blueprint.population_of("IR").neurons == ("IL", "IR")
    levels = [one.level for one in blueprint.populations]
    assert levels[0] > levels[1] > levels[2]
    assert list(blueprint.layers()) == ["sensory", "inter", "motor"]


def test_projections_have_role_counts_and_a_reason_in_words(blueprint):
    found = {(one.pre, one.post, one.kind): one for one in blueprint.projections}
    roles = {key: one.role for key, one in found.items()}
    assert roles == {
        ("S", "I", "chemical"): "feedforward",
        ("I", "I", "chemical"): "recurrent",
        ("I", "M", "chemical"): "feedforward",
        ("M", "I", "chemical"): "feedback",
        ("S", "S", "electrical"): "recurrent",
        ("M", "S", "peptide"): "feedback",
    }
    one = found["S", "I", "chemical"]
    assert (one.n_synapses, one.contacts, one.positive, one.negative, one.free) == (3, 24.0, 2, 0, 1)
    assert one.reason.startswith("S → I: 24 contacts in 3 connections, feedforward (sensory to inter")
    assert one.reason.endswith("glutamatergic 2 excitatory, 1 of free sign")
    assert found["I", "I", "chemical"].reason.endswith("GABAergic inhibitory")
    assert "cholinergic" not in found["M", "S", "peptide"].reason


def test_populations_of_one_layer_and_gap_junctions_are_lateral(small_biology):
    table = small_biology.connectome.neurons.assign(
        cell_class="", type=["sensory", "sensory", "inter", "inter", "motor"]
    )
    connectome = Connectome(table, small_biology.connectome.synapses)
    roles = {
        (one.pre, one.post, one.kind): one.role
        for one in design(small_biology.with_connectome(connectome), motif_nulls=0).projections
    }
    assert roles["IL", "IR", "chemical"] == roles["SL", "SR", "electrical"] == "lateral"


def test_edges_are_the_connectome_s_in_its_order(small_biology, blueprint):
    for kind in ("chemical", "electrical", "peptide"):
        edges = blueprint.edges_of(kind)
        pre, post, weight, sign = small_biology.connectome.edges(kind)
        for ours, theirs, dtype in (
            (edges.pre_index, pre, np.int32),
            (edges.post_index, post, np.int32),
            (edges.weights, weight, np.float64),
            (edges.signs, sign, np.int8),
        ):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == dtype
            assert not ours.flags.writeable
    assert blueprint.kinds == ("chemical", "electrical", "peptide")
    with pytest.raises(UnknownName, match="monoamine"):
        blueprint.edges_of("monoamine")


def test_mutual_inhibition_is_found_and_named(blueprint):
    motif = next(one for one in blueprint.motifs if one.name == "mutual_inhibition")
    assert (motif.count, motif.neurons) == (1, (("IL", "IR"),))
    feedback = next(one for one in blueprint.motifs if one.name == "feedback_inhibition")
    assert feedback.neurons == (("IL", "M"),)


def test_the_time_step_is_the_recordings_median_unless_given(small_biology, blueprint):
    assert blueprint.dt_ms == 600.0
    assert {one.time_constant_ms for one in blueprint.populations} == {1200.0}
    given = design(small_biology, dt_ms=100, motif_nulls=0)
    assert given.dt_ms == 100.0
    assert set(given.time_constants_ms()) == {200.0}


def test_everything_carries_a_reason_and_the_choices_tell_the_numbers(blueprint):
    for record in (*blueprint.populations, *blueprint.projections, *blueprint.choices):
        assert record.reason.strip()
    choices = {one.what: one for one in blueprint.choices}
    assert choices["signs"].value == "4 excitatory, 3 inhibitory, 1 free"
    assert "free 1, given 7" in choices["signs"].reason
    assert choices["electrical synapses"].value == "pairs: 1"
    assert choices["unobserved neurons"].value.startswith("2 of 5")
    assert choices["observation"].value == "calcium"
    assert choices["delays"].value == "none"


def test_delays_that_are_left_out_are_told(small_biology):
    synapses = small_biology.connectome.synapses.copy()
    synapses.loc[synapses["kind"] == "peptide", "delay_ms"] = 5000.0
    told = design(
        small_biology.with_connectome(small_biology.connectome.with_synapses(synapses)), motif_nulls=0
    )
    choice = next(one for one in told.choices if one.what == "delays")
    assert choice.value == "1 synapses have one and it is left out"


def test_equal_arguments_give_equal_blueprints_and_the_seed_matters(small_biology, blueprint):
    again = design(small_biology, motif_nulls=5)
    assert again == blueprint and hash(again) == hash(blueprint)
    assert design(small_biology, motif_nulls=5, activation="relu") != blueprint
    rng = np.random.default_rng(0)
    pre, post = np.nonzero(rng.random((15, 15)) < 0.3)
    synapses = pd.DataFrame({"pre": pre, "post": post, "kind": "chemical", "weight": 1.0}).astype(
        {"pre": str, "post": str}
    )
    random = Biology("random", Connectome(pd.DataFrame({"name": [str(i) for i in range(15)]}), synapses))
    assert design(random, dt_ms=1.0, seed=0) != design(random, dt_ms=1.0, seed=1)


def test_a_connectome_without_types_is_layered_by_signal_flow():
    names = [f"n{i}" for i in range(6)]
    synapses = pd.DataFrame({"pre": names[:-1], "post": names[1:], "kind": "chemical", "weight": 2.0})
    biology = Biology("chain", Connectome(pd.DataFrame({"name": names}), synapses))
    blueprint = design(biology, dt_ms=1.0, motif_nulls=0)
    layers = {layer: [one.name for one in members] for layer, members in blueprint.layers().items()}
    assert layers == {"upstream": names[:2], "middle": names[2:4], "downstream": names[4:]}
    assert "type is unknown" in blueprint.populations[0].reason


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"activation": "tanhh"}, UnknownName, "unknown activation[\\s\\S]*did you mean tanh"),
        ({"dt_ms": 0}, InputError, "time step is not a positive number"),
        ({"dt_ms": float("nan")}, InputError, "time step is not a positive number"),
        ({"motif_nulls": -1}, InputError, "number of null networks is negative"),
    ],
)
def test_wrong_arguments_are_refused(small_biology, arguments, error, message):
    with pytest.raises(error, match=message):
        design(small_biology, **arguments)


def test_without_recordings_the_time_step_must_be_given(small_biology):
    bare = dataclasses.replace(small_biology, recordings=())
    with pytest.raises(InputError, match="no recording to take the time step from"):
        design(bare)
    assert design(bare, dt_ms=5.0, motif_nulls=0).dt_ms == 5.0


def test_unknown_neurons_and_tables_are_refused_by_name(blueprint):
    with pytest.raises(UnknownName, match="unknown neuron[\\s\\S]*did you mean"):
        blueprint.population_of("sl")
    with pytest.raises(UnknownName, match="unknown part of a blueprint"):
        blueprint.to_frame("motif")


def test_tables_summary_and_text(blueprint):
    assert len(blueprint.to_frame()) == len(blueprint.projections)
    edges = blueprint.to_frame("edges")
    assert len(edges) == 11
    assert edges[(edges.pre == "SL") & (edges.post == "IL")]["weight"].tolist() == [10.0]
    summary = blueprint.summary()
    assert summary["layers"] == {"sensory": 2, "inter": 2, "motor": 1}
    assert summary["signs"]["chemical"] == {"positive": 4, "negative": 3, "free": 1}
    assert summary["motifs"]["mutual_inhibition"]["count"] == 1
    text = blueprint.to_text()
    assert "mutual inhibition" in text and "S → I: 24 contacts" in text and "unit model: leaky_rate" in text


def test_the_worm():
    blueprint = design(load("worm"), motif_nulls=20)
    assert blueprint.n_neurons == 300
    assert blueprint == Blueprint.from_json(blueprint.to_json())
    edges = blueprint.edges_of("chemical")
    ashl, aval = blueprint.index_of("ASHL"), blueprint.index_of("AVAL")
    assert edges.weights[(edges.pre_index == ashl) & (edges.post_index == aval)].tolist() == [26.0]
    assert not np.any((edges.pre_index == aval) & (edges.post_index == ashl))
    levels = {layer: np.mean([one.level for one in members]) for layer, members in blueprint.layers().items()}
    assert levels["sensory"] > levels["inter"] > levels["motor"]
    reciprocal = next(one for one in blueprint.motifs if one.name == "reciprocal")
    assert (
        reciprocal.z is not None and reciprocal.z > 10
    )  # Varshney et al. 2011: reciprocity far above chance
