"""What neurons did: activity over time, with the stimulus, and a mask of who was really seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError, unknown_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RECORDING_KINDS = ("calcium", "rate", "voltage", "spikes")
"""What the activity is; units: calcium F/F0 or ΔF/F0, rate Hz, voltage mV, spikes counts per frame."""


def _empty(dtype: type, *shape: int) -> np.ndarray:
    return np.zeros(shape, dtype)


@dataclass(frozen=True, eq=False)
class Recording:
    """Activity of named neurons, sampled at a fixed interval.

    Parameters
    ----------
    activity
        ``[time, neuron]``, stored as float32; finite. A neuron that was not observed is 0 throughout.
    names
        One name per column of ``activity``.
    dt_ms
        Milliseconds between frames, > 0.
    kind
        One of :data:`RECORDING_KINDS`.
    inputs, input_names
        Stimulus or behaviour ``[time, channel]`` (float32) and the channels' names; none by default.
    observed
        bool ``[neuron]``: which were recorded (default: all). The others are placeholders, never data.
    trials
        int ``[time]``: trial of each frame, or None for one continuous recording.
    subject
        The animal, or the simulation.

    The arrays are copied and read-only.

    Raises
    ------
    InputError
        Shapes disagree, a name is doubled, ``dt_ms`` ≤ 0, or a value is not finite (the error names neuron
        and frame).
    """

    activity: np.ndarray
    names: tuple[str, ...]
    dt_ms: float
    kind: str = "calcium"
    inputs: np.ndarray = field(default_factory=lambda: _empty(np.float32, 0, 0))
    input_names: tuple[str, ...] = ()
    observed: np.ndarray = field(default_factory=lambda: _empty(bool, 0))
    trials: np.ndarray | None = None
    subject: str = ""

    def __post_init__(self) -> None:
        activity = _matrix("activity", self.activity, "[time, neuron]")
        n_frames, n_neurons = activity.shape
        if isinstance(self.names, str) or len(self.names) != n_neurons:
            raise InputError(
                "names and activity disagree", got=f"{len(self.names)} names, {n_neurons} columns"
            )
        names = tuple(str(name) for name in self.names)
        _refuse_doubles("two recorded neurons share one name", names)
        if self.kind not in RECORDING_KINDS:
            raise unknown_name("kind of recording", self.kind, list(RECORDING_KINDS))
        if not (isinstance(self.dt_ms, Real) and np.isfinite(float(self.dt_ms)) and self.dt_ms > 0):
            raise InputError(
                "the frame interval dt_ms cannot be used", got=self.dt_ms, expected="milliseconds > 0"
            )
        observed = _checked_mask(self.observed, n_neurons)
        _check_finite(activity, names, "activity", "interpolate the gap, or leave the neuron out")
        if np.any(activity[:, ~observed]):
            name = names[int(np.argmax(np.any(activity != 0, axis=0) & ~observed))]
            raise InputError(
                "a neuron marked as not observed has activity", got=name, fix="set its column to 0"
            )
        inputs, input_names = self._checked_inputs(n_frames)
        checked = {
            "activity": activity,
            "names": names,
            "dt_ms": float(self.dt_ms),
            "inputs": inputs,
            "input_names": input_names,
            "observed": observed,
            "trials": _checked_trials(self.trials, n_frames),
        }
        for name, value in checked.items():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    def _checked_inputs(self, n_frames: int) -> tuple[np.ndarray, tuple[str, ...]]:
        none = np.size(self.inputs) == 0
        inputs = (
            _empty(np.float32, n_frames, 0) if none else _matrix("inputs", self.inputs, "[time, channel]")
        )
        if len(inputs) != n_frames:
            raise InputError(
                "inputs and activity differ in length", got=f"{len(inputs)} and {n_frames} frames"
            )
        names = tuple(str(name) for name in self.input_names) or tuple(
            f"input{i}" for i in range(inputs.shape[1])
        )
        if len(names) != inputs.shape[1]:
            raise InputError(
                "input names and inputs disagree", got=f"{len(names)} names, {inputs.shape[1]} columns"
            )
        _refuse_doubles("two input channels share one name", names)
        _check_finite(inputs, names, "inputs", "interpolate the gap")
        return inputs, names

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.activity.shape[0]

    @property
    def n_neurons(self) -> int:
        """Number of columns, observed or not."""
        return self.activity.shape[1]

    @property
    def duration_ms(self) -> float:
        """Frames × interval, in milliseconds."""
        return self.n_frames * self.dt_ms

    def slice(self, start: int, stop: int | None = None) -> Recording:
        """Frames ``start`` to ``stop`` (excluded), counted as Python does; an empty stretch is refused."""
        first, last, _ = slice(start, stop).indices(self.n_frames)
        if last <= first:
            raise InputError(
                "no frames in this stretch", got=f"{start}:{stop}", expected=f"within 0:{self.n_frames}"
            )
        trials = None if self.trials is None else self.trials[first:last]
        return replace(
            self, activity=self.activity[first:last], inputs=self.inputs[first:last], trials=trials
        )

    def select(self, names: Sequence[str]) -> Recording:
        """These neurons, in this order; ``UnknownName`` where one was not recorded."""
        index = {name: column for column, name in enumerate(self.names)}
        for name in names:
            if name not in index:
                raise unknown_name(
                    f"neuron in recording {self.subject or 'without a subject'}", name, list(self.names)
                )
        columns = [index[name] for name in names]
        return replace(
            self, activity=self.activity[:, columns], names=tuple(names), observed=self.observed[columns]
        )

    def align(self, names: Sequence[str]) -> Recording:
        """The recording over all of ``names``, in that order; who was not recorded is 0, ``observed`` False.

        Raises
        ------
        InputError
            An observed neuron is not among ``names`` (nothing is dropped silently; ``select`` first).
        """
        place = {name: column for column, name in enumerate(names)}
        lost = [
            name for name, seen in zip(self.names, self.observed, strict=True) if seen and name not in place
        ]
        if lost:
            got = ", ".join(lost[:10]) + (f", … ({len(lost)} in all)" if len(lost) > 10 else "")
            fix = "use .select(...) to keep the others only"
            raise InputError("recorded neurons are missing from the names to align to", got=got, fix=fix)
        activity = _empty(np.float32, self.n_frames, len(names))
        observed = _empty(bool, len(names))
        for column, (name, seen) in enumerate(zip(self.names, self.observed, strict=True)):
            if seen:
                activity[:, place[name]] = self.activity[:, column]
                observed[place[name]] = True
        return replace(self, activity=activity, names=tuple(names), observed=observed)

    def standardised(self, reference: slice | None = None, sd_floor: float = 1e-3) -> Recording:
        """z-scores per neuron, with mean and standard deviation from the reference frames alone.

        Whoever forecasts must hand in the training stretch: a z-score over the whole recording carries the
        test stretch's mean and spread into training.

        Parameters
        ----------
        reference
            Frames that mean and sd are taken from; None means all.
        sd_floor
            A smaller sd is raised to this (in the activity's unit), so that a silent neuron stays finite.
        """
        frames = self.activity[reference if reference is not None else slice(None)].astype(np.float64)
        if len(frames) < 2:
            raise InputError(
                "too few reference frames to standardise by", got=len(frames), expected="2 or more"
            )
        if not sd_floor > 0:
            raise InputError("sd_floor cannot be used", got=sd_floor, expected="a number > 0")
        centred = self.activity - frames.mean(axis=0)
        # an unobserved neuron is 0 throughout, so it stays 0
        scaled = centred / np.maximum(frames.std(axis=0), sd_floor)
        return replace(self, activity=scaled)

    def equals(self, other: object) -> bool:
        """Whether the other is a recording with the same content."""
        if not isinstance(other, Recording):
            return False
        plain = ("names", "dt_ms", "kind", "input_names", "subject")
        if any(getattr(self, name) != getattr(other, name) for name in plain):
            return False
        if (self.trials is None) != (other.trials is None):
            return False
        arrays = (
            ("activity", "inputs", "observed")
            if self.trials is None
            else ("activity", "inputs", "observed", "trials")
        )
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in arrays)

    def to_frame(self) -> pd.DataFrame:
        """Observed activity, one column a neuron, indexed by time in milliseconds."""
        index = pd.Index(np.arange(self.n_frames) * self.dt_ms, name="time_ms")
        names = [name for name, seen in zip(self.names, self.observed, strict=True) if seen]
        return pd.DataFrame(self.activity[:, self.observed], index=index, columns=names)

    def plot(self, names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
        """Traces, each scaled to its own range; the first 20 observed neurons unless named."""
        import matplotlib.pyplot as plt

        seen = [name for name, observed in zip(self.names, self.observed, strict=True) if observed]
        chosen = self.select(seen[:20] if names is None else names)
        if ax is None:
            _, ax = plt.subplots(figsize=(8, 0.5 + 0.35 * chosen.n_neurons), layout="constrained")
        seconds = np.arange(chosen.n_frames) * chosen.dt_ms / 1000
        for row, trace in enumerate(chosen.activity.T):
            span = float(np.ptp(trace)) or 1.0
            ax.plot(seconds, row - 0.9 * (trace - trace.min()) / span, color="black", linewidth=0.7)
        ax.set_yticks(np.arange(chosen.n_neurons) - 0.45, chosen.names)
        ax.set(xlabel="time (s)", ylim=(chosen.n_neurons - 0.5, -1.2))
        ax.set_title(f"{self.subject or 'recording'}: {self.kind}, each trace scaled to its range")
        return ax

    def __repr__(self) -> str:
        seen = int(self.observed.sum())
        frames = f"{self.n_frames} × {self.dt_ms:g} ms"
        return f"Recording({self.subject!r}, {self.kind}, {frames}, {seen} neurons observed)"


def _matrix(what: str, values: np.ndarray, shape: str) -> np.ndarray:
    array = np.array(values, dtype=np.float32)
    if array.ndim != 2 or array.shape[0] == 0:
        raise InputError(
            f"{what} has the wrong shape", got=array.shape, expected=f"{shape}, at least one frame"
        )
    return array


def _refuse_doubles(what: str, names: tuple[str, ...]) -> None:
    if len(set(names)) != len(names):
        raise InputError(
            what, got=next(name for i, name in enumerate(names) if name in names[:i]), fix="rename one"
        )


def _check_finite(array: np.ndarray, names: tuple[str, ...], what: str, fix: str) -> None:
    if not np.isfinite(array).all():
        frame, column = np.argwhere(~np.isfinite(array))[0]
        got = f"{array[frame, column]} at frame {frame}, {names[column]}"
        raise InputError(f"{what} is not finite", got=got, expected="finite numbers", fix=fix)


def _checked_mask(observed: np.ndarray, n_neurons: int) -> np.ndarray:
    if np.size(observed) == 0:
        return np.ones(n_neurons, bool)
    mask = np.array(observed)
    if mask.dtype != bool or mask.shape != (n_neurons,):
        raise InputError(
            "the observed mask does not fit",
            got=f"{mask.dtype} {mask.shape}",
            expected=f"bool ({n_neurons},)",
        )
    return mask


def _checked_trials(trials: np.ndarray | None, n_frames: int) -> np.ndarray | None:
    if trials is None:
        return None
    array = np.array(trials)
    if array.shape != (n_frames,) or not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            "trials do not fit", got=f"{array.dtype} {array.shape}", expected=f"integers ({n_frames},)"
        )
    return array
