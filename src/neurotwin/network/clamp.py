"""The dynamic clamp: which neurons follow a recording, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.biology import Recording


@dataclass(frozen=True, eq=False)
class Clamp:
    """Neurons that follow a recording while the others run free.

    Free one neuron and the twin fills it in (co-smoothing); end the clamp and it forecasts; clamp nothing and it generates.

    Attributes
    ----------
    recording
        Standardised activity to follow. Neurons that it did not observe run free.
    free
        Names of observed neurons to leave free.
    until
        Number of frames after which every neuron runs free; None for never.
    """

    recording: Recording
    free: Sequence[str] = field(default_factory=tuple)
    until: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.free, str):
            raise InputError(
                "free is one string", got=self.free, expected="a list of names", fix=f"free=[{self.free!r}]"
            )
        for name in self.free:
            if name not in self.recording.names:
                raise unknown_name("neuron in the clamp's recording", name, list(self.recording.names))
        if self.until is not None and not 0 <= self.until <= self.recording.n_frames:
            raise InputError(
                "the clamp ends outside of the recording",
                got=self.until,
                expected=f"0 to {self.recording.n_frames} frames",
            )

    def mask(self, neurons: tuple[str, ...]) -> np.ndarray:
        """Which of ``neurons`` are clamped, bool [N]."""
        seen = {
            n for n, observed in zip(self.recording.names, self.recording.observed, strict=True) if observed
        }
        held = seen - set(self.free)
        return np.array([neuron in held for neuron in neurons])
