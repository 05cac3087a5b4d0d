"""Twin against animal: predictions made by the network, scored by evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from neurotwin.biology import Biology
from neurotwin.comparison.predict import cosmooth, forecast, generate
from neurotwin.evaluation import (
    HORIZONS,
    Score,
    Scorecard,
    anatomy_scores,
    auroc_difference,
    autoregressive_forecast,
    biology_scores,
    causal_scores,
    cosmoothing_accuracy,
    cosmoothing_score,
    difference_score,
    forecast_accuracy,
    forecast_scores,
    mean_prediction,
    ridge_cosmoothing,
    ridge_forecast,
    structure_scores,
)
from neurotwin.network import Twin
from neurotwin.training import Split, standardised_recordings

RESAMPLES = 400
"""Bootstrap samples of a causal score: rank correlations over 24,000 pairs are slow to resample."""


@dataclass
class Predictions:
    """What one model predicted; lists run over the worms.

    Attributes
    ----------
    later, unseen
        Co-smoothing over the test stretch, float32 [time, observed neuron]: by a twin trained on the same worm's earlier frames,
        and by one that never saw the worm.
    forecasts
        For each horizon float32 [T - h, observed neuron].
    """

    later: list[np.ndarray] = field(default_factory=list)
    unseen: list[np.ndarray] = field(default_factory=list)
    forecasts: list[Mapping[int, np.ndarray]] = field(default_factory=list)


class Examiner:
    """Holds the held-out data of one biology and scores predictions against them.

    Parameters
    ----------
    biology
        With recordings; nulls are examined on the same recordings.
    split
        Which frames are held out.
    seed
        Of the bootstrap.
    """

    def __init__(self, biology: Biology, split: Split | None = None, seed: int = 0) -> None:
        self.biology, self.split, self.seed = biology, split or Split(), seed
        self.recordings = standardised_recordings(biology, self.split)
        self.stretches = [self.split.of(recording).test for recording in self.recordings]
        self.truths = [
            recording.activity[stretch][:, recording.observed]
            for recording, stretch in zip(self.recordings, self.stretches, strict=True)
        ]

    def later(self, twin: Twin) -> tuple[list[np.ndarray], list[Mapping[int, np.ndarray]]]:
        """Co-smoothing and forecasts of every worm over its test stretch."""
        pairs = list(zip(self.recordings, self.stretches, strict=True))
        filled = [cosmooth(twin, rec, stretch, subject=rec.subject) for rec, stretch in pairs]
        ahead: list[Mapping[int, np.ndarray]] = [
            forecast(twin, rec, stretch, HORIZONS, subject=rec.subject) for rec, stretch in pairs
        ]
        return filled, ahead

    def unseen(self, twin: Twin, animal: int) -> np.ndarray:
        """Co-smoothing of a worm that the twin was not trained on, over the worm's test stretch."""
        return cosmooth(twin, self.recordings[animal], self.stretches[animal])

    def function_scores(self, model: str, predictions: Predictions) -> list[Score]:
        """Scores of everything that ``predictions`` holds."""
        scores = []
        if predictions.later:
            scores.append(
                cosmoothing_score(
                    self.truths, predictions.later, split="held_out_time", model=model, seed=self.seed
                )
            )
        if predictions.unseen:
            scores.append(
                cosmoothing_score(
                    self.truths, predictions.unseen, split="held_out_animal", model=model, seed=self.seed
                )
            )
        if predictions.forecasts:
            scores += forecast_scores(
                self._forecast_accuracies(predictions.forecasts), model=model, seed=self.seed
            )
        return scores

    def differences(self, name: str, first: Predictions, second: Predictions) -> list[Score]:
        """Co-smoothing and forecasts of the first minus the second where both predicted, paired over neurons."""
        scores = []
        for split, a, b in (
            ("held_out_time", first.later, second.later),
            ("held_out_animal", first.unseen, second.unseen),
        ):
            if a and b:
                groups = cosmoothing_accuracy(self.truths, a), cosmoothing_accuracy(self.truths, b)
                scores.append(
                    difference_score(*groups, "cosmoothing_r", split=split, model=name, seed=self.seed)
                )
        if first.forecasts and second.forecasts:
            ours, theirs = (self._forecast_accuracies(found.forecasts) for found in (first, second))
            for h in HORIZONS:
                groups = [worm[h] for worm in ours], [worm[h] for worm in theirs]
                scores.append(
                    difference_score(
                        *groups, f"forecast_r_{h}", split="held_out_time", model=name, seed=self.seed
                    )
                )
        return scores

    def causal_difference(
        self, name: str, first: np.ndarray, second: np.ndarray, *, signed: tuple[bool, bool] = (True, True)
    ) -> list[Score]:
        """AUROC of the first response matrix minus the second's, paired over stimulated neurons; none without an atlas."""
        if self.biology.perturbations is None:
            return []
        found = auroc_difference(
            first, second, self.biology.perturbations, signed=signed, n_resamples=RESAMPLES, seed=self.seed
        )
        return [
            Score(
                "causal",
                "auroc",
                "zero_shot",
                name,
                found.value,
                found.low,
                found.high,
                n=found.n,
                source="paired over stimulated neurons",
            )
        ]

    def baseline_predictions(self) -> dict[str, Predictions]:
        """Persistence, mean, ridge and autoregression, fitted on everything before the test stretch."""
        found = {name: Predictions() for name in ("persistence", "mean", "ridge", "autoregressive")}
        for recording, stretch, truth in zip(self.recordings, self.stretches, self.truths, strict=True):
            before = recording.activity[: stretch.start][:, recording.observed]
            mean = mean_prediction(before, len(truth))
            found["mean"].later.append(mean)
            found["mean"].forecasts.append({h: mean[h:] for h in HORIZONS})
            found["persistence"].forecasts.append({h: truth[:-h] for h in HORIZONS})
            found["ridge"].later.append(ridge_cosmoothing(before, truth))
            found["ridge"].forecasts.append(ridge_forecast(before, truth, HORIZONS))
            found["autoregressive"].forecasts.append(autoregressive_forecast(before, truth, HORIZONS))
        return {f"baseline: {name}": predictions for name, predictions in found.items()}

    def structure_scores(self, twin: Twin, model: str) -> list[Score]:
        """Learned chemical weights against contact counts of the animal (not of the null)."""
        connectome = self.biology.connectome
        return structure_scores(
            twin.weights("chemical"),
            connectome.matrix("chemical", "weight"),
            connectome.matrix("chemical", "sign"),
            model=model,
            signs_imposed=model.startswith("twin"),
            seed=self.seed,
        )

    def causal_scores(self, response: np.ndarray, model: str) -> list[Score]:
        """Magnitudes of the twin's responses to stimulation against the measured atlas; none without an atlas."""
        if self.biology.perturbations is None:
            return []
        return causal_scores(
            response, self.biology.perturbations, model=model, n_resamples=RESAMPLES, seed=self.seed
        )

    def anatomy_scores(self) -> list[Score]:
        """What the wiring alone says of the atlas: the controls of the causal score."""
        if self.biology.perturbations is None:
            return []
        return anatomy_scores(
            self.biology.connectome, self.biology.perturbations, n_resamples=RESAMPLES, seed=self.seed
        )

    def index_scores(self, twin: Twin, model: str) -> list[Score]:
        """Biological indices of free-running activity against the recorded test stretch."""
        recorded, simulated = [], []
        for recording, stretch in zip(self.recordings, self.stretches, strict=True):
            names = [n for n, seen in zip(recording.names, recording.observed, strict=True) if seen]
            run = generate(
                twin, recording, stretch.stop - stretch.start, start=stretch.start, subject=recording.subject
            )
            recorded.append(recording.slice(stretch.start, stretch.stop).select(names))
            simulated.append(run.select(names))
        return biology_scores(recorded, simulated, model=model, seed=self.seed)

    def _forecast_accuracies(
        self, forecasts: Sequence[Mapping[int, np.ndarray]]
    ) -> list[dict[int, np.ndarray]]:
        return [forecast_accuracy(truth, ahead) for truth, ahead in zip(self.truths, forecasts, strict=True)]


