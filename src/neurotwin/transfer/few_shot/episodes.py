"""New classes, and draws of a few examples of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks import Examples, TaskData


@dataclass(frozen=True, eq=False)
class Division:
    """Classes that a body may be trained on, and those that it has never met.

    Attributes
    ----------
    base
        All three parts with the base classes only, numbered anew.
    pool, queries
        Examples of the new classes, numbered from 0: of the training part, from which few are drawn, and of the test part.
    new
        Names of the new classes.
    """

    base: TaskData
    pool: Examples
    queries: Examples
    new: tuple[str, ...]


def divide(data: TaskData, n_new: int, seed: int) -> Division:
    """The seed draws which classes are new.

    Raises
    ------
    InputError
        Fewer than two classes would be left on a side.
    """
    n = len(data.classes)
    if not 2 <= n_new <= n - 2:
        raise InputError(
            "the classes cannot be divided so",
            got=f"{n_new} new ones of {n}",
            expected=f"2 to {n - 2} new classes" if n >= 4 else "4 classes or more",
            fix="mend --new",
        )
    order = np.random.default_rng(seed).permutation(n)
    new, base = np.sort(order[:n_new]), np.sort(order[n_new:])
    base_data = replace(
        data,
        **{name: _only(part, base) for name, part in data.parts().items()},
        classes=tuple(data.classes[i] for i in base),
    )
    return Division(
        base_data, _only(data.train, new), _only(data.test, new), tuple(data.classes[i] for i in new)
    )


def _only(examples: Examples, classes: np.ndarray) -> Examples:
    """The examples of these classes, numbered in their order."""
    y = np.asarray(examples.y)
    part = examples.take(np.flatnonzero(np.isin(y, classes)))
    return Examples(part.x, np.searchsorted(classes, np.asarray(part.y)).astype(np.int32), part.groups)


def draws(y: np.ndarray, k: int, n: int, seed: int) -> np.ndarray:
    """Rows of k examples of each class, drawn n times: ``[n, class × k]``, class after class.

    A draw of a larger k begins with that of a smaller one of the same seed, so that only the number of examples differs.

    Raises
    ------
    InputError
        A class has fewer than k.
    """
    counts = np.bincount(y)
    if counts.min() < k:
        raise InputError(
            "a new class has too few examples to draw from",
            got=f"{counts.min()} of class {counts.argmin()}",
            expected=f"{k} or more",
            fix="give a smaller --shots, or more examples",
        )
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        found.append(
            np.concatenate([rng.permutation(np.flatnonzero(y == c))[:k] for c in range(len(counts))])
        )
    return np.stack(found)
