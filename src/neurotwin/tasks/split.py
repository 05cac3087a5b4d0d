"""Which examples are held out: by class, and never a group on two sides."""

from __future__ import annotations

import numpy as np

from neurotwin._base.errors import InputError


def hold_out(
    y: np.ndarray, share: float, *, groups: np.ndarray | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Rows that stay and rows that are held out, each sorted.

    Parameters
    ----------
    y
        Class numbers, ``[example]``: without groups, the same share of every class is held out.
    share
        Of the examples (of the groups, where there are any) that is held out, 0 < share < 1.
    groups
        ``[example]``: whole groups are held out. Where every group is of one class (a track of one traffic sign), the same share
        of each class's groups is, and one at least of each class that has two.
    seed
        Of the draw.

    Raises
    ------
    InputError
        The share is none, or so few examples or groups are there that one side is empty.
    """
    if not 0 < share < 1:
        raise InputError("the share that is held out cannot be used", got=share, expected="0 < share < 1")
    rng = np.random.default_rng(seed)
    if groups is not None:
        held = np.isin(groups, _draw_groups(y, share, groups, rng))
    else:
        held = np.zeros(len(y), dtype=bool)
        for label in np.unique(y):
            rows = rng.permutation(np.flatnonzero(y == label))
            held[rows[: round(share * len(rows))]] = True
    if held.all() or not held.any():
        raise InputError(
            "too little to hold something out",
            got=f"{len(y)} examples" + ("" if groups is None else f" of {len(np.unique(groups))} groups"),
            expected=f"enough for both sides of a {share:.0%} split",
        )
    return np.flatnonzero(~held), np.flatnonzero(held)


def _draw_groups(y: np.ndarray, share: float, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Names of the groups that are held out."""
    names, number = np.unique(groups, return_inverse=True)
    pairs = np.unique(np.stack([number, np.unique(y, return_inverse=True)[1]]), axis=1)
    if pairs.shape[1] > len(names):  # groups of several classes cannot be drawn by class
        return rng.permutation(names)[: max(1, round(share * len(names)))]
    drawn = [rng.permutation(names[pairs[1] == kind]) for kind in np.unique(pairs[1])]
    return np.concatenate([of[: max(min(1, len(of) - 1), round(share * len(of)))] for of in drawn])
