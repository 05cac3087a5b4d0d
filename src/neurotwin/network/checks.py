"""Checks of model parameters where they enter; traced values, which no number can be read from, pass."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from neurotwin._base.errors import InputError


def positive(model: str, **values: Any) -> None:
    """Refuse parameters that are not finite and above 0."""
    _refuse(model, values, lambda given: given > 0, "finite and > 0")


def not_negative(model: str, **values: Any) -> None:
    """Refuse parameters that are not finite or below 0."""
    _refuse(model, values, lambda given: given >= 0, "finite and >= 0")


def finite(model: str, **values: Any) -> None:
    """Refuse parameters that are not finite."""
    _refuse(model, values, lambda given: given == given, "finite")


def below(model: str, **pair: Any) -> None:
    """Refuse two parameters, given in this order, of which the first is not below the second."""
    (low, first), (high, second) = pair.items()
    if _known(first) and _known(second) and not np.all(np.asarray(first) < np.asarray(second)):
        raise InputError(f"{model}: {low} is not below {high}", got=f"{low} = {first}, {high} = {second}")


def _known(value: Any) -> bool:
    return isinstance(value, int | float | np.ndarray | np.generic | list | tuple) or (
        isinstance(value, jax.Array) and not isinstance(value, Tracer)
    )


def _refuse(model: str, values: dict[str, Any], fits: Any, expected: str) -> None:
    for name, value in values.items():
        if not _known(value):
            continue
        given = np.asarray(value, float)
        good = np.isfinite(given) & fits(given)
        if not good.all():
            shown = f"{given[~good].flat[0]:g}" + (
                f" ({int((~good).sum())} of {given.size})" if given.ndim else ""
            )
            raise InputError(f"{model}: {name} cannot be used", got=f"{name} = {shown}", expected=expected)
