"""Continual learning from data to report, in a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.pipeline.seeds import seed_score
from neurotwin.tasks import TASKS, TaskData
from neurotwin.transfer.bodies import bodies, fewer
from neurotwin.transfer.continual import LEARNERS, SEQUENCES, ContinualSettings, Outcome, trial
from neurotwin.transfer.continual import metrics as measures
from neurotwin.transfer.continual.trial import COLUMNS, table

NO_ANSWER = "class-incremental"
"""Where forward transfer says nothing: before a class was met, the network has no reason to answer it."""
LIMITS = (
    "Ranges are over a few seeds, each with its own first weights, order of classes (or permutations) and batches: a "
    "difference that is smaller than the ranges means nothing, and the smallest and largest of three are no interval.",
    "The borders between experiences are told to every learner; a stream without borders is another problem.",
    "A permutation of pixels is an artificial change, and pairs of classes of one data set are an easy sequence: what these "
    "methods do over hundreds of experiences, or over changes that happen in the world, is not shown.",
    "Learners that keep examples pay with memory and with somebody's data; those that do not pay with two or three "
    "numbers for each weight. The table does not weigh one against the other.",
)
WIRING_LIMIT = (
    "Input and read-out of a connectome network are dense and trained; the wiring lies between them. Only the difference to "
    "the permuted null speaks of the wiring."
)


@dataclass(frozen=True, eq=False)
class ContinualResult:
    """What a run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    outcomes
        A learner on a network in a scenario, with its accuracy matrices.
    scores, history
        Mean and range over seeds; every accuracy.
    """

    folder: Path
    outcomes: list[Outcome]
    scores: Scorecard
    history: pd.DataFrame


def run_continual(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    sequence: str = "split",
    model: str = "dense",
    examples: int = 0,
    learners: tuple[str, ...] = (),
    force: bool = False,
    watcher: Watcher | None = None,
    **settings: Any,
) -> ContinualResult:
    """Take a network, its rival and its null through a sequence with every learner, and report.

    Parameters
    ----------
    out
        Run folder; the first free one of ``runs/continual-<sequence>`` … by default.
    data
        Images that the task "images" reads; scikit-learn's digits where None.
    sequence, model
        Name in ``SEQUENCES``; a network of the task "images".
    examples
        Training examples that are drawn; 0 for all.
    learners
        Names in ``LEARNERS``; all where empty.
    force, watcher
        Replace an existing run; told about progress.
    settings
        Fields of :class:`ContinualSettings`.

    Raises
    ------
    InputError, RunFolderError, DivergenceError
        With what was given, what was expected and how to mend it.
    """
    watcher, task = watcher or Silent(), TASKS["images"]
    SEQUENCES[sequence]
    task.models[model]
    for name in learners:
        LEARNERS[name]
    used = ContinualSettings(**settings)

    def prepare() -> tuple[TaskData, dict[str, Any]]:
        where = find_data(data)
        loaded = fewer(task.load(where, False), examples)
        SEQUENCES[sequence](loaded, used.experiences, used.seed)  # refuses what cannot be used
        asked = {
            "transfer": "continual",
            "sequence": sequence,
            "model": model,
            "data": None if where is None else str(where),
            "examples": examples,
            "learners": list(learners or LEARNERS),
        }
        return loaded, {
            "seed": used.seed,
            "settings": {**asked, "training": used.to_dict()},
            "hashes": {name: sha256_of_examples(part) for name, part in loaded.parts().items()},
        }

    default = Path("runs") / f"continual-{sequence}"
    with opened(out, default, prepare, called="run_continual(...)", force=force) as (folder, loaded, record):
        started = time.monotonic()
        sizes = ", ".join(f"{len(part):,} {name}" for name, part in loaded.parts().items())
        watcher.step(1, "prepare", f"{loaded.cards[0].title}; {sizes}")
        networks = bodies(task, model, {**task.describe(loaded), "dropout": 0.0})
        watcher.step(2, "design", "; ".join(f"{one.name}: {one.parameters:,} parameters" for one in networks))
        watcher.step(3, "train", f"{used.seeds} seeds, {used.steps} steps for each experience")

        def tell(what: str, number: int, total: int, reached: float) -> None:
            watcher.fit(what, number, total, 1, 1, {"validation": reached})

        outcomes = trial(loaded, sequence, networks, task.encode, used, learners, tell)
        history = pd.DataFrame(table(outcomes, used.seed), columns=list(COLUMNS))
        folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
        scores = score_continual(outcomes)
        scores.to_csv(folder.path / "scores.csv")
        watcher.step(4, "report", str(folder.path / "report.html"))
        record |= {
            "parameters": {one.name: one.parameters for one in networks},
            "strengths": {label(one): one.strength for one in outcomes if one.tried},
            "wall_seconds": round(time.monotonic() - started, 1),
        }
        _report(folder, loaded, sequence, outcomes, scores, record)
    return ContinualResult(folder.path, outcomes, scores, history)


def label(outcome: Outcome) -> str:
    """In the scores: "ewc on worm (class-incremental)", "null: ewc on permuted (class-incremental)"."""
    kind, colon, name = outcome.network.rpartition(": ")
    return f"{kind}{colon}{outcome.learner} on {name} ({outcome.scenario})"


def score_continual(outcomes: list[Outcome]) -> Scorecard:
    """Mean and range over seeds of every measure of every learner on the test part."""
    joint = {(one.scenario, one.network): one.test for one in outcomes if one.learner == "joint"}
    scores = []

    def add(one: Outcome, metric: str, values: list[float], higher: bool = True) -> None:
        scores.append(seed_score(metric, label(one), values, higher_is_better=higher))

    for one in outcomes:
        simple: tuple[tuple[Callable[[np.ndarray], float], bool], ...] = (
            (measures.average_accuracy, True),
            (measures.backward_transfer, True),
            (measures.forgetting, False),
        )
        for measure, higher in simple:
            add(one, measure.__name__, [measure(matrix) for matrix in one.test], higher)
        if one.scenario != NO_ANSWER:
            pairs = zip(one.test, one.first, strict=True)
            add(one, "forward_transfer", [measures.forward_transfer(*pair) for pair in pairs])
        best = joint.get((one.scenario, one.network))
        if best is not None:
            pairs = zip(one.test, best, strict=True)
            add(one, "intransigence", [measures.intransigence(*pair) for pair in pairs], False)
    return Scorecard(scores)


def _report(
    folder: RunFolder,
    data: TaskData,
    sequence: str,
    outcomes: list[Outcome],
    scores: Scorecard,
    record: dict[str, Any],
) -> None:
    from neurotwin.report.transfer import ExperimentContent, write_experiment_report
    from neurotwin.report.transfer.continual_page import Learned, sections, verdict
    from neurotwin.report.transfer.seeds import seeds_words

    shown = [
        Learned(
            one.scenario, one.told, one.network, one.learner, LEARNERS[one.learner].about, LEARNERS[one.learner].keeps,
            label(one), one.strength,
            one.tried, one.test, np.stack([measures.average_over_time(matrix) for matrix in one.test]),
        )
        for one in outcomes
    ]  # fmt: skip
    lead, numbers = verdict(shown, scores)
    seeds, experiences = outcomes[0].test.shape[:2]
    content = ExperimentContent(
        title=f"Continual learning: the {sequence} sequence",
        facts=(
            f"{experiences} experiences",
            f"{len(data.classes)} classes",
            seeds_words(record["seed"], seeds),
            f"{record['wall_seconds']:,.0f} s",
        ),
        lead=lead,
        numbers=numbers,
        brackets=f"Numbers in brackets are the smallest and the largest of {seeds} seeds. “In every seed” compares runs of "
        "one seed: the same first weights, order and batches.",
        sections=sections(shown, scores),
        split=data.split,
        counts={name: len(part) for name, part in data.parts().items()},
        cards=data.cards,
        run=record,
        limits=(*LIMITS, *((WIRING_LIMIT,) if any("null: " in one.network for one in outcomes) else ())),
    )
    write_experiment_report(content, folder.path)
