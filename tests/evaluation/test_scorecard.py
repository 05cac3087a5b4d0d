"""The table of scores: refusals, selection, and the same bytes for the same scores."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.evaluation.scorecard import COLUMNS, Score, Scorecard


def score(model: str = "twin", value: float = 0.5, metric: str = "cosmoothing_r", **more) -> Score:
    return Score("function", metric, "held_out_time", model, value, **more)


@pytest.fixture
def card() -> Scorecard:
    return Scorecard(
        [
            score("twin", 1 / 3, low=0.25, high=0.4, ceiling=0.9, n=470, source="five worms"),
            score("baseline: ridge", 0.533),
            score("twin", 0.2, metric="mse", higher_is_better=False, unit="activity^2"),
            score("baseline: ridge", 0.3, metric="mse", higher_is_better=False, unit="activity^2"),
            Score("causal", "auroc", "zero_shot", "twin", math.nan),
        ]
    )


def test_columns_are_the_contracts_in_their_order(card: Scorecard) -> None:
    contract = "family metric split model value low high ceiling n unit higher_is_better"
    assert list(card.to_frame().columns) == contract.split() == list(COLUMNS)
    assert card.to_csv_text().splitlines()[0] == contract.replace(" ", ",")
    assert card.to_frame().dtypes[["value", "n", "higher_is_better"]].astype(str).tolist() == [
        "float64",
        "int64",
        "bool",
    ]


def test_round_trip_through_csv(card: Scorecard, tmp_path: Path) -> None:
    card.to_csv(tmp_path / "scores.csv")
    back = Scorecard.from_csv(tmp_path / "scores.csv")
    assert back == card
    assert back.get(metric="mse", model="twin").unit == "activity^2"
    assert back.get(metric="cosmoothing_r", model="twin").unit == ""
    assert back.get(metric="cosmoothing_r", model="twin").n == 470
    assert back.get(metric="mse", model="twin").higher_is_better is False
    assert math.isnan(back.get(family="causal").value)
    assert back.get(model="twin", metric="cosmoothing_r").value == pytest.approx(1 / 3, abs=1e-10)
    back.to_csv(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "scores.csv").read_bytes()


def test_rounding_noise_does_not_change_the_bytes_and_a_real_difference_does() -> None:
    text = Scorecard([score(value=0.1 + 0.2)]).to_csv_text()
    assert Scorecard([score(value=0.3)]).to_csv_text() == text
    assert Scorecard([score(value=0.3001)]).to_csv_text() != text
    assert Scorecard([score(value=0.3)]) != Scorecard([score(value=0.3001)])


def test_an_empty_card_and_a_foreign_table(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    Scorecard().to_csv(path)
    assert len(Scorecard.from_csv(path)) == 0
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"not a table of scores(.|\n)*'a', 'b'"):
        Scorecard.from_csv(path)


def test_a_failed_write_leaves_the_old_file(
    card: Scorecard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scores.csv"
    Scorecard([score()]).to_csv(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        card.to_csv(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["scores.csv"]


def test_adding_makes_a_new_card(card: Scorecard) -> None:
    forecast = [score("twin", 0.8, metric="forecast_r_1")]
    more = card.add(score("null: permuted", 0.35)) + forecast
    assert (len(card), len(more)) == (5, 7)
    assert more.select(model="twin", metric="forecast_r_1").get().value == 0.8


def test_one_score_or_an_error_that_lists_what_there_is(card: Scorecard) -> None:
    assert card.get(model="baseline: ridge", metric="mse").value == 0.3
    with pytest.raises(
        InputError, match=r"3 scores fit(.|\n)*model='twin'(.|\n)*causal / auroc / zero_shot / twin"
    ):
        card.get(model="twin")
    with pytest.raises(InputError, match=r"0 scores fit(.|\n)*function / cosmoothing_r"):
        card.get(model="twn")
    with pytest.raises(UnknownName, match="did you mean metric"):
        card.get(metrics="mse")


def test_comparison_knows_the_direction(card: Scorecard) -> None:
    table = card.compare("twin", "baseline: ridge").set_index("metric")
    assert table.loc["cosmoothing_r", "better"] == "baseline: ridge"
    assert table.loc["mse", "better"] == "twin"
    assert table.loc["mse", "difference"] == pytest.approx(-0.1)
    assert "auroc" not in table.index
    with pytest.raises(UnknownName, match="did you mean baseline: ridge"):
        card.compare("twin", "baseline: rigde")


def test_doubles_are_refused() -> None:
    with pytest.raises(
        InputError, match="two scores of the same thing(.|\n)*function / cosmoothing_r / held_out_time / twin"
    ):
        Scorecard([score(), score(value=0.6)])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"low": 0.6}, "does not hold its value"),
        ({"high": 0.4}, "does not hold its value"),
        ({"metric": ""}, "needs a metric"),
        ({"model": ""}, "needs a model"),
    ],
)
def test_impossible_scores_are_refused(arguments: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        score(**arguments)


def test_unknown_family_is_refused_with_the_options_and_nan_is_not() -> None:
    with pytest.raises(UnknownName, match=r"family of scores(.|\n)*did you mean function"):
        Score("functional", "m", "s", "twin", 1.0)
    assert math.isnan(score(value=math.nan, low=0.1).value)


def test_the_forest_plot_shows_every_score_and_interval(card: Scorecard) -> None:
    import matplotlib.pyplot as plt

    axes = card.plot()
    assert axes.get_yticklabels()[0].get_text() == "cosmoothing_r · held_out_time · twin"
    assert len(axes.get_yticks()) == len(card)
    lines = [line.get_segments() for line in axes.collections if hasattr(line, "get_segments")]
    ends = {
        round(float(x), 6)
        for segments in lines
        for segment in segments
        for x in np.reshape(segment, (-1, 2))[:, 0]
    }
    assert ends >= {0.25, 0.4, 0.533}
    assert Scorecard([score("baseline: mean", 0.0)]).plot(ax=axes) is axes
    plt.close("all")
