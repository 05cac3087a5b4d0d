"""From a table to a task's data: kinds of columns, what is fitted on which rows, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology import DataCard
from neurotwin.tasks.readers.columns import COLUMN_KINDS, ENDS
from neurotwin.tasks.readers.table_code import TableCode
from neurotwin.tasks.readers.tables import Table
from neurotwin.tasks.readers.tabular import SPLIT_SEED, TEST, read_tabular
from neurotwin.tasks.split import hold_out


def cells(*values):
    return np.array(values, object)


def table(**columns):
    return Table(
        {name: cells(*values) for name, values in columns.items()}, DataCard("a", "a", "", "", "", "", "", "")
    )


def coded(kind, train, new):
    facts = COLUMN_KINDS[kind].fit(cells(*train))
    found = COLUMN_KINDS[kind].code(cells(*new), facts)
    assert found.shape == (len(new), len(COLUMN_KINDS[kind].names(facts)))
    return found


def test_a_missing_number_is_the_training_median_and_is_marked():
    assert coded("number", ["1", None, "3", "8"], [None, "5"]).tolist() == [[3, 1], [5, 0]]
    assert coded("number", ["1", "3"], [None, "5"]).tolist() == [[2], [5]]


def test_dates_are_days():
    assert coded("date", ["1970-01-02", "1970-01-04"], ["1970-01-03T12:00"]).tolist() == [[2.5]]


def test_rare_and_new_levels_share_a_column():
    train = ["a"] * 5 + ["b"] * 6 + ["c"]
    assert coded("category", train, ["a", "b", "c", "new", None]).tolist() == [
        [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1],
    ]  # fmt: skip


def test_a_set_of_words_has_a_column_for_each():
    assert coded("words", ["x y"] * 5 + ["y"], ["y, x", "z", ""]).tolist() == [
        [1, 1, 0],
        [0, 0, 1],
        [0, 0, 0],
    ]


def test_a_peptide_is_its_ends_counts_and_length():
    found = coded("sequence", ["AC"], ["ACDAX"])[0]
    places = found[1:].reshape(2 * ENDS + 1, 20)
    assert found[0] == 5
    assert places[:ENDS].argmax(1).tolist()[:4] == [0, 1, 2, 0] and not places[4].any()
    assert (places[ENDS : 2 * ENDS] == places[:ENDS]).all()
    assert places[-1][:3].tolist() == [2, 1, 1]
    short = coded("sequence", ["AC"], ["CA"])[0][1:].reshape(2 * ENDS + 1, 20)
    assert short[ENDS - 1 + ENDS].argmax() == 0 and not short[2:5].any()
    with pytest.raises(InputError, match="no sequence of amino acids"):
        coded("sequence", ["AC"], ["A1"])


def test_features_are_standardised_by_the_training_rows_and_survive_json():
    train = table(a=["1", "3"], b=["x", "x"], c=["5", "5"])
    code = TableCode.fit(train, {"a": "number", "c": "number"})
    assert code(train).tolist() == [[-1], [1]] and code.names() == ["a"]
    again = TableCode.from_dict(json.loads(json.dumps(code.to_dict())))
    assert again(table(a=["4"], c=["9"])).tolist() == [[2]]
    with pytest.raises(InputError, match="no column varies"):
        TableCode.fit(train, {"c": "number"})


def written(path: Path, rows: int = 60) -> Path:
    """A table whose target is twice a."""
    lines = [
        f"{i % 17},{'uvw'[i % 3]},p{i // 4},text {i},2001-01-{1 + i % 28:02d},{2 * (i % 17)},k"
        for i in range(rows)
    ]
    path.write_text("\n".join(["a,b,who,id,day,y,c", *lines]))
    return path


def test_kinds_are_found_out_and_what_is_left_out_is_told(tmp_path):
    data = read_tabular(written(tmp_path / "a.csv"), target="y", group="who")
    told = " ".join(data.cards[0].processing)
    assert data.facts is not None and data.facts["kind"] == "regression"
    assert "Inputs: a (number), b (category), day (date)" in told
    assert "id: left out, since nearly every row has a text of its own" in told
    assert "c: left out, since it does not vary" in told
    assert data.leaks() == {} and data.test.groups is not None
    assert data.facts["mean"] == pytest.approx(np.mean(np.asarray(data.train.y)))


def test_nothing_is_fitted_on_held_out_rows(tmp_path):
    lines = written(tmp_path / "a.csv").read_text().splitlines()
    before = read_tabular(tmp_path / "a.csv", target="y", columns="a")
    _, test = hold_out(np.zeros(60, int), TEST, seed=SPLIT_SEED)
    for i in test:
        lines[i + 1] = "1e6" + lines[i + 1][lines[i + 1].index(",") :]
    (tmp_path / "b.csv").write_text("\n".join(lines))
    after = read_tabular(tmp_path / "b.csv", target="y", columns="a")
    assert before.facts is not None and after.facts is not None
    assert before.facts["code"] == after.facts["code"]
    np.testing.assert_array_equal(before.train.x, after.train.x)
    assert (np.asarray(after.test.x) > 1e4).all()


def test_equal_molecules_stay_on_one_side(tmp_path):
    lines = ["s,y"] + [f"{'CCO' if i % 2 else 'OCC'}{'C' * (i % 10)},{i}.5" for i in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    data = read_tabular(tmp_path / "a.csv", target="y", smiles="s")
    assert data.repeated() == 0
    assert "whose inputs a held-out row has too were left out" in data.split


def test_classes_by_word_by_few_whole_numbers_and_by_wish(tmp_path):
    path = written(tmp_path / "a.csv")
    assert read_tabular(path, target="b", columns="a").classes == ("u", "v", "w")
    many = written(tmp_path / "many.csv", 400)
    forced = read_tabular(many, target="y", columns="a", kind="classification")
    assert forced.classes[:3] == ("0", "2", "4")
    (tmp_path / "b.csv").write_text("a,y\n" + "\n".join(f"{i},{i % 2}.0" for i in range(60)))
    assert read_tabular(tmp_path / "b.csv", target="y").classes == ("0", "1")
    assert read_tabular(tmp_path / "b.csv", target="y", kind="regression").classes == ()


def test_the_samples():
    diabetes = read_tabular(None)
    assert [len(part) for part in diabetes.parts().values()] == [301, 53, 88]
    assert not diabetes.classes
    assert read_tabular(None, sample="breast_cancer").classes == ("benign", "malignant")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({}, "which column is to be told is not said"),
        ({"target": "z"}, "unknown column"),
        ({"target": "y", "columns": "y"}, "the target is among the inputs"),
        ({"target": "b", "kind": "regression"}, "the target of a regression is no number"),
        ({"target": "y", "kind": "ranking"}, "unknown kind of task"),
        ({"target": "y", "rows": "many"}, "the number of rows cannot be used"),
        ({"target": "y", "formula": "b", "words": "b"}, "a column has two kinds"),
        ({"target": "y", "formula": "id"}, "no chemical formula"),
        ({"target": "y", "columns": "c"}, "no column is left as an input"),
        ({"target": "y", "sample": "diabetes"}, "exclude each other"),
        ({"target": "c", "columns": "a"}, "there is one class only"),
    ],
)
def test_wrong_options_are_refused(tmp_path, options, what):
    with pytest.raises(InputError, match=what):
        read_tabular(written(tmp_path / "a.csv"), **options)
    with pytest.raises(InputError, match="the sample takes no option target"):
        read_tabular(None, target="y")
