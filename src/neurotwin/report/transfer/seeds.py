"""Words on differences between models, seed by seed."""

from __future__ import annotations

import numpy as np


def seed_by_seed(differences: np.ndarray) -> str:
    """Whether all seeds agree; ``differences`` ``[seed]``, above 0 where the first is better."""
    if (differences > 0).all():
        return "better in every seed"
    return "worse in every seed" if (differences < 0).all() else "not told apart"


def ranged(differences: np.ndarray) -> str:
    """Mean with the smallest and the largest, signed."""
    return f"{differences.mean():+.3f} [{differences.min():+.3f}, {differences.max():+.3f}]"


def seeds_words(first: int, n: int) -> str:
    """Which seeds were run."""
    return f"seed {first}" if n == 1 else f"seeds {first} to {first + n - 1}"
