"""``neurotwin transfer fidelity``: from a twin and a task to a run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology, load
from neurotwin.comparison import Examiner
from neurotwin.evaluation import Score, Scorecard
from neurotwin.network import Twin
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.pipeline.task import find_data
from neurotwin.pipeline.transfer.folder import TransferResult, cost_table, run_folder
from neurotwin.tasks import TASKS, Settings, Spec, Task, TaskData, fit, interval, n_parameters, outputs_of
from neurotwin.tasks.loop import COLUMNS
from neurotwin.transfer import METHODS
from neurotwin.transfer.cost import Cost, cost_of
from neurotwin.transfer.fidelity import (
    ANCHORS,
    NULL,
    REAL,
    STEPS,
    Examined,
    Variant,
    card_scores,
    classifier_of,
    examine,
    fit_twin,
    retained_scores,
    variants,
    wired,
)
from neurotwin.transfer.twin import INTERFACES, TwinClassifier, put_back

SETTINGS = Settings(epochs=15, batch=64)
"""Of every adaptation; each method has its own learning rate."""

LIMITS = (
    "What is retained is what this scorecard measures: a twin that keeps its co-smoothing may have lost what was not measured.",
    "The image enters by a trained projection into all sensory neurons at once, as no stimulus does, and is read from all motor neurons "
    "by a trained read-out: how much of the accuracy these two could reach with any network between them is what the shuffled twin says.",
    "Frozen body, adapters and prompts leave the twin's own parameters alone, so that they retain everything by construction: for them "
    "the figure says only what accuracy that costs.",
    "Co-smoothing clamps most neurons to the recording, and the twin's observer and the animals' deviations are not touched by the task: "
    "they carry a part of the score through any change of the shared weights.",
    "The twin was fitted briefly, to two animals where no data folder gives more, and is one member, not an ensemble; one seed is one "
    "draw of everything.",
    "Learning rates of the methods are defaults that were chosen on the validation part of the digits with the twin; longer training "
    "moves the points to the right and, where weights move, downwards.",
)


@dataclass(frozen=True, eq=False)
class _Subject:
    """One twin under examination: its name, itself, its biology and scorecard before adaptation."""

    name: str
    twin: Twin
    biology: Biology
    examiner: Examiner
    before: Examined
    card: list[Score]


def run_fidelity(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    worms: int | str = 2,
    methods: Sequence[str] = (),
    anchors: Sequence[float] = ANCHORS,
    steps: int = STEPS,
    epochs: int = SETTINGS.epochs,
    first: int = 0,
    rank: int = 4,
    twins: str | Path | None = None,
    seed: int = 0,
    force: bool = False,
    watcher: Watcher | None = None,
) -> TransferResult:
    """Fit a twin of the worm and one on shuffled wiring, adapt both to images by every method, and see what is left of them.

    Parameters
    ----------
    out
        Run folder; the first free one of ``runs/transfer-fidelity`` … by default.
    data
        As for the task images; scikit-learn's digits where None.
    worms
        Recorded animals that the twin is fitted to; more than 2 need the data folder.
    methods, anchors
        Names in ``METHODS``, all where none is named; strengths of the anchor.
    steps
        Of the twin's fit.
    epochs
        Of each adaptation.
    first
        Take the first so many training images only; 0 takes all.
    rank
        Of LoRA.
    twins
        Folder of an earlier run whose fitted twins are used again.
    seed
        Of fit, adaptation and shuffle.
    force
        Replace an existing run.
    watcher
        Told about progress.

    Returns
    -------
    TransferResult
        Also on disk: run.json, twins/ (before and after adaptation), history.csv, scores.csv, costs.csv, report.html, figures/.
    """
    watcher, task = watcher or Silent(), TASKS["images"]
    names = tuple(methods) or tuple(METHODS)
    chosen = variants(names, anchors)
    for variant in chosen:
        METHODS[variant.method]
    if first < 0:
        raise InputError(
            "the number of training images cannot be used", got=first, expected="0 (all) or more"
        )
    settings = replace(SETTINGS, epochs=epochs, seed=seed)
    where = find_data(data)
    loaded = task.load(where, False)
    loaded = loaded.first(first) if first else loaded
    settings.check_examples(len(loaded.train))
    worm = load("worm", worms=worms)
    asked = {
        "transfer": "fidelity", "methods": list(names), "anchors": list(anchors), "steps": steps, "first": first, "rank": rank,
        "worms": worms, "twins": None if twins is None else str(twins), "data": None if where is None else str(where),
        "seed": seed, "adaptation": settings.to_dict(),
    }  # fmt: skip
    with run_folder("transfer-fidelity", out, force, asked, loaded) as (folder, record):
        watcher.step(1, "prepare", f"{loaded.cards[0].title}; {len(worm.recordings)} worms")
        (folder.path / "twins").mkdir(exist_ok=True)
        subjects = []
        for name in (REAL, NULL):
            watcher.step(2, "fit", f"{name}, {steps} steps" if twins is None else f"{name}, from {twins}")
            subjects.append(_subject(name, worm, steps, seed, None if twins is None else Path(twins)))
            subjects[-1].twin.save(folder.path / "twins" / f"{_file(name)}.safetensors")
        spec = {**task.describe(loaded), "interfaces": INTERFACES, "rank": rank}
        scores: list[Score] = [score for subject in subjects for score in subject.card]
        rows, costs, answers = [], {}, {}
        adapted: dict[str, tuple[_Subject, Variant, Any, TwinClassifier]] = {}
        total = len(subjects) * len(chosen)
        watcher.step(3, "adapt", f"{total} adaptations of {epochs} epochs")
        for subject in subjects:
            start = classifier_of(subject.twin, subject.biology, spec, jax.random.key(seed))
            for variant in chosen:
                model = f"{subject.name}, {variant.label}"
                ready = METHODS[variant.method].prepare(
                    start, {**spec, **variant.spec}, jax.random.key(seed + 1)
                )
                used = replace(settings, learning_rate=METHODS[variant.method].learning_rate)
                begun, number = time.monotonic(), len(adapted) + 1

                def tell(
                    epoch: int,
                    epochs: int,
                    values: dict[str, float],
                    model: str = model,
                    number: int = number,
                ) -> None:
                    watcher.fit(model, number, total, epoch, epochs, values)

                fitted = fit(
                    ready.network, loaded.train, loaded.validation, task, used,
                    name=model, progress=tell, trained=ready.trained, penalty=ready.penalty,
                )  # fmt: skip
                rows += fitted.history
                costs[model] = (cost_of(ready, used), time.monotonic() - begun)
                adapted[model] = (subject, variant, fitted.network, start)
        simple, dense_rows, costs_dense = _beside(task, loaded, spec, settings, n_parameters(start))
        rows += dense_rows
        costs |= costs_dense

        # nothing is chosen from here on: the one look at the test images and at the held-out recordings
        watcher.step(
            4, "evaluate", f"{len(loaded.test):,} test images; {len(adapted)} twins against the animal"
        )
        for model, (_, _, network, _) in adapted.items():
            answers[model] = outputs_of(network, loaded.test, task.encode)
        for model, outputs in {**answers, **simple}.items():
            found = interval(task.metrics[0].of(outputs, loaded.test), len(loaded.test), seed=seed)
            scores.append(
                Score("task", "accuracy", "test", model, found.value, found.low, found.high, n=found.n)
            )
        for model, (subject, variant, network, start) in adapted.items():
            scores += _left(model, subject, variant, network, start, folder.path / "twins")
        card = Scorecard(scores)
        card.to_csv(folder.path / "scores.csv")
        table = cost_table(costs)
        folder.write("costs.csv", table.to_csv(index=False))
        history = pd.DataFrame(rows, columns=list(COLUMNS))
        folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
        watcher.step(5, "report", str(folder.path / "report.html"))
        _report(folder.path, chosen, names, subjects, card, table, loaded, worm, settings, steps, record)
    return TransferResult(folder.path, card, table)


def _file(name: str) -> str:
    return name.replace("null: ", "").replace(", ", "-").replace(" ", "-")


def _subject(name: str, worm: Biology, steps: int, seed: int, earlier: Path | None) -> _Subject:
    biology = wired(worm, name, seed)
    if earlier is None:
        twin = fit_twin(biology, name, steps=steps, seed=seed)
    else:
        twin = Twin.load(earlier / "twins" / f"{_file(name)}.safetensors")
    examiner = Examiner(biology, seed=seed)
    before = examine(examiner, twin)
    return _Subject(
        name, twin, biology, examiner, before, card_scores(examiner, twin, before, f"{name}, before")
    )


def _left(
    model: str, subject: _Subject, variant: Variant, network: Any, start: TwinClassifier, folder: Path
) -> list[Score]:
    """What is left of the twin; a method that moves nothing of it is checked, not examined again."""
    method = METHODS[variant.method]
    if not method.moves_body:
        again = put_back(start, start, subject.twin)
        same = jax.tree.map(
            lambda a, b: bool(jnp.array_equal(a, b)), again.parameters, subject.twin.parameters
        )
        assert all(jax.tree.leaves(same))
        return [
            replace(
                score,
                value=float(score.metric != "weight_distance"),
                low=np.nan,
                high=np.nan,
                source="by construction",
            )
            for score in retained_scores(
                subject.examiner, model, subject.before, subject.before, (subject.card, subject.card)
            )
        ]
    assert method.merge is not None
    twin = put_back(method.merge(network), start, subject.twin)
    twin.save(folder / f"{_file(model)}.safetensors")
    after = examine(subject.examiner, twin)
    card = card_scores(subject.examiner, twin, after, model)
    return card + retained_scores(subject.examiner, model, subject.before, after, (subject.card, card))


def _beside(
    task: Task, data: TaskData, spec: Spec, settings: Settings, size: int
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]], dict[str, tuple[Cost, float]]]:
    """Answers of softmax regression and of an ordinary network as large as the classifier, trained for as long."""
    from neurotwin.transfer.methods import Adapted
    from neurotwin.transfer.methods.base import everything

    network = task.models["dense"].build(
        {**spec, "parameters": size, "dropout": 0.0}, jax.random.key(settings.seed)
    )
    name, begun = "baseline: dense, same size", time.monotonic()
    used = replace(settings, learning_rate=task.models["dense"].settings.learning_rate)
    fitted = fit(network, data.train, data.validation, task, used, name=name)
    costs = {name: (cost_of(Adapted(network, everything(network)), used), time.monotonic() - begun)}
    regression = task.baselines["softmax regression"](task, data, settings.seed)
    found = {
        "baseline: softmax regression": np.asarray(regression(data.test)),
        name: outputs_of(fitted.network, data.test, task.encode),
    }
    return found, list(fitted.history), costs


def _report(
    folder: Path,
    chosen: list[Variant],
    names: tuple[str, ...],
    subjects: list[_Subject],
    scores: Scorecard,
    costs: pd.DataFrame,
    data: TaskData,
    worm: Biology,
    settings: Settings,
    steps: int,
    record: dict[str, Any],
) -> None:
    from neurotwin.report.transfer import fidelity_content, write_transfer_report
    from neurotwin.report.transfer.fidelity import Point

    points = tuple(Point(s.name, v.label, v.anchor) for s in subjects for v in chosen)
    content = fidelity_content(
        points=points,
        methods={name: METHODS[name].about for name in names},
        scores=scores,
        costs=costs,
        counts={name: len(part) for name, part in data.parts().items()},
        facts=(
            f"{len(worm.recordings)} worms",
            f"{steps} steps of fitting",
            f"{len(data.train):,} training images",
        ),
        how=f"A twin of the worm was fitted to its recordings. Images enter its sensory neurons through a trained projection, its own dynamics run for "
        f"twelve frames, and a trained layer reads its motor neurons. Each method then had {settings.epochs} epochs to adapt it. Afterwards the twin was "
        "taken out again and examined as before on what was held out: recorded neurons predicted from the others at later times, the measured responses to "
        "stimulation, and the wiring. The same was done with a twin on shuffled wiring (the same graph, its neurons permuted), against its own scores before.",
        split=f"Images: {data.split}; recordings: the last stretch of each was held out from fitting and adaptation alike",
        cards=(*data.cards, *worm.cards),
        run=record,
        limits=LIMITS,
    )
    write_transfer_report(content, folder)
