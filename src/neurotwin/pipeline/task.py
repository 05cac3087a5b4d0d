"""A task from data to report: train, evaluate once, and stand beside an ordinary network, nulls and simple methods."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd

from neurotwin.evaluation import Score, Scorecard
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.tasks import TASKS, Examples, Settings, Task, TaskData, fit, interval, n_parameters, outputs_of
from neurotwin.tasks.loop import COLUMNS
from neurotwin.tasks.storage import save_network
from neurotwin.tasks.task import Metric, Statistic


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


@dataclass(frozen=True, eq=False)
class _Contestant:
    """A network to be trained: its name in the scores, itself, and how."""

    name: str
    network: Any
    settings: Settings


def run_task(
    name: str,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    model: str | None = None,
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
    model
        Network of the task; its default where None.
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

    def prepare() -> tuple[tuple[TaskData, Settings], dict[str, Any]]:
        where = find_data(data)
        loaded = task.load(where, allow_leaks)
        used = chosen.settings_for(len(loaded.train), **settings)
        asked = {
            "task": name,
            "model": model,
            "data": None if where is None else str(where),
            "allow_leaks": allow_leaks,
        }
        return (loaded, used), {
            "seed": used.seed,
            "settings": {**asked, "training": used.to_dict()},
            "hashes": {part: sha256_of_examples(examples) for part, examples in loaded.parts().items()},
        }

    called = f"run_task({name!r}, ...)"
    with opened(out, Path("runs") / name, prepare, called=called, force=force) as (folder, made, record):
        return _run(folder, task, model, made[1], made[0], record, watcher)


def _run(
    folder: RunFolder,
    task: Task,
    model: str,
    settings: Settings,
    data: TaskData,
    record: dict[str, Any],
    watcher: Watcher,
) -> TaskResult:
    started = time.monotonic()
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in data.parts().items())
    watcher.step(1, "prepare", f"{data.cards[0].title}; {sizes}")
    spec = {**task.describe(data), "dropout": settings.dropout}
    contestants = _contestants(task, model, spec, settings)
    watcher.step(
        2, "design", "; ".join(f"{c.name}: {n_parameters(c.network):,} parameters" for c in contestants)
    )

    watcher.step(3, "train", f"{settings.epochs} epochs of {len(data.train) // settings.batch} steps")
    networks, rows, seconds = {}, [], {}
    for number, one in enumerate(contestants, 1):
        begun = time.monotonic()

        def tell(
            epoch: int, epochs: int, values: dict[str, float], one: _Contestant = one, number: int = number
        ) -> None:
            watcher.fit(one.name, number, len(contestants), epoch, epochs, values)

        fitted = fit(
            one.network, data.train, data.validation, task, one.settings, name=one.name, progress=tell
        )
        networks[one.name] = fitted.network
        rows += fitted.history
        seconds[one.name] = round(time.monotonic() - begun, 1)
    simple = {f"baseline: {name}": make(task, data, settings.seed) for name, make in task.baselines.items()}
    history = pd.DataFrame(rows, columns=list(COLUMNS))
    folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
    parameters = {one.name: n_parameters(one.network) for one in contestants}
    save_network(
        networks[model],
        folder.path / "model.safetensors",
        task=task.name,
        model=model,
        spec=spec,
        classes=data.classes,
    )

    # From here on nothing is chosen any more: the one look at the test part.
    watcher.step(4, "evaluate", f"{len(data.test):,} test examples")
    outputs = {name: outputs_of(network, data.test, task.encode) for name, network in networks.items()}
    outputs |= {name: predict(data.test) for name, predict in simple.items()}
    detailed = replace(task, metrics=(*task.metrics, *(task.by_class(data) if task.by_class else ())))
    scores = score_task(detailed, model, outputs, data.test, settings.seed)
    scores.to_csv(folder.path / "scores.csv")

    watcher.step(5, "report", str(folder.path / "report.html"))
    record |= {"parameters": parameters, "training_seconds": seconds}
    record["wall_seconds"] = round(time.monotonic() - started, 1)
    _report(folder.path, task, model, data, scores, history, outputs[model], record)
    return TaskResult(folder.path, networks[model], scores, history)


def _contestants(task: Task, model: str, spec: dict[str, Any], settings: Settings) -> list[_Contestant]:
    """The network, its same-size rival and its nulls: one budget, one seed."""
    chosen, key = task.models[model], jax.random.key(settings.seed)
    network = chosen.build(spec, key)
    found = [_Contestant(model, network, settings)]
    if chosen.rival:
        rival = task.models[chosen.rival]
        own = replace(
            rival.settings,
            epochs=settings.epochs,
            batch=settings.batch,
            augment=settings.augment,
            seed=settings.seed,
            patience=settings.patience,
        )
        sized = {**spec, "parameters": n_parameters(network), "dropout": own.dropout}
        found.append(_Contestant(f"baseline: {chosen.rival}, same size", rival.build(sized, key), own))
    found += [
        _Contestant(f"null: {label}", build(spec, key), settings) for label, build in chosen.nulls.items()
    ]
    return found


def score_task(
    task: Task, model: str, outputs: dict[str, np.ndarray], test: Examples, seed: int = 0
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
        scores += [scored(metric, name, metric.of(answered, test)) for metric in task.metrics[1:]]
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
) -> None:
    from neurotwin.report.task import TaskContent, write_task_report

    leaks = [
        f"{len(groups)} groups are both in {pair}: the scores are too good."
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
        run=record,
        limits=(*leaks, *task.models[model].limits, *task.limits),
    )
    write_task_report(content, folder)
