"""Content for the report: the real worm and its real design, with scores that are made up and say so."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neurotwin.biology import Biology, Connectome, load
from neurotwin.blueprint import Blueprint, design
from neurotwin.evaluation import Score, Scorecard, check_targets
from neurotwin.report import ReportContent, TraceExample


def made_up_scores() -> Scorecard:
    """Scores of a fair twin: good at filling in, even with ridge, worse than persistence at one frame."""
    rows: list[Score] = []

    def add(
        family: str, metric: str, split: str, values: dict[str, tuple[float, float]], **more: Any
    ) -> None:
        for model, (value, half) in values.items():
            rows.append(Score(family, metric, split, model, value, value - half, value + half, **more))

    add(
        "function",
        "cosmoothing_r",
        "held_out_time",
        {
            "twin": (0.52, 0.04),
            "twin: all-to-all": (0.54, 0.04),
            "baseline: ridge": (0.533, 0.04),
            "baseline: mean": (0.0, 0.0),
            "null: permuted": (0.40, 0.04),
            "null: rewired": (0.42, 0.05),
        },
        n=207,
    )
    add(
        "function",
        "cosmoothing_r",
        "held_out_animal",
        {"twin": (0.43, 0.05), "null: permuted": (0.30, 0.06), "null: rewired": (0.33, 0.05)},
        n=207,
    )
    forecasts = {
        "twin": (0.74, 0.55, 0.40, 0.28),
        "baseline: persistence": (0.77, 0.53, 0.35, 0.20),
        "baseline: ridge": (0.75, 0.52, 0.36, 0.22),
        "baseline: autoregressive": (0.765, 0.50, 0.33, 0.19),
    }
    for i, horizon in enumerate((1, 5, 10, 20)):
        add(
            "function",
            f"forecast_r_{horizon}",
            "held_out_time",
            {model: (values[i], 0.02) for model, values in forecasts.items()},
            n=207,
        )
        add(
            "function",
            f"forecast_r_{horizon}",
            "held_out_time",
            {"difference: twin - persistence": ((-0.03, 0.02, 0.05, 0.08)[i], 0.015)},
            n=207,
        )
    add(
        "function",
        "cosmoothing_r",
        "held_out_time",
        {"difference: twin - permuted": (0.12, 0.03), "difference: twin - ridge": (-0.013, 0.02)},
        n=207,
    )
    add("function", "cosmoothing_r", "held_out_animal", {"difference: twin - permuted": (0.13, 0.04)}, n=207)
    add(
        "causal",
        "auroc",
        "zero_shot",
        {
            "twin": (0.66, 0.03),
            "anatomy: linear propagation": (0.63, 0.03),
            "anatomy: path length": (0.62, 0.03),
            "anatomy: direct": (0.57, 0.02),
            "null: permuted": (0.51, 0.02),
        },
        n=23902,
        ceiling=0.71,
    )
    add(
        "causal",
        "spearman_amplitude",
        "zero_shot",
        {"twin": (0.11, 0.03), "anatomy: direct": (0.07, 0.02)},
        n=23901,
    )
    add("causal", "auroc", "zero_shot", {"difference: twin - linear propagation": (0.03, 0.04)}, n=23902)
    add(
        "structure",
        "magnitude_spearman",
        "fitted",
        {"twin": (0.34, 0.03), "null: permuted": (0.02, 0.03)},
        n=3923,
    )
    rows.append(Score("structure", "sign_agreement", "fitted", "twin", 1.0, n=2190, source="by construction"))
    rows.append(Score("structure", "weight_ks", "fitted", "twin", 0.18, n=3923, higher_is_better=False))
    add(
        "biology",
        "spectrum_distance",
        "generation",
        {"twin": (0.45, 0.05), "null: permuted": (0.61, 0.06)},
        n=207,
        unit="decades",
        higher_is_better=False,
        source="recorded -1.2, twin -1.5",
    )
    add("biology", "correlation_similarity", "generation", {"twin": (0.41, 0.08)}, n=2)
    rows.append(
        Score(
            "biology", "dimensionality_ratio", "generation", "twin", 0.6, n=2, source="recorded 7.1, twin 4.2"
        )
    )
    return Scorecard(rows)


def made_up_history(rng: np.random.Generator) -> pd.DataFrame:
    """Three seeds of the twin and of one null."""
    step = np.arange(0, 601, 20)
    frames = []
    for model, floor in (("twin", 0.45), ("null: permuted", 0.6)):
        for seed in range(3):
            noise = 0.01 * rng.standard_normal(len(step))
            function = floor + 0.5 * np.exp(-step / 120) + noise
            structure, regularisation = 0.02 + 0.02 * step / 600, 0.05 * np.exp(-step / 300)
            frames.append(
                pd.DataFrame(
                    {
                        "step": step,
                        "loss": function + structure + regularisation,
                        "function": function,
                        "structure": structure,
                        "biology": np.nan,
                        "regularisation": regularisation,
                        "validation": np.where(step % 100 == 0, function + 0.12, np.nan),
                        "model": model,
                        "seed": seed,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def made_up_content(biology: Biology, blueprint: Blueprint) -> ReportContent:
    """A whole report's content over ``biology``."""
    rng = np.random.default_rng(0)
    n = blueprint.n_neurons
    signed = biology.connectome.matrix("chemical", "weight").toarray()
    sign = biology.connectome.matrix("chemical", "sign").toarray()
    sign = np.where(sign == 0, rng.choice([-1, 1], size=(n, n)), sign)
    weights = 0.1 * sign * np.sqrt(signed) * rng.lognormal(0, 0.4, (n, n))
    examples = []
    for recording in biology.recordings:
        for column in range(0, min(recording.n_neurons, 90), 30):
            recorded = np.asarray(recording.activity[-200:, column], dtype=float)
            recorded = (recorded - recorded.mean()) / recorded.std()
            predicted = 0.7 * recorded + 0.4 * np.cumsum(rng.standard_normal(recorded.size)) / 10
            r = float(np.corrcoef(recorded, predicted)[0, 1])
            time_s = np.arange(recorded.size) * recording.dt_ms / 1000
            examples.append(
                TraceExample(recording.names[column], recording.subject, time_s, recorded, predicted, r)
            )
    fits = pd.DataFrame(
        {
            "name": ["lognormal", "gamma", "exponential", "gaussian"],
            "parameters": [
                "mu = 1.2, sigma = 0.99",
                "shape = 1.05, scale = 5.7",
                "scale = 6.06",
                "mean = 6.06, sd = 8.8",
            ],
            "log_likelihood": [-10000.0, -10500.0, -10510.0, -14000.0],
            "aic": [20004.0, 21004.0, 21022.0, 28004.0],
            "ks": [0.12, 0.16, 0.17, 0.28],
        }
    )
    fits.attrs["ks_p"] = "the p of the test is not to be believed, because the parameters were fitted"
    card = made_up_scores()
    return ReportContent(
        title="Twin of the worm C. elegans (made-up scores)",
        biology=biology,
        blueprint=blueprint,
        scorecard=card,
        targets=check_targets(card),
        history=made_up_history(rng),
        fits=fits,
        initialisation="Drawn from the log-normal fit; signs kept; spectral radius 0.9.",
        weights=weights,
        examples=tuple(examples),
        causal_response=0.02 * rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.5),
        run={
            "command": "neurotwin run worm --out runs/worm --seed 0",
            "seed": 0,
            "wall_seconds": 141.3,
            "arguments": {"source": "worm", "worms": 2, "init": "lognormal", "steps": 600},
            "versions": {"python": "3.11.7", "neurotwin": "0.1.0", "jax": "0.10.2"},
            "hashes": {"worms.h5": "7311f39c" * 8},
        },
        not_shown=("The scores on this page are made up: it is an example of the layout.",),
    )


