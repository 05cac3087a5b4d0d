"""Everything that decides how a twin is trained, in one hashable value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError


@dataclass(frozen=True)
class Objective:
    """Weights of the terms of ``L = D_function + λ_s D_structure + λ_b D_biology + R``.

    Attributes
    ----------
    function
        Weight of the squared error on free recorded neurons.
    forecast
        Weight, within the function term, of windows in which every neuron is released.
    structure
        λ_s: ``1 - r`` between learned chemical magnitudes and square-root contact counts.
    biology
        λ_b: squared difference of the lag-one autocorrelations of simulated and recorded activity.
    l2_directed, l2_observer, l2_deviation, l2_cells
        Squared penalties on weights (in units of their prior scale), on the observer, on the animals' deviations and on
        gains and biases. Divided by the number of training animals, so that more data count for more.
    l1
        Absolute penalty on the shared weights.
    mirror
        Squared penalty on the difference between a weight and that of its left-right mirror image.
    anchor
        Where ``l2_directed`` pulls a weight to, as a share of its initial value: at 1 a synapse that the data say nothing
        about keeps its anatomical weight, at 0 it vanishes.
    """

    function: float = 1.0
    forecast: float = 0.3
    structure: float = 0.1
    biology: float = 0.01
    l2_directed: float = 0.015
    l2_observer: float = 0.03
    l2_deviation: float = 0.0075
    l2_cells: float = 5e-4
    l1: float = 0.0
    mirror: float = 0.015
    anchor: float = 1.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (np.isfinite(value) and value >= 0):
                raise InputError(
                    f"the objective's weight {name} is not usable",
                    got=value,
                    expected="a number >= 0",
                    fix=f"--weight {name}={type(self).__dataclass_fields__[name].default:g} is the default",
                )


@dataclass(frozen=True)
class TrainingConfig:
    """How a twin is trained.

    Attributes
    ----------
    optimiser, learning_rate, schedule, momentum, clip_norm
        Name in ``OPTIMISERS``; peak rate; name in ``SCHEDULES``; momentum of "momentum"; largest gradient norm.
    steps
        Gradient steps at most.
    windows, window_frames, burn_frames
        Windows of each animal a step, their length, and how many first frames of each are not scored.
    free_fraction
        Probability with which a recorded neuron runs free in a co-smoothing window.
    forecast_windows, horizon_frames
        How many of the windows release all neurons, and for how long.
    dropout
        Probability with which what a neuron sends is silenced in a window.
    validate_every, patience
        Steps between validations, and how many without improvement stop a fit; 0 never stops early.
    refine_steps
        Further steps from the best parameters in which the validation stretch trains too; 0 for none.
    seeds
        Seeds of the ensemble's members.
    """

    optimiser: str = "adam"
    learning_rate: float = 2e-2
    schedule: str = "cosine"
    momentum: float = 0.9
    clip_norm: float = 1.0
    steps: int = 200
    windows: int = 6
    window_frames: int = 50
    burn_frames: int = 10
    free_fraction: float = 0.25
    forecast_windows: int = 2
    horizon_frames: int = 20
    dropout: float = 0.0
    validate_every: int = 50
    patience: int = 3
    refine_steps: int = 0
    seeds: tuple[int, ...] = (0, 1)
    objective: Objective = field(default_factory=Objective)

    def __post_init__(self) -> None:
        from neurotwin.training.optimisers import OPTIMISERS, SCHEDULES

        OPTIMISERS[self.optimiser]
        SCHEDULES[self.schedule]
        for name in ("learning_rate", "clip_norm"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise self._unusable(name, "a number > 0")
        for name in ("steps", "windows", "window_frames", "horizon_frames", "validate_every"):
            if not (isinstance(getattr(self, name), int) and getattr(self, name) >= 1):
                raise self._unusable(name, "a whole number >= 1")
        if not (isinstance(self.burn_frames, int) and self.burn_frames >= 0):
            raise self._unusable("burn_frames", "a whole number >= 0")
        if not (isinstance(self.refine_steps, int) and self.refine_steps >= 0):
            raise self._unusable("refine_steps", "a whole number >= 0; 0 for none")
        if not (isinstance(self.patience, int) and self.patience >= 0):
            raise self._unusable("patience", "a whole number >= 0; 0 never stops early")
        for name in ("free_fraction", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise self._unusable(name, "a probability, 0 <= p < 1")
        if not 0 <= self.forecast_windows <= self.windows:
            raise InputError(
                "more forecasting windows than windows",
                got=self.forecast_windows,
                expected=f"0 to {self.windows}",
            )
        if self.burn_frames + self.horizon_frames >= self.window_frames:
            raise InputError(
                "a window leaves no room for its horizon",
                got=f"burn_frames {self.burn_frames} + horizon_frames {self.horizon_frames}",
                expected=f"less than window_frames {self.window_frames}",
            )
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise InputError(
                "the seeds are not usable", got=self.seeds, expected="one or more different numbers"
            )

    def _unusable(self, name: str, expected: str) -> InputError:
        default = type(self).__dataclass_fields__[name].default
        fix = f"leave it out for the default, {default:g}"
        return InputError(f"{name} is not usable", got=getattr(self, name), expected=expected, fix=fix)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "seeds": list(self.seeds)}
