"""What the report is made of: everything that the page needs and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError

if TYPE_CHECKING:
    from neurotwin.biology import Biology
    from neurotwin.blueprint import Blueprint
    from neurotwin.evaluation import Scorecard

HISTORY_COLUMNS = (
    "step",
    "loss",
    "function",
    "structure",
    "biology",
    "regularisation",
    "validation",
    "model",
    "seed",
)
TARGET_COLUMNS = ("target", "value", "low", "high", "minimum", "aim", "status")


@dataclass(frozen=True, eq=False)
class TraceExample:
    """One neuron of one animal over a stretch that the twin was not trained on.

    Parameters
    ----------
    neuron, worm
        Names of the neuron and of the animal.
    time_s
        Seconds, ``[time]``, increasing.
    recorded, predicted
        Activity of the animal and of the twin, ``[time]``, both in ``unit``.
    r
        Their correlation, or NaN.
    unit
        Of the activity, for the axis.
    """

    neuron: str
    worm: str
    time_s: np.ndarray
    recorded: np.ndarray
    predicted: np.ndarray
    r: float
    unit: str = "sd"

    def __post_init__(self) -> None:
        for name in ("time_s", "recorded", "predicted"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        shapes = {self.time_s.shape, self.recorded.shape, self.predicted.shape}
        if len(shapes) != 1 or self.time_s.ndim != 1 or not self.time_s.size:
            raise InputError(
                f"the traces of {self.neuron} do not fit together",
                got=f"shapes {self.time_s.shape}, {self.recorded.shape}, {self.predicted.shape}",
                expected="three arrays [time] of one length, 1 or more",
            )


@dataclass(frozen=True, eq=False)
class ReportContent:
    """All that the report shows.

    Parameters
    ----------
    title
        Of the page.
    biology, blueprint
        The animal and the design of its twin.
    scorecard
        Every score, with baselines and nulls.
    targets
        What ``evaluation.check_targets`` gave, or None where no goals were set.
    history
        Training: columns step, loss, function, structure, biology, regularisation, validation, model, seed;
        one row per step (or logged step), model and seed; NaN where a term was not computed. Empty where
        nothing was trained.
    fits
        Distributions fitted to the synapse counts, as ``Fits.to_frame`` gives them: name, parameters, aic,
        ks ….
    initialisation
        A sentence: how the first weights were drawn.
    weights
        The twin's learnt chemical weights ``[post, pre]`` over the blueprint's neurons, sparse or dense,
        signed; no unit.
    examples
        Recorded and predicted traces.
    causal_response
        The twin's response to stimulation ``[post, pre]``, or None where it was not simulated.
    run
        How the run was made: any of command, seed, wall_seconds, arguments, versions, hashes, ….
    not_shown
        Limits to state, a sentence each.

    Raises
    ------
    InputError
        A table lacks a column, or a matrix does not fit the neurons.
    """

    title: str
    biology: Biology
    blueprint: Blueprint
    scorecard: Scorecard
    targets: pd.DataFrame | None
    history: pd.DataFrame
    fits: pd.DataFrame
    initialisation: str
    weights: Any
    examples: tuple[TraceExample, ...] = ()
    causal_response: np.ndarray | None = None
    run: dict[str, Any] = field(default_factory=dict)
    not_shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "examples", tuple(self.examples))
        if isinstance(self.not_shown, str):
            raise InputError("the limits are a tuple of sentences", got=repr(self.not_shown))
        object.__setattr__(self, "not_shown", tuple(self.not_shown))
        if self.biology.connectome.names != self.blueprint.neurons:
            raise InputError(
                "the blueprint is not of this biology",
                got=f"{self.blueprint.n_neurons} neurons in the blueprint, "
                f"{self.biology.connectome.n_neurons} in the connectome",
                expected="the same neurons in the same order",
            )
        _columns("history", self.history, HISTORY_COLUMNS)
        _columns("fits", self.fits, ("name", "parameters", "aic", "ks"))
        if self.targets is not None:
            _columns("targets", self.targets, TARGET_COLUMNS)
        _square("weights", self.weights, self.blueprint.n_neurons)
        if self.causal_response is not None:
            _square("causal_response", self.causal_response, self.blueprint.n_neurons)

    @property
    def dense_weights(self) -> np.ndarray:
        """The learnt weights as float64 ``[post, pre]``."""
        return np.asarray(
            self.weights.toarray() if hasattr(self.weights, "toarray") else self.weights, dtype=np.float64
        )


def _columns(what: str, table: pd.DataFrame, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing and len(table):
        raise InputError(
            f"the table {what} lacks columns", got=list(table.columns), fix=f"add {', '.join(missing)}"
        )


def _square(what: str, matrix: Any, n: int) -> None:
    if np.shape(matrix) != (n, n):
        raise InputError(f"{what} does not fit the neurons", got=np.shape(matrix), expected=(n, n))
