"""What a task is trained and tested on: inputs with answers, in three parts that share no group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.biology import DataCard

PARTS = ("train", "validation", "test")
SHOWN = 5
"""How many offenders an error names."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs and their answers.

    Parameters
    ----------
    x
        An array ``[example, ...]``, or a list of arrays ``[time, ...]`` whose lengths differ (kept as a tuple).
    y
        Answers: an array ``[example, ...]`` (class numbers are integers from 0), or a list of arrays where every element of a
        sequence has its own.
    groups
        ``[example]``: the speaker, track, patient … that an example is of; None where examples are independent.

    Raises
    ------
    InputError
        Lengths differ, or an input holds NaN or infinity.
    """

    x: np.ndarray | Sequence[np.ndarray]
    y: np.ndarray | Sequence[np.ndarray]
    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            value = getattr(self, name)
            object.__setattr__(self, name, value if isinstance(value, np.ndarray) else tuple(value))
        if self.groups is not None:
            object.__setattr__(self, "groups", np.asarray(self.groups))
        lengths = {"inputs": len(self.x), "answers": len(self.y)}
        if self.groups is not None:
            lengths["groups"] = len(self.groups)
        if len(set(lengths.values())) != 1:
            raise InputError(
                "inputs and answers do not fit together",
                got=", ".join(f"{count} {name}" for name, count in lengths.items()),
                expected="one answer (and one group) for each input",
            )
        for i, part in enumerate((self.x,) if isinstance(self.x, np.ndarray) else self.x):
            if np.issubdtype(part.dtype, np.floating) and not np.isfinite(part).all():
                where = np.argwhere(~np.isfinite(part))[0]
                raise InputError(
                    "an input holds NaN or infinity",
                    got=f"at {tuple(int(k) for k in where)}"
                    + ("" if part is self.x else f" of sequence {i}"),
                    fix="remove or fill in such values",
                )

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray) -> Examples:
        """The examples at ``rows``, whole numbers ``[any]``."""
        return Examples(
            _take(self.x, rows), _take(self.y, rows), None if self.groups is None else self.groups[rows]
        )


def _take(values: np.ndarray | Sequence[np.ndarray], rows: np.ndarray) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else tuple(values[int(i)] for i in rows)


@dataclass(frozen=True, eq=False)
class TaskData:
    """Training, validation and test examples, checked when they are made.

    Parameters
    ----------
    train, validation, test
        For fitting, for every choice, and for the one evaluation at the end.
    classes
        Name of each class number; empty where answers are not classes.
    split
        A sentence: how the three parts were made.
    cards
        Where the data come from.
    allow_leaks
        Accept a group that is on both sides; the report says so.
    validation_shares_groups
        The validation part was drawn from the training groups, because they are few; then its numbers say nothing of new groups.
        The test part stays apart all the same.
    facts
        Whatever else an encoder needs to know of the data (a vocabulary …), as JSON could keep it.

    Raises
    ------
    InputError
        An empty part, inputs of another shape, an answer that is no class, a class that is nowhere in the training part, a group
        in two parts.
    """

    train: Examples
    validation: Examples
    test: Examples
    classes: tuple[str, ...] = ()
    split: str = ""
    cards: tuple[DataCard, ...] = ()
    allow_leaks: bool = False
    facts: dict[str, Any] | None = None
    validation_shares_groups: bool = False

    def __post_init__(self) -> None:
        for name, part in self.parts().items():
            if not len(part):
                raise InputError(f"the {name} part is empty", expected="one example or more in each part")
            _check_shapes(name, part, self.train)
            if self.classes:
                _check_classes(name, part, self.classes)
        if self.classes:
            _check_every_class(self.train, self.classes)
        if not self.allow_leaks:
            self.refuse_leaks()

    def parts(self) -> dict[str, Examples]:
        """The three parts by name."""
        return {name: getattr(self, name) for name in PARTS}

    def leaks(self) -> dict[str, list[Any]]:
        """Groups that two parts share, by "train and test" …; parts without groups share none."""
        found = {}
        for i, first in enumerate(PARTS):
            for second in PARTS[i + 1 :]:
                a, b = getattr(self, first).groups, getattr(self, second).groups
                if a is not None and b is not None and len(shared := np.intersect1d(a, b)):
                    found[f"{first} and {second}"] = shared.tolist()
        return found

    def refuse_leaks(self) -> None:
        """``InputError`` where a group is in two parts that were not meant to share it."""
        leaks = self.leaks()
        if self.validation_shares_groups:
            leaks.pop("train and validation", None)
        if leaks:
            pair, groups = next(iter(leaks.items()))
            raise InputError(
                "the split leaks: the same groups are on both sides",
                got=f"{len(groups)} in {pair}: {_some(groups)}",
                expected="each speaker, track or patient in one part only",
                fix="split by group, or force it with --allow-leaks and say so",
            )

    def repeated(self) -> int:
        """How many test examples are also in the training part, value for value."""
        seen = {_digest(x) for x in self.train.x}
        return sum(_digest(x) in seen for x in self.test.x)

    def first(self, n_train: int) -> TaskData:
        """The same with the first ``n_train`` training examples only, for trials."""
        return replace(self, train=self.train.take(np.arange(min(n_train, len(self.train)))))


def _digest(x: np.ndarray) -> bytes:
    return np.ascontiguousarray(x).tobytes()


def _some(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values[:SHOWN])) + (" …" if len(values) > SHOWN else "")


def _flat(y: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    return y if isinstance(y, np.ndarray) else np.concatenate([np.atleast_1d(part) for part in y])


def _check_shapes(name: str, part: Examples, like: Examples) -> None:
    """Every input like the first one of the training part; of a sequence, everything but its length."""

    def shape(x: Any, whole: bool) -> tuple[int, ...]:
        return np.shape(x) if whole else np.shape(x)[1:]

    whole = isinstance(like.x, np.ndarray)
    expected = shape(like.x[0], whole)
    listed = list(part.x[:1] if isinstance(part.x, np.ndarray) else part.x)
    for i, x in enumerate(listed):
        if shape(x, whole) != expected or (np.ndim(x) and len(x) == 0):
            raise InputError(
                f"an input of the {name} part has another shape",
                got=f"{np.shape(x)} at {i}",
                expected=expected if whole else ("length >= 1", *expected),
                fix="bring all inputs to one shape",
            )


def _check_classes(name: str, part: Examples, classes: tuple[str, ...]) -> None:
    y = _flat(part.y)
    if not np.issubdtype(y.dtype, np.integer):
        raise InputError(f"the classes of the {name} part are not whole numbers", got=f"{y.dtype} values")
    wrong = np.unique(y[(y < 0) | (y >= len(classes))])
    if len(wrong):
        raise InputError(
            f"unknown labels in the {name} part",
            got=_some(wrong.tolist()),
            expected=f"0 to {len(classes) - 1}: {_some(classes)}",
            fix="leave these examples out, or put some of them into the training part",
        )


def _check_every_class(train: Examples, classes: tuple[str, ...]) -> None:
    missing = np.setdiff1d(np.arange(len(classes)), _flat(train.y))
    if len(missing):
        raise InputError(
            "classes without a training example",
            got=_some([classes[i] for i in missing]),
            expected="at least one training example of each class",
            fix="leave these classes out, or add examples",
        )
    if len(classes) < 2:
        raise InputError("there is one class only", got=", ".join(classes), expected="two classes or more")
