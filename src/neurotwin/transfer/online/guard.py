"""Whether an update is kept: it must not lose on what was held out, and after an alarm it must win on what is new."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Guard:
    """The hold-out buffer and the rule.

    An update is compared with another model on the latest held-out examples: of those on which one is right and the other is
    not, it wins some and loses some.

    1. Without an alarm it is rolled back if it loses more than it wins against the model in use, and kept otherwise.
    2. An alarm divides the buffer at the estimated change. An update that wins against the model that was in use at the alarm on
       what came since (one-sided sign test, p < ``significance``) is kept whatever it does to what came before, which is then
       forgotten: the change was a drift that can be learned. Any other is judged by rule 1. False labels cannot be learned, so
       that an update on them wins nothing on what came since and loses on what came before.
    3. When nothing from before the change is left in the buffer, the alarm is over.

    Attributes
    ----------
    size
        The most that is held out.
    significance
        Of rule 2: harm is taken back on suspicion, a drift is believed on evidence.
    rows
        Times of the held-out examples, the latest last.
    changed_at
        Estimated time of the change; None without an alarm.
    """

    size: int
    significance: float
    rows: list[int] = field(default_factory=list)
    changed_at: int | None = None

    def hold(self, time: int) -> None:
        """Hold an example out."""
        self.rows = [*self.rows[-self.size + 1 :], time]
        if self.changed_at is not None and self.rows[0] >= self.changed_at:
            self.changed_at = None

    def alarm(self, changed_at: int) -> None:
        """The error rose at about this time."""
        self.changed_at = changed_at

    def verdict(self, update: np.ndarray, in_use: np.ndarray, at_alarm: np.ndarray) -> str:
        """Judge: "kept", "rolled back" or "drift accepted".

        Parameters
        ----------
        update, in_use, at_alarm
            Whether the update, the model in use and the one that was in use at the alarm are right, bool ``[held out]`` in the
            order of ``rows``.
        """
        if self.changed_at is not None:
            new = np.array(self.rows) >= self.changed_at
            if wins(update[new], at_alarm[new]) < self.significance:
                self.rows = [row for row in self.rows if row >= self.changed_at]
                self.changed_at = None
                return "drift accepted"
        return "rolled back" if (in_use & ~update).sum() > (update & ~in_use).sum() else "kept"


def wins(one: np.ndarray, other: np.ndarray) -> float:
    """One-sided sign test: how likely ``one`` would win so often or more if both were as good; bool ``[example]``."""
    from scipy.stats import binom

    won, lost = int((one & ~other).sum()), int((other & ~one).sum())
    return float(binom.sf(won - 1, won + lost, 0.5))
