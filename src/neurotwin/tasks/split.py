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
        ``[example]``: whole groups are held out.
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
        names = rng.permutation(np.unique(groups))
        held = np.isin(groups, names[: max(1, round(share * len(names)))])
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
