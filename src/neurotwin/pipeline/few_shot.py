"""Few-shot evaluation from data to report, in a run folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neurotwin.evaluation import Interval, Score, Scorecard, bootstrap_mean
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.tasks import TASKS, Settings, TaskData
from neurotwin.transfer.bodies import fewer
from neurotwin.transfer.few_shot import FewShotSettings, Found, divide, study
from neurotwin.transfer.few_shot.study import COLUMNS, PIXELS, UNTRAINED, table

LIMITS = (
    "Zero-shot is not measured here: for images it would need a description of the unseen class in words and a body that was "
    "trained with words, and this one was not. An image network has no honest answer for a class of which it got neither an "
    "example nor a description.",
    "New classes come from the same collection as the base classes: another script, camera or hospital is another question.",
    "Bodies were trained as classifiers of a few classes of one data set; bodies that were trained on millions of images of "
    "thousands of classes give more.",
    "Settings of all methods were fixed beforehand, not tuned: each of them might gain from tuning, for which k examples leave "
    "little room.",
)


@dataclass(frozen=True, eq=False)
class FewShotResult:
    """What a run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    found
        Accuracies by body and method.
    scores, history
        Means with intervals; every draw.
    """

    folder: Path
    found: list[Found]
    scores: Scorecard
    history: pd.DataFrame


def run_few_shot(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    model: str = "dense",
    examples: int = 0,
    force: bool = False,
    watcher: Watcher | None = None,
    **settings: Any,
) -> FewShotResult:
    """Train a body on some classes, teach it the others from k examples each, and report.

    Parameters
    ----------
    out
        Run folder; the first free one of ``runs/few-shot`` … by default.
    data, model, examples
        Images that the task "images" reads (the digits where None); one of its networks; training examples drawn, 0 for all.
    force, watcher
        Replace an existing run; told about progress.
    settings
        Fields of :class:`FewShotSettings`.

    Raises
    ------
    InputError, RunFolderError, DivergenceError
        With what was given, what was expected and how to mend it.
    """
    watcher, task = watcher or Silent(), TASKS["images"]
    chosen, used = task.models[model], FewShotSettings(**settings)

    def prepare() -> tuple[tuple[TaskData, Settings], dict[str, Any]]:
        where = find_data(data)
        loaded = fewer(task.load(where, False), examples)
        division = divide(loaded, used.new, used.seed)  # refuses what cannot be used
        training = chosen.settings_for(len(division.base.train), augment=False)
        asked = {
            "transfer": "few-shot",
            "model": model,
            "data": None if where is None else str(where),
            "examples": examples,
        }
        return (loaded, training), {
            "seed": used.seed,
            "settings": {**asked, **used.to_dict(), "training": training.to_dict()},
            "hashes": {name: sha256_of_examples(part) for name, part in loaded.parts().items()},
        }

    with opened(out, Path("runs") / "few-shot", prepare, called="run_few_shot(...)", force=force) as opening:
        folder, (loaded, training), record = opening
        started = time.monotonic()
        sizes = ", ".join(f"{len(part):,} {name}" for name, part in loaded.parts().items())
        watcher.step(1, "prepare", f"{loaded.cards[0].title}; {sizes}")
        watcher.step(
            3, "train", f"{used.seeds} seeds, each with {used.new} of {len(loaded.classes)} classes new"
        )

        def tell(what: str, number: int, total: int, reached: float) -> None:
            watcher.fit(what, number, total, 1, 1, {"validation": reached})

        found, divisions = study(task, loaded, model, used, training, tell)
        history = pd.DataFrame(table(found, divisions, used.seed), columns=list(COLUMNS))
        folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
        scores = score_few_shot(found)
        scores.to_csv(folder.path / "scores.csv")
        watcher.step(4, "report", str(folder.path / "report.html"))
        record |= {
            "new_classes": {str(used.seed + i): ", ".join(names) for i, names in enumerate(divisions)},
            "wall_seconds": round(time.monotonic() - started, 1),
        }
        _report(folder, loaded, found, scores, record)
    return FewShotResult(folder.path, found, scores, history)


def label(one: Found) -> str:
    """In the scores: "prototype on dense", "baseline: read-out on pixels", "null: prototype on permuted"."""
    kind, colon, name = one.body.rpartition(": ")
    if one.body == PIXELS or one.body.startswith(UNTRAINED):
        kind, colon = "baseline", ": "
    return f"{kind}{colon}{one.method} on {name}"


def score_few_shot(found: list[Found]) -> Scorecard:
    """Mean accuracy of each classifier at each k, and its paired difference to the best of the pixels alone."""
    scores = []

    def add(metric: str, model: str, by_seed: np.ndarray) -> None:
        mean = _mean(by_seed)
        scores.append(Score("task", metric, "test", model, mean.value, mean.low, mean.high, n=by_seed.size))

    pixels = {one.method: one for one in found if one.body == PIXELS}
    for one in found:
        for k, accuracy in one.accuracy.items():
            add(f"accuracy_k{k}", label(one), accuracy)
    own = found[0].body
    for one in found:
        for against in pixels.values():
            if one.body == own:
                for k, accuracy in one.accuracy.items():
                    name = f"difference: {label(one)} - {against.method} on pixels"
                    add(f"accuracy_k{k}", name, accuracy - against.accuracy[k])
    return Scorecard(scores)


def _mean(by_seed: np.ndarray) -> Interval:
    """Seeds are drawn, then draws within each."""
    return bootstrap_mean(list(by_seed))


def _report(
    folder: RunFolder, data: TaskData, found: list[Found], scores: Scorecard, record: dict[str, Any]
) -> None:
    from neurotwin.report.transfer import ExperimentContent, write_experiment_report
    from neurotwin.report.transfer.few_shot import interval_words, sections
    from neurotwin.report.transfer.seeds import seeds_words

    own = found[0].body
    means = {label(one): {k: _mean(a) for k, a in one.accuracy.items()} for one in found}
    shots = list(found[0].accuracy)
    first, last = shots[0], shots[-1]
    mine = [one for one in found if one.body == own]
    lead = (
        f"{own}, on classes that it never met: "
        + "; ".join(f"{one.method} {interval_words(means[label(one)][first])}" for one in mine)
        + f" with k = {first}; "
        + "; ".join(f"{one.method} {interval_words(means[label(one)][last])}" for one in mine)
        + f" with k = {last} examples of each class."
    )
    groups = {
        f"{own}, against pixels": [one for one in found if one.body in (own, PIXELS)],
        f"{own}, against an untrained body": [
            one for one in found if one.body in (own, f"{UNTRAINED} {own}")
        ],
    }
    others = dict.fromkeys(one.body for one in found if one.body.startswith(("baseline", "null")))
    if others:
        groups[f"{own}, against other bodies: prototype"] = [
            one for one in found if one.body in (own, *others) and one.method == "prototype"
        ]
    content = ExperimentContent(
        title="Few-shot evaluation",
        facts=(
            f"{record['settings']['new']} of {len(data.classes)} classes new",
            f"{found[0].accuracy[first].shape[1]} draws",
            seeds_words(record["seed"], len(found[0].accuracy[first])),
            f"{record['wall_seconds']:,.0f} s",
        ),
        lead=lead,
        numbers=tuple(_compared(scores, label(one), k) for one in mine for k in (first, last)),
        brackets="Numbers in brackets are 95 % intervals of the mean, from resampling seeds (each with its own new classes and "
        "its own body) and draws within them; all draws of a seed share its test images. Few seeds "
        "make such intervals too narrow.",
        sections=sections({name: {label(o): means[label(o)] for o in group} for name, group in groups.items()},
                          {label(one): {k: a.ravel() for k, a in one.accuracy.items()} for one in found}),
        split=data.split,
        counts={name: len(part) for name, part in data.parts().items()},
        cards=data.cards,
        run=record,
        limits=LIMITS,
    )  # fmt: skip
    write_experiment_report(content, folder.path)


def _compared(scores: Scorecard, model: str, k: int) -> str:
    """A sentence against both simple methods on pixels."""
    said = []
    for score in scores.select(metric=f"accuracy_k{k}"):
        if score.model.startswith(f"difference: {model} - "):
            if score.low <= 0 <= score.high:
                judged = "indistinguishable from"
            else:
                judged = "better than" if score.value > 0 else "worse than"
            name = score.model.partition(" - ")[2]
            said.append(f"{judged} {name} ({score.value:+.3f} [{score.low:+.3f}, {score.high:+.3f}])")
    return f"With k = {k}, {model} is {' and '.join(said)}."
