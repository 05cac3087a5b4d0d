"""JSON there and back without loss, and nothing else than a blueprint accepted."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurotwin._base.errors import InputError
from neurotwin.blueprint import (
    ACTIVATIONS,
    KINDS,
    ROLES,
    Blueprint,
    Choice,
    Edges,
    Motif,
    Population,
    Projection,
    design,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=1e-300, allow_nan=False, allow_infinity=False)
name = st.text(min_size=1, max_size=6)
words = st.text(min_size=1, max_size=20).filter(str.strip)


@st.composite
def edges_of_kind(draw, kind: str, n: int) -> Edges:
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=12))
    weight = {pair: draw(positive) for pair in sorted(pairs)}
    if kind == "electrical":
        weight = {pair: w for (i, j), w in weight.items() if i < j for pair in ((i, j), (j, i))}
    ordered = sorted(weight, key=lambda pair: (pair[1], pair[0]))
    signs = tuple(draw(st.sampled_from((-1, 0, 1))) for _ in ordered)
    pre, post = tuple(pair[0] for pair in ordered), tuple(pair[1] for pair in ordered)
    return Edges(kind, pre, post, tuple(weight[pair] for pair in ordered), signs)


@st.composite
def blueprints(draw) -> Blueprint:
    neurons = tuple(draw(st.lists(name, min_size=1, max_size=6, unique=True)))
    labels = draw(st.lists(st.integers(0, 2), min_size=len(neurons), max_size=len(neurons)))
    groups = [
        tuple(n for n, g in zip(neurons, labels, strict=True) if g == label) for label in sorted(set(labels))
    ]
    populations = tuple(
        Population(
            f"{i} {draw(name)}",
            members,
            draw(name),
            draw(finite),
            draw(name),
            draw(st.sampled_from(ACTIVATIONS)),
            draw(positive),
            draw(words),
        )
        for i, members in enumerate(groups)
    )
    projections = tuple(
        Projection(a.name, b.name, kind, draw(st.sampled_from(ROLES)), 6, draw(finite), 1, 2, 3, draw(words))
        for a in populations
        for b in populations
        for kind in draw(st.sets(st.sampled_from(KINDS), max_size=2))
    )
    maybe = st.none() | finite
    motif = st.builds(
        Motif,
        name,
        st.lists(st.tuples(name, name), max_size=3).map(tuple),
        st.integers(3, 10**9),
        *[maybe] * 4,
        words,
    )
    return Blueprint(
        name=draw(name),
        neurons=neurons,
        populations=populations,
        projections=projections,
        edges=tuple(
            draw(edges_of_kind(kind, len(neurons))) for kind in sorted(draw(st.sets(st.sampled_from(KINDS))))
        ),
        motifs=tuple(draw(st.lists(motif, max_size=2))),
        choices=tuple(draw(st.lists(st.builds(Choice, name, name, words), max_size=2))),
        dt_ms=draw(positive),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blueprints())
def test_there_and_back_without_loss(blueprint):
    text = blueprint.to_json()
    again = Blueprint.from_json(text)
    assert again == blueprint
    assert hash(again) == hash(blueprint)
    assert again.to_json() == text  # also tells -0.0 from 0.0, which == does not


@pytest.fixture
def record(small_biology) -> dict:
    return json.loads(design(small_biology, motif_nulls=2).to_json())


def test_a_designed_blueprint_survives(small_biology):
    blueprint = design(small_biology, motif_nulls=2)
    assert Blueprint.from_json(blueprint.to_json()) == blueprint
    assert blueprint.to_json().startswith('{\n "format": "neurotwin.blueprint",\n "version": 1,\n')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("dt_ms"), r"misses a field[\s\S]*dt_ms"),
        (lambda d: d["populations"][1].pop("level"), r"misses a field at populations\[1\][\s\S]*level"),
        (lambda d: d.update(colour="red"), r"unknown field[\s\S]*colour"),
        (lambda d: d["choices"][0].update(mood="good"), r"unknown field at choices\[0\][\s\S]*mood"),
        (lambda d: d.update(version=2), r"version that is not understood[\s\S]*given: +2"),
        (lambda d: d.update(version=True), "version that is not understood"),
        (lambda d: d.pop("version"), "version that is not understood"),
        (lambda d: d.update(format="something.else"), r"not a blueprint[\s\S]*something\.else"),
        (lambda d: d.update(dt_ms="600"), r"wrong type: dt_ms[\s\S]*a number"),
        (lambda d: d.update(dt_ms=True), "wrong type: dt_ms"),
        (lambda d: d.update(dt_ms=10**400), "wrong type: dt_ms[\\s\\S]*double precision"),
        (lambda d: d["edges"][0]["pre"].__setitem__(0, -1), "index of a neuron is out of range"),
        (lambda d: d["edges"][0]["pre"].__setitem__(0, 2**40), "index of a neuron is out of range"),
        (lambda d: d.update(dt_ms=-1.0), "time step is not a positive number"),
        (lambda d: d.update(neurons="SL"), r"wrong type: neurons[\s\S]*a list"),
        (lambda d: d["edges"][0]["pre"].__setitem__(0, 1.5), r"wrong type: edges\[0\]\.pre\[0\]"),
        (lambda d: d["edges"][0]["pre"].__setitem__(-1, 99), "name a neuron that does not exist"),
        (lambda d: d["edges"][0]["post"].__setitem__(0, 4), "not in order"),
        (lambda d: d["edges"][0]["weight"].pop(), "columns differ in length"),
        (lambda d: d["edges"][0]["weight"].__setitem__(0, 0.0), "not a positive finite number"),
        (lambda d: d["edges"][0]["sign"].__setitem__(0, 2), "sign is not -1, 0 or 1"),
        (lambda d: d["edges"][1]["weight"].__setitem__(0, 4.0), "electrical edges are not symmetric"),
        (lambda d: d["edges"][0].update(kind="telepathic"), r"unknown kind of synapse[\s\S]*telepathic"),
        (lambda d: d["populations"].pop(), "not a partition"),
        (lambda d: d["populations"][0].update(reason=" "), "carries no reason"),
        (
            lambda d: d["populations"][0].update(activation="tan"),
            r"unknown activation[\s\S]*did you mean tanh",
        ),
        (lambda d: d["projections"][0].update(pre="X"), "unknown population in a projection"),
        (lambda d: d["projections"][0].update(free=7), "do not add up"),
        (lambda d: d["projections"][0].update(role="sideways"), "unknown role"),
        (lambda d: d["neurons"].append("SL"), "a neuron occurs twice"),
    ],
)
def test_what_is_wrong_is_named(record, change, message):
    change(record)
    with pytest.raises(InputError, match=message):
        Blueprint.from_json(json.dumps(record))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a blueprint"),
        ('{"format": "neurotwin.blueprint", "format": "x"}', "occurs twice"),
        ('{"format": "neurotwin.blueprint", "version": 1, "dt_ms": NaN}', "not finite"),
    ],
)
def test_text_that_is_no_blueprint_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        Blueprint.from_json(text)


def test_a_number_beyond_the_floats_is_refused(small_biology):
    text = design(small_biology, motif_nulls=0).to_json()
    with pytest.raises(InputError, match="time step is not a positive number"):
        Blueprint.from_json(text.replace('"dt_ms": 600.0', '"dt_ms": 1e999'))
