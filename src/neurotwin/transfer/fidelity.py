"""The fidelity budget: how much of a twin's scorecard is left after it was adapted to a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology
from neurotwin.blueprint import design
from neurotwin.comparison import STRATEGIES, Examiner, Predictions, cosmooth, response_of
from neurotwin.evaluation import Score, cosmoothing_accuracy
from neurotwin.evaluation.bootstrap import bootstrap_paired_difference
from neurotwin.network import Twin
from neurotwin.tasks import Spec
from neurotwin.training import Split, TrainingConfig, fit, standardised_recordings
from neurotwin.transfer.methods import METHODS
from neurotwin.transfer.twin import TwinClassifier

REAL, NULL = "twin", "null: permuted"
"""Strategies' names in the scores: the animal's wiring, and the same graph with its neurons in other places."""
STRATEGY = {REAL: "connectome", NULL: "permuted"}
STEPS = 100
ANCHORS = (0.003, 0.03, 0.3)
CHANCE = 0.5
"""AUROC of a response that knows nothing."""


@dataclass(frozen=True)
class Variant:
    """One way of adapting: a method, with what it is told."""

    label: str
    method: str
    spec: Spec

    @property
    def anchor(self) -> float | None:
        """Strength of the anchor; 0 for full fine-tuning, None for what is on no such line."""
        return 0.0 if self.method == "full" else self.spec.get("anchor")


def variants(methods: Sequence[str], anchors: Sequence[float] = ANCHORS) -> list[Variant]:
    """The methods in the order given; ``anchor`` becomes one variant for each strength.

    Raises
    ------
    InputError
        A method is unknown, or none was named.
    """
    found = []
    for name in methods:
        METHODS[name]
        if name == "anchor":
            found += [Variant(f"anchor {strength:g}", name, {"anchor": strength}) for strength in anchors]
        else:
            found.append(Variant(name, name, {}))
    if not found:
        raise InputError("no adaptation method was named", got="none", expected=", ".join(METHODS))
    return found


def wired(biology: Biology, model: str, seed: int = 0) -> Biology:
    """The biology with the wiring that ``REAL`` or ``NULL`` has."""
    return STRATEGIES[STRATEGY[model]].wire(biology, seed)


def fit_twin(
    biology: Biology, model: str, *, steps: int = STEPS, seed: int = 0, split: Split | None = None
) -> Twin:
    """An ensemble of one, fitted to the recordings before the test stretch.

    Parameters
    ----------
    biology
        Wired as ``model`` is.
    model
        ``REAL`` or ``NULL``.
    steps, seed, split
        Gradient steps; of the fit; which frames are held out.
    """
    split = split or Split()
    strategy = STRATEGIES[STRATEGY[model]].with_training(
        TrainingConfig(steps=steps, seeds=(seed,)), "counts", 0.5
    )
    return fit(
        design(biology, motif_nulls=None),
        standardised_recordings(biology, split),
        config=strategy.training,
        split=split,
        prior=strategy.prior,
        init=strategy.init,
        radius=strategy.radius,
        name=model,
    )[0]


def classifier_of(twin: Twin, biology: Biology, spec: Spec, key: jax.Array) -> TwinClassifier:
    """From the sensory to the motor neurons of the connectome's table."""
    connectome = biology.connectome
    types = dict(zip(connectome.names, connectome.neurons["type"], strict=True))
    kinds = np.array([types[name] for name in twin.neurons])
    inputs, outputs = (np.flatnonzero(kinds == kind) for kind in ("sensory", "motor"))
    return TwinClassifier(twin, inputs, outputs, spec, key)


@dataclass(frozen=True, eq=False)
class Examined:
    """What the scorecard of a twin is made of, kept so that before and after can be paired.

    Attributes
    ----------
    predictions
        Co-smoothing over the test stretch.
    accuracies
        r of each recorded neuron, an array for each animal.
    response
        To stimulation, float64 [post, pre].
    weights
        Chemical ones, float [post, pre].
    """

    predictions: Predictions
    accuracies: list[np.ndarray]
    response: np.ndarray
    weights: np.ndarray


def examine(examiner: Examiner, twin: Twin) -> Examined:
    """Let a twin predict what was held out."""
    pairs = zip(examiner.recordings, examiner.stretches, strict=True)
    later = [cosmooth(twin, recording, stretch, subject=recording.subject) for recording, stretch in pairs]
    return Examined(
        Predictions(later=later),
        cosmoothing_accuracy(examiner.truths, later),
        response_of(twin),
        twin.weights("chemical").toarray(),
    )


def card_scores(examiner: Examiner, twin: Twin, found: Examined, model: str) -> list[Score]:
    """The scorecard of one twin: co-smoothing, causal AUROC, structure; its own wiring is what structure is held against."""
    scores = examiner.function_scores(model, found.predictions)
    scores += [s for s in examiner.causal_scores(found.response, model) if s.metric == "auroc"]
    kept = ("magnitude_spearman", "sign_agreement", "weight_wasserstein")
    return scores + [s for s in examiner.structure_scores(twin, model) if s.metric in kept]


def retained_scores(
    examiner: Examiner, model: str, before: Examined, after: Examined, cards: tuple[list[Score], list[Score]]
) -> list[Score]:
    """Shares of the scorecard that are left, 1 = all of it.

    Parameters
    ----------
    examiner
        Holds what was held out.
    model
        Whose scores these are.
    before, after
        What the twin predicted before and after it was adapted.
    cards
        ``card_scores`` of both.

    Returns
    -------
    list
        ``cosmoothing_r_retained`` r' / r; ``auroc_retained`` (AUROC' - ½) / (AUROC - ½), left out where AUROC was no better
        than chance before; ``magnitude_spearman_retained`` ρ' / ρ; ``sign_agreement_retained``; ``weight_distance``
        ‖W' - W‖ / ‖W‖ of the chemical weights. Intervals are those of the paired difference (neurons within animals; stimulated
        neurons), with the value before held fixed; structure is of all synapses and has none.
    """
    old, new = ({score.metric: score for score in card} for card in cards)
    r, nan = old["cosmoothing_r"].value, float("nan")

    def share(family: str, metric: str, split: str, ends: tuple[float, float, float], n: int) -> Score:
        return Score(family, f"{metric}_retained", split, model, *ends, n=n)

    moved = bootstrap_paired_difference(after.accuracies, before.accuracies, seed=examiner.seed)
    ends = 1 + moved.value / r, 1 + moved.low / r, 1 + moved.high / r
    scores = [share("function", "cosmoothing_r", "held_out_time", ends, moved.n)]
    auroc = old.get("auroc")
    if auroc is not None and auroc.low > CHANCE:
        above = auroc.value - CHANCE
        (found,) = examiner.causal_difference(model, after.response, before.response)
        ends = 1 + found.value / above, 1 + found.low / above, 1 + found.high / above
        scores.append(share("causal", "auroc", "zero_shot", ends, found.n))
    for metric in ("magnitude_spearman", "sign_agreement"):
        kept = new[metric].value / old[metric].value
        scores.append(share("structure", metric, "fitted", (kept, nan, nan), old[metric].n))
    distance = float(np.linalg.norm(after.weights - before.weights) / np.linalg.norm(before.weights))
    n = int((before.weights != 0).sum())
    scores.append(
        Score("structure", "weight_distance", "fitted", model, distance, n=n, higher_is_better=False)
    )
    return scores
