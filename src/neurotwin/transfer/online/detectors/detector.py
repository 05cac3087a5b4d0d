"""What a drift detector is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from neurotwin._base.registry import Registry


class Detector(Protocol):
    """Is told the errors of a model in use, one by one."""

    def update(self, error: float) -> int | None:
        """0 for a right answer, 1 for a wrong one → None, or at an alarm how many of the latest answers came after the change.

        Only a rise of the error is an alarm.
        """
        ...


DETECTORS: Registry[Callable[[], Detector]] = Registry("drift detector")
