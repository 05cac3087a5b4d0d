"""The connectome's tables, matrices and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology import KINDS, Connectome

NEURONS = pd.DataFrame({"name": ["AVAL", "AVAR", "ASHL"], "type": ["inter", "inter", "sensory"]})


def synapses(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["pre", "post", "kind", "weight"])


def test_the_matrix_is_post_by_pre() -> None:
    circuit = Connectome(NEURONS, synapses(("ASHL", "AVAL", "chemical", 26)).assign(sign=-1))
    assert circuit.matrix().toarray().tolist() == [[0, 0, 26], [0, 0, 0], [0, 0, 0]]
    assert circuit.matrix(value="signed")[0, 2] == -26
    assert circuit.matrix(value="sign")[0, 2] == -1
    assert (circuit.count("ASHL", "AVAL"), circuit.count("AVAL", "ASHL")) == (26, 0)
    assert circuit.matrix("peptide").nnz == 0


def test_a_free_synapse_is_a_stored_zero_so_that_all_matrices_share_one_pattern() -> None:
    circuit = Connectome(NEURONS, synapses(("ASHL", "AVAL", "chemical", 3), ("AVAL", "AVAR", "chemical", 2)))
    assert circuit.matrix(value="signed").nnz == circuit.matrix().nnz == 2
    assert circuit.matrix(value="signed").sum() == 0


def test_what_is_left_out_gets_defaults() -> None:
    circuit = Connectome(pd.DataFrame({"name": ["a"], "depth": [3.5]}), synapses(("a", "a", "chemical", 1)))
    row = circuit.neurons.iloc[0]
    assert (row["cell_class"], row["type"], row["transmitter"], row["side"]) == ("a", "unknown", "", "")
    assert row["depth"] == 3.5
    synapse = circuit.synapses.iloc[0]
    assert (synapse["sign"], synapse["sign_rule"], synapse["delay_ms"]) == (0, "", 0.0)


def test_a_connectome_without_synapses() -> None:
    circuit = Connectome(NEURONS, synapses())
    assert circuit.matrix().shape == (3, 3)
    assert circuit.summary()["kinds"] == {}


def test_the_tables_handed_in_stay_as_they_were_and_are_not_shared() -> None:
    table = synapses(("ASHL", "AVAL", "chemical", 3))
    before = table.copy()
    circuit = Connectome(NEURONS, table)
    table.loc[0, "weight"] = 99
    assert circuit.count("ASHL", "AVAL") == 3
    assert list(before.columns) == list(table.columns)


def test_summary_counts() -> None:
    table = synapses(
        ("ASHL", "AVAL", "chemical", 3),
        ("AVAL", "AVAL", "chemical", 2),
        ("AVAL", "AVAR", "electrical", 4),
        ("AVAR", "AVAL", "electrical", 4),
    ).assign(sign=[1, 0, 1, 1], sign_rule=["x", "free: y", "electrical", "electrical"])
    summary = Connectome(NEURONS, table).summary()
    assert summary["types"] == {"sensory": 1, "inter": 2}
    assert summary["kinds"]["chemical"] == {
        "synapses": 2,
        "contacts": 5.0,
        "density": 1 / 6,
        "positive": 1,
        "negative": 0,
        "free": 1,
        "to_self": 1,
    }
    assert summary["kinds"]["electrical"]["synapses"] == 2
    assert summary["sign_rules"] == {"free: y": 1, "x": 1}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (synapses(("ASHL", "AVAL", "chemical", 0)), r"weight cannot be used\n  given:    0 at ASHL → AVAL"),
        (synapses(("ASHL", "AVAL", "chemical", -2)), "weight cannot be used"),
        (synapses(("ASHL", "AVAL", "chemical", np.nan)), "weight cannot be used"),
        (synapses(("ASHL", "AVAL", "chemical", np.inf)), "weight cannot be used"),
        (synapses(("ASHL", "AVAL", "chemical", "many")), "given:    many at"),
        (
            synapses(("ASHL", "AVAL", "chemical", 1)).assign(sign=2),
            r"sign cannot be used(.|\n)*0 where it is free",
        ),
        (synapses(("ASHL", "AVAL", "chemical", 1)).assign(delay_ms=-1.0), "delay_ms cannot be used"),
        (
            synapses(("ASHL", "AVAL", "chemical", 1)).assign(delay=1.0),
            r"unknown synapse column(.|\n)*delay_ms",
        ),
        (
            synapses(("ASHL", "AVAL", "chemical", 1), ("ASHL", "AVAL", "chemical", 2)),
            "stands twice.*\n.*ASHL → AVAL",
        ),
        (synapses(("ASHL", "AVA", "chemical", 1)), r"unknown neuron(.|\n)*did you mean AVAR or AVAL"),
        (synapses(("ASHL", "AVAL", "chemcal", 1)), r"unknown kind of synapse(.|\n)*did you mean chemical"),
        (synapses(("AVAL", "AVAR", "electrical", 1)), r"not symmetric\n.*AVAR → AVAL missing"),
        (
            synapses(("AVAL", "AVAR", "electrical", 1), ("AVAR", "AVAL", "electrical", 2)),
            "not symmetric\n.*AVAL → AVAR 1, AVAR → AVAL 2",
        ),
        (synapses(("AVAL", "AVAL", "electrical", 1)), "joins a neuron to itself"),
        (synapses().drop(columns="weight"), r"lacks \['weight'\]"),
    ],
)
def test_synapses_that_are_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Connectome(NEURONS, table)


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        (pd.DataFrame({"neuron": ["a"]}), "expected: a column 'name'"),
        (pd.DataFrame({"name": ["a", "b", "a"]}), r"share one name\n  given:    a"),
        (pd.DataFrame({"name": ["a", ""]}), "not a text"),
        (pd.DataFrame({"name": [1, 2]}), "not a text"),
        (
            pd.DataFrame({"name": ["a"], "type": ["sensor"]}),
            r"unknown type of neuron(.|\n)*did you mean sensory",
        ),
    ],
)
def test_neurons_that_are_refused(neurons: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Connectome(neurons, synapses())


def test_unknown_names_are_answered_with_the_nearest() -> None:
    circuit = Connectome(NEURONS, synapses())
    with pytest.raises(UnknownName, match=r"unknown neuron\n  given:    'AVAX'(.|\n)*did you mean AVA[LR]"):
        circuit.index_of("AVAX")
    with pytest.raises(UnknownName, match="did you mean AVAL"):
        circuit.count("aval", "AVAR")
    with pytest.raises(UnknownName, match="unknown kind of synapse"):
        circuit.matrix("gap")
    with pytest.raises(UnknownName, match=r"unknown matrix value(.|\n)*did you mean weight"):
        circuit.matrix(value="weights")
    with pytest.raises(InputError, match=r"come as a list(.|\n)*write \['AVAL'\]"):
        circuit.subset("AVAL")
    with pytest.raises(InputError, match="named twice"):
        circuit.subset(["AVAL", "AVAL"])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_rows_in_any_order_make_one_connectome(random_connectomes, data: st.DataObject) -> None:
    circuit = data.draw(random_connectomes())
    order = data.draw(st.permutations(range(len(circuit.synapses))))
    assert circuit.equals(Connectome(circuit.neurons, circuit.synapses.iloc[order]))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_edges_and_matrix_tell_the_same(random_connectomes, data: st.DataObject) -> None:
    circuit = data.draw(random_connectomes())
    for kind in KINDS:
        pre, post, weight, sign = circuit.edges(kind)
        assert [a.dtype for a in (pre, post, weight, sign)] == [np.int32, np.int32, np.float64, np.int8]
        assert sorted(zip(post, pre, strict=True)) == list(zip(post, pre, strict=True))
        dense = np.zeros((circuit.n_neurons, circuit.n_neurons))
        dense[post, pre] = weight
        assert np.array_equal(circuit.matrix(kind).toarray(), dense)
        dense[post, pre] = weight * sign
        assert np.array_equal(circuit.matrix(kind, "signed").toarray(), dense)
        rebuilt = circuit.matrix(kind).tocoo()
        assert {
            (circuit.names[j], circuit.names[i], w)
            for i, j, w in zip(*rebuilt.coords, rebuilt.data, strict=True)
        } == {(row.pre, row.post, row.weight) for row in circuit.synapses.itertuples() if row.kind == kind}
    electrical = circuit.matrix("electrical").toarray()
    assert np.array_equal(electrical, electrical.T)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_subset_is_the_submatrix(random_connectomes, data: st.DataObject) -> None:
    circuit = data.draw(random_connectomes(min_neurons=2))
    chosen = data.draw(st.permutations(circuit.names))[: data.draw(st.integers(1, circuit.n_neurons))]
    rows = [circuit.index_of(name) for name in chosen]
    part = circuit.subset(chosen)
    assert part.names == tuple(chosen)
    for kind in KINDS:
        assert np.array_equal(part.matrix(kind).toarray(), circuit.matrix(kind).toarray()[np.ix_(rows, rows)])
    assert circuit.subset(circuit.names).equals(circuit)


def test_equals_sees_every_difference() -> None:
    table = synapses(("ASHL", "AVAL", "chemical", 3))
    circuit = Connectome(NEURONS, table)
    assert circuit.equals(Connectome(NEURONS, table))
    for other in (
        table.assign(weight=4),
        table.assign(sign=1),
        table.assign(delay_ms=1.0),
        table.assign(sign_rule="x"),
    ):
        assert not circuit.equals(circuit.with_synapses(other))
    assert not circuit.equals(circuit.subset(["ASHL", "AVAL"]))
    assert not circuit.equals("a connectome")


def test_plot_draws_one_dot_per_synapse_and_names_the_axes() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    table = synapses(("ASHL", "AVAL", "chemical", 3), ("AVAL", "AVAR", "chemical", 2)).assign(sign=[1, -1])
    axes = Connectome(NEURONS, table).plot()
    assert sum(len(dots.get_offsets()) for dots in axes.collections) == 2
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("presynaptic neuron", "postsynaptic neuron")
    assert axes.collections[0].get_offsets()[0].tolist() == [2, 0]