@pytest.fixture(scope="session")
def content_of() -> Callable[[Biology, Blueprint], ReportContent]:
    """A whole report's content over any biology: real names, made-up scores."""
    return made_up_content


@pytest.fixture(scope="session")
def worm_content() -> ReportContent:
    """The real worm, its real design (few null networks), made-up scores."""
    biology = load("worm")
    return made_up_content(biology, design(biology, motif_nulls=5))


@pytest.fixture(scope="session")
def circuit_content() -> ReportContent:
    """Four neurons without recordings, stimulation, cards or types: everything that may be missing is."""
    circuit = Connectome(
        pd.DataFrame({"name": ["a", "b", "c", "d"]}),
        pd.DataFrame(
            {
                "pre": ["a", "b", "c"],
                "post": ["b", "c", "d"],
                "kind": "chemical",
                "weight": [3, 1, 2],
                "sign": [1, -1, 0],
            }
        ),
    )
    biology = Biology("circuit", circuit)
    blueprint = design(biology, dt_ms=100.0, motif_nulls=0)
    return dataclasses.replace(
        made_up_content(biology, blueprint),
        title="Twin of a circuit",
        scorecard=Scorecard(),
        targets=None,
        history=pd.DataFrame(),
        fits=pd.DataFrame(),
        initialisation="",
        causal_response=None,
        run={},
        not_shown=(),
    )
