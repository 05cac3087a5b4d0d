"""Settings that cannot be used are refused where they are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurotwin._base.errors import InputError


def check_whole(settings: Any, **least: int) -> None:
    """``InputError`` where a field is no whole number of at least so much."""
    for name, smallest in least.items():
        found = getattr(settings, name)
        if not (isinstance(found, int) and smallest <= found < 2**31):
            raise InputError(
                f"{name} is not usable",
                got=found,
                expected=f"a whole number >= {smallest}",
                fix=f"leave it out, or take {type(settings).__dataclass_fields__[name].default}",
            )


def check_between(settings: Any, **most: float) -> None:
    """``InputError`` where a field is no number above 0 and below so much."""
    for name, limit in most.items():
        found = getattr(settings, name)
        if not (np.isfinite(found) and 0 < found < limit):
            expected = "a number > 0" + (f" and < {limit:g}" if np.isfinite(limit) else "")
            raise InputError(
                f"{name} is not usable",
                got=found,
                expected=expected,
                fix=f"leave it out, or take {type(settings).__dataclass_fields__[name].default:g}",
            )
