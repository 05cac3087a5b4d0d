"""Step 5: biology against its twin. Sees recordings and matrices only, never the network that made them.

Families of scores: ``function`` (does it follow the neurons), ``structure`` (are its weights like the
wiring), ``indices`` (is it alive in the same way), ``causal`` (does it respond as the animal does when
poked). Beside them ``baselines``, ``anatomy``, ``null`` and ``ceiling``; ``bootstrap`` for intervals;
``scorecard`` and ``targets`` for the verdict.
"""

from __future__ import annotations

from neurotwin.evaluation.baselines import (
    autoregressive_forecast,
    mean_prediction,
    persistence,
    ridge_cosmoothing,
    ridge_forecast,
)
from neurotwin.evaluation.bootstrap import (
    Interval,
    bootstrap_mean,
    bootstrap_paired_difference,
    bootstrap_pairs,
)
from neurotwin.evaluation.causal import anatomy_controls, anatomy_scores, auroc_difference, causal_scores
from neurotwin.evaluation.forecast import HORIZONS, forecast_accuracy
from neurotwin.evaluation.function import (
    cosmoothing_accuracy,
    cosmoothing_score,
    difference_score,
    forecast_scores,
)
from neurotwin.evaluation.indices import INDICES, biology_scores
from neurotwin.evaluation.metrics import METRICS
from neurotwin.evaluation.null import TIME_NULLS, chance_level
from neurotwin.evaluation.scorecard import Score, Scorecard
from neurotwin.evaluation.structure import structure_scores
from neurotwin.evaluation.targets import TARGETS, Target, check_targets

__all__ = [
    "HORIZONS",
    "INDICES",
    "METRICS",
    "TARGETS",
    "TIME_NULLS",
    "Interval",
    "Score",
    "Scorecard",
    "Target",
    "anatomy_controls",
    "anatomy_scores",
    "auroc_difference",
    "autoregressive_forecast",
    "biology_scores",
    "bootstrap_mean",
    "bootstrap_paired_difference",
    "bootstrap_pairs",
    "causal_scores",
    "chance_level",
    "check_targets",
    "cosmoothing_accuracy",
    "cosmoothing_score",
    "difference_score",
    "forecast_accuracy",
    "forecast_scores",
    "mean_prediction",
    "persistence",
    "ridge_cosmoothing",
    "ridge_forecast",
    "structure_scores",
]