def response_of(twin: Twin) -> np.ndarray:
    """Expected magnitude of each neuron's response to a pulse into each other one, float64 [post, pre].

    The members of the ensemble agree more on how strongly a neuron responds than on the sign, which many synapses leave free: the
    mean of magnitudes is taken, with the sign of the mean.
    """
    responses = twin.stimulate(members=True)
    return np.sign(responses.mean(0)) * np.abs(responses).mean(0)


def evaluate(twin: Twin, biology: Biology, *, split: Split | None = None, seed: int = 0) -> Scorecard:
    """Score a fitted twin against its biology, beside the baselines.

    Parameters
    ----------
    twin
        Fitted on recordings of ``biology`` up to the test stretch.
    biology
        Recordings, wiring and, if there is one, the atlas of responses.
    split
        As in training.
    seed
        Of the bootstrap.

    Returns
    -------
    Scorecard
        Co-smoothing and forecasts over the test stretch, structure, indices and causal response of "twin"; "baseline: …" and
        "anatomy: …" beside it. Held-out animals and nulls need further fits: see ``neurotwin.pipeline.run``.
    """
    examiner = Examiner(biology, split, seed)
    later, ahead = examiner.later(twin)
    scores = examiner.function_scores("twin", Predictions(later=later, forecasts=ahead))
    for model, predictions in examiner.baseline_predictions().items():
        scores += examiner.function_scores(model, predictions)
    scores += examiner.structure_scores(twin, "twin") + examiner.index_scores(twin, "twin")
    scores += examiner.causal_scores(response_of(twin), "twin") + examiner.anatomy_scores()
    return Scorecard(scores)
