"""All scores of a run: every model alone, and the twin against each of its controls on the same neurons."""

from __future__ import annotations

import math

import numpy as np

from neurotwin.comparison import Examiner, Predictions, response_of
from neurotwin.evaluation import Score, Scorecard, anatomy_controls
from neurotwin.network import Twin

EXAMINED = ("null: permuted",)
"""Models beside the main one whose structure and indices are scored too."""


def score_all(
    examiner: Examiner, main: str, twins: dict[str, Twin], predictions: dict[str, Predictions]
) -> tuple[Scorecard, np.ndarray]:
    """Score what the models of a run predicted.

    Parameters
    ----------
    examiner
        Holds what was held out.
    main
        Model that the run is about; its differences to the controls are paired.
    twins, predictions
        By model.

    Returns
    -------
    Scorecard
        Models, baselines and anatomy; "difference: <main> - <control>" for every null, every baseline that
        predicts (the mean does not), and the anatomy that foretells responses best.
    ndarray
        Response matrix of the main twin, [post, pre].
    """
    scores: list[Score] = []
    baselines = examiner.baseline_predictions()
    for model, found in {**predictions, **baselines}.items():
        scores += examiner.function_scores(model, found)
    nulls = {
        model: found for model, found in predictions.items() if model.startswith("null: ") and model != main
    }
    rivals = {model: found for model, found in baselines.items() if model != "baseline: mean"}
    for model, found in {**nulls, **rivals}.items():
        scores += examiner.differences(_difference(main, model), predictions[main], found)
    responses = {model: response_of(twin) for model, twin in twins.items()}
    for model, twin in twins.items():
        scores += examiner.causal_scores(responses[model], model)
        if model == main or model in EXAMINED:
            scores += examiner.structure_scores(twin, model) + examiner.index_scores(twin, model)
    anatomy = examiner.anatomy_scores()
    scores += anatomy
    for model in nulls:
        scores += examiner.causal_difference(_difference(main, model), responses[main], responses[model])
    aurocs = [score for score in anatomy if score.metric == "auroc" and math.isfinite(score.value)]
    if aurocs:
        best = max(aurocs, key=lambda score: score.value).model
        matrix = anatomy_controls(examiner.biology.connectome)[best]
        scores += examiner.causal_difference(
            _difference(main, best), responses[main], matrix, signed=(True, False)
        )
    return Scorecard(scores), responses[main]


def _difference(main: str, control: str) -> str:
    """As "difference: twin - ridge": the control without its kind."""
    return f"difference: {main} - {control.partition(': ')[2]}"
