"""A task from data to report: train, evaluate once, and stand beside an ordinary network, nulls and simple methods."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd

from neurotwin.evaluation import Score, Scorecard
from neurotwin.pipeline.contestants import Contestant, contestants, pretrained, settle
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.tasks import TASKS, Examples, Settings, Task, TaskData, fit, interval, n_parameters
from neurotwin.tasks.loop import COLUMNS
from neurotwin.tasks.storage import save_network
from neurotwin.tasks.task import Explained, Metric, Pretrained, Statistic, Trained


@dataclass(frozen=True, eq=False)
class TaskResult:
    """What a task's run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    network
        The trained one.
    scores, history
        Of it and of everything beside it.
    """

    folder: Path
    network: Any
    scores: Scorecard
    history: pd.DataFrame


def run_task(
    name: str,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    model: str | None = None,
    encoder: str | Path | None = None,
    allow_leaks: bool = False,
    force: bool = False,
    watcher: Watcher | None = None,
    **settings: Any,
) -> TaskResult:
    """Train a task's network and what stands beside it, evaluate all of them on the test part, and report.

    Parameters
    ----------
    name
        In ``TASKS``.
    out
        Run folder; the first free one of ``runs/<name>``, ``runs/<name>-2`` … by default.
    data
        File or folder, also by its name within ``NEUROTWIN_DATA``; without it the task's own sample.
    options
        Of the task's reader, by name (``Task.options``).
    model
        Network of the task; its default where None.
    encoder
        Folder of the pretrained encoder that the network begins from; the one that is installed where None.
    allow_leaks
        Accept groups on both sides of the split; the report says so.
    force
        Replace an existing run.
    watcher
        Told about progress.
    settings
        Fields of :class:`neurotwin.tasks.Settings` in place of the network's defaults.

    Returns
    -------
    TaskResult
        Also on disk: run.json, model.safetensors, history.csv, scores.csv, report.html, figures/.

    Raises
    ------
    InputError, RunFolderError, DivergenceError
        With what was given, what was expected and how to mend it.
    """
    watcher = watcher or Silent()
    task = TASKS[name]
    model = model or task.default
    chosen = task.models[model]
    replace(chosen.settings, **settings)  # refuses what cannot be used before anything is read
    start = pretrained(task, model, encoder)

    def prepare() -> tuple[tuple[Task, TaskData, Settings], dict[str, Any]]:
        where = find_data(data)
        loaded = task.read(where, allow_leaks, options)
        if start is not None:
            loaded = replace(loaded, cards=(*loaded.cards, start.card))
        used = chosen.settings_for(len(loaded.train), **settings)
        asked = {
            "task": name,
            "model": model,
            "data": None if where is None else str(where),
            "options": dict(options or {}),
            "allow_leaks": allow_leaks,
            **({} if start is None else {"encoder": start.card.name, "encoder_sha256": start.card.sha256}),
        }
        return (task.fitted_to(loaded), loaded, used), {
            "seed": used.seed,
            "settings": {**asked, "training": used.to_dict()},
            "hashes": {part: sha256_of_examples(examples) for part, examples in loaded.parts().items()},
        }

    called = f"run_task({name!r}, ...)"
    with opened(out, Path("runs") / name, prepare, called=called, force=force) as (folder, made, record):
        return _run(folder, model, *made, start, record, watcher)


def _run(
    folder: RunFolder,
    model: str,
    task: Task,
    data: TaskData,
    settings: Settings,
    start: Pretrained | None,
    record: dict[str, Any],
    watcher: Watcher,
) -> TaskResult:
    started = time.monotonic()
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in data.parts().items())
    watcher.step(1, "prepare", f"{data.cards[0].title}; {sizes}")
    spec = {**task.describe(data), "dropout": settings.dropout, **({} if start is None else start.spec)}
    begun = contestants(task, model, spec, settings, start)
    parameters = {one.name: n_parameters(one.network) for one in begun}
    watcher.step(2, "design", "; ".join(f"{name}: {n:,} parameters" for name, n in parameters.items()))

    watcher.step(3, "train", f"{settings.epochs} epochs of {len(data.train) // settings.batch} steps")
    trained, history, seconds = _train(begun, data, watcher)
    folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
    simple = {f"baseline: {name}": make(task, data, settings.seed) for name, make in task.baselines.items()}
    settled = settle(task, trained, simple, data.validation)
    if settled:
        trained = [replace(one, network=settled[one.name].into(one.network)) for one in trained]
    network = trained[0].network
    save_network(
        network,
        folder.path / "model.safetensors",
        task=task.name,
        model=model,
        spec=spec,
        classes=data.classes,
    )

    # From here on nothing is chosen any more: the one look at the test part.
    watcher.step(4, "evaluate", f"{len(data.test):,} test examples")
    outputs = {one.name: one.answer(data.test) for one in trained}
    for label, search in list(task.searches.items())[1:]:
        outputs[f"baseline: {label}"] = search(network, data.test)
    for name, predict in simple.items():
        outputs[name] = settled[name].adjust(predict(data.test)) if settled else predict(data.test)
    detailed = replace(task, metrics=(*task.metrics, *(task.by_class(data) if task.by_class else ())))
    extra = {name: one.metrics for name, one in settled.items()}
    scores = score_task(detailed, model, outputs, data.test, settings.seed, extra)
    scores.to_csv(folder.path / "scores.csv")

    watcher.step(5, "report", str(folder.path / "report.html"))
    record |= {"parameters": parameters, "training_seconds": seconds}
    if settled:
        record["settled"] = {name: one.facts for name, one in settled.items()}
    explained = Explained()
    if task.explain is not None:
        # weights of another seed: an untrained network is not where this one began
        untrained = partial(task.models[model].build, spec, jax.random.key(settings.seed + 1))
        explained = task.explain(
            Trained(network, untrained, data, outputs[model], settled.get(model), settings.seed)
        )
    if explained.measured:
        record["measured"] = dict(explained.measured)
    record["wall_seconds"] = round(time.monotonic() - started, 1)
    _report(folder.path, task, model, data, scores, history, outputs[model], record, explained)
    return TaskResult(folder.path, network, scores, history)


def _train(
    begun: list[Contestant], data: TaskData, watcher: Watcher
) -> tuple[list[Contestant], pd.DataFrame, dict[str, float]]:
    """The same with trained networks, the history of all, and the seconds that each took."""
    trained, rows, seconds = [], [], {}
    for number, one in enumerate(begun, 1):
        started = time.monotonic()

        def tell(
            epoch: int, epochs: int, values: dict[str, float], one: Contestant = one, number: int = number
        ) -> None:
            watcher.fit(one.name, number, len(begun), epoch, epochs, values)

        fitted = fit(
            one.network, data.train, data.validation, one.task, one.settings, name=one.name, progress=tell
        )
        trained.append(replace(one, network=fitted.network))
        rows += fitted.history
        seconds[one.name] = round(time.monotonic() - started, 1)
    return trained, pd.DataFrame(rows, columns=list(COLUMNS)), seconds


def score_task(
    task: Task,
    model: str,
    outputs: dict[str, np.ndarray],
    test: Examples,
    seed: int = 0,
    extra: Mapping[str, tuple[Metric, ...]] | None = None,
) -> Scorecard:
    """Every metric of every model on the test part, and the main metric's paired differences.

    Parameters
    ----------
    task, model
        The task, and the key of the network that the run is about.
    outputs
        Name → outputs ``[example, ...]`` on the test part.
    test, seed
        The examples, and the seed of the resampling.
    extra
        Name → metrics of that model alone (what its own validation outputs settled).
    """

    def scored(metric: Metric, name: str, statistic: Statistic) -> Score:
        n = len(test)
        found = interval(statistic, n, test.groups, seed=seed)
        return Score(
            "task", metric.name, "test", name, found.value, found.low, found.high,
            n=n, unit=metric.unit, higher_is_better=metric.higher_is_better,
        )  # fmt: skip

    scores, main, first = [], task.metrics[0], {}
    for name, answered in outputs.items():
        first[name] = main.of(answered, test)
        scores.append(scored(main, name, first[name]))
        told = [
            scored(metric, name, metric.of(answered, test))
            for metric in (*task.metrics[1:], *(extra or {}).get(name, ()))
        ]
        # NaN: these answers have no such measure
        scores += [score for score in told if not np.isnan(score.value)]
    own = first.pop(model)
    for name, other in first.items():
        label = f"difference: {model} - {name.partition(': ')[2]}"
        scores.append(scored(main, label, lambda rows, other=other: own(rows) - other(rows)))
    return Scorecard(scores)


def _report(
    folder: Path,
    task: Task,
    model: str,
    data: TaskData,
    scores: Scorecard,
    history: pd.DataFrame,
    outputs: np.ndarray,
    record: dict[str, Any],
    explained: Explained,
) -> None:
    from neurotwin.report.task import TaskContent, write_task_report

    leaks = [
        f"{len(groups)} groups are both in {pair}: "
        + (
            "its numbers say nothing of new groups."
            if pair == "train and validation"
            else "the scores are too good."
        )
        for pair, groups in data.leaks().items()
    ]
    repeated = data.repeated()
    if repeated:
        leaks.append(
            f"{repeated:,} of {len(data.test):,} test examples are also in the training part, value for value."
        )
    content = TaskContent(
        title=task.title,
        about=f"{model}: {task.models[model].about}",
        model=model,
        metric=task.metrics[0].name,
        scores=scores,
        history=history,
        cards=data.cards,
        split=data.split,
        counts={name: len(part) for name, part in data.parts().items()},
        classes=data.classes,
        pictures=task.figures,
        outputs=outputs,
        inputs=data.test.x,
        answers=data.test.y,
        excerpts=explained.excerpts,
        run=record,
        limits=(*leaks, *task.models[model].limits, *task.limits),
        notes=explained.notes,
        details=explained.details,
    )
    write_task_report(content, folder)
