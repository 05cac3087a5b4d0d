"""Scores that are a mean over a few seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurotwin.evaluation import Score


def seed_score(
    metric: str, model: str, values: Sequence[float], *, higher_is_better: bool = True, unit: str = ""
) -> Score:
    """The mean over seeds on the test part, the smallest and the largest of them as its ends, and how many they are."""
    # a mean of equal numbers may round past them
    mean = float(np.clip(np.mean(values), min(values), max(values)))
    return Score(
        "task", metric, "test", model, mean, min(values), max(values),
        n=len(values), unit=unit, higher_is_better=higher_is_better,
    )  # fmt: skip
