"""``neurotwin transfer adapt``: from data to a run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import jax
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.tasks import TASKS, Settings, TaskData, fit, n_parameters, outputs_of
from neurotwin.tasks.loop import COLUMNS
from neurotwin.tasks.storage import save_network
from neurotwin.transfer import METHODS
from neurotwin.transfer.adapt import (
    ADAPTATION,
    DRAWS,
    SHOTS,
    Adaptations,
    Halves,
    accuracy_scores,
    adapt,
    beside,
    contenders,
    few,
    halves,
    simple,
)
from neurotwin.transfer.cost import Cost
from neurotwin.transfer.methods.lora import RANK
from neurotwin.transfer.storage import save_adapted

LIMITS = (
    "Both halves of the classes come from one collection: how well a network adapts to images of another kind was not tested.",
    "Learning rates are defaults, found with all digits for training and the worm's twin, and not tuned for few examples: "
    "a search might change the order of the methods.",
    "Intervals draw few-shot draws and test examples; with few draws they are somewhat too narrow, and one pre-trained network "
    "stands behind all of them.",
    "Memory is computed from the shapes of gradient and optimiser state; what the backward pass holds in passing is not in it.",
)


@dataclass(frozen=True, eq=False)
class TransferResult:
    """What a run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    scores
        Of every method and of what stands beside it.
    costs
        A row for each adaptation: model, trained, total, gradient_bytes, optimiser_bytes, seconds.
    """

    folder: Path
    scores: Scorecard
    costs: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is asked for, with its data."""

    model: str
    methods: tuple[str, ...]
    shots: int
    draws: int
    rank: int
    settings: Settings
    data: TaskData
    two: Halves


def run_adapt(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    model: str = "worm",
    methods: Sequence[str] = (),
    shots: int = SHOTS,
    draws: int = DRAWS,
    epochs: int = ADAPTATION.epochs,
    rank: int = RANK,
    seed: int = 0,
    force: bool = False,
    watcher: Watcher | None = None,
) -> TransferResult:
    """Pre-train on the first half of the classes, adapt to the others by every method, beside training from scratch.

    Parameters
    ----------
    out
        Run folder; the first free one of ``runs/transfer-adapt`` … by default.
    data
        As for the task images; scikit-learn's digits where None.
    model
        Network of the task images.
    methods
        Names in ``METHODS``; all where none is named.
    shots, draws
        Examples of each class that are known (and as many for validation), and how often they are drawn.
    epochs
        Passes over them.
    rank
        Of LoRA.
    seed
        Equal seeds give equal scores.
    force
        Replace an existing run.
    watcher
        Told about progress.

    Returns
    -------
    TransferResult
        Also on disk: run.json, pretrained.safetensors, history.csv, scores.csv, costs.csv, report.html, figures/; adapted/
        has what each method trained in the first draw (``load_adapted``), models/ the whole network where it merges.
    """
    watcher = watcher or Silent()

    def prepare() -> tuple[_Plan, dict[str, Any]]:
        task = TASKS["images"]
        task.models[model]
        names = tuple(methods) or tuple(METHODS)
        for name in names:
            METHODS[name]
        if draws < 1:
            raise InputError("the number of draws cannot be used", got=draws, expected="1 or more")
        settings = replace(ADAPTATION, epochs=epochs, seed=seed)
        where = find_data(data)
        loaded = task.load(where, False)
        two = halves(loaded)
        settings.check_examples(len(few(two.target, shots, seed).train))
        asked = {
            "transfer": "adapt",
            "model": model,
            "methods": list(names),
            "shots": shots,
            "draws": draws,
            "rank": rank,
            "data": None if where is None else str(where),
            "adaptation": settings.to_dict(),
        }
        hashes = {part: sha256_of_examples(examples) for part, examples in loaded.parts().items()}
        plan = _Plan(model, names, shots, draws, rank, settings, loaded, two)
        return plan, {"seed": seed, "settings": asked, "hashes": hashes}

    default = Path("runs") / "transfer-adapt"
    with opened(out, default, prepare, called="run_adapt(...)", force=force) as (folder, plan, record):
        return _run(folder, plan, record, watcher)


def _run(folder: RunFolder, plan: _Plan, record: dict[str, Any], watcher: Watcher) -> TransferResult:
    started, task, two, seed = time.monotonic(), TASKS["images"], plan.two, plan.settings.seed
    classes = len(plan.data.classes)
    watcher.step(1, "prepare", f"{plan.data.cards[0].title}; {classes} classes in two halves")
    chosen = task.models[plan.model]
    spec = {**task.describe(two.source), "dropout": chosen.settings.dropout}
    watcher.step(2, "pre-train", f"{', '.join(two.source.classes)}: {len(two.source.train):,} examples")
    networks, rows = _pretrained(plan, spec, watcher)
    save_network(
        networks[plan.model],
        folder.path / "pretrained.safetensors",
        task=task.name,
        model=plan.model,
        spec=spec,
        classes=two.source.classes,
    )

    told = f"{plan.shots} examples a class, {plan.draws} draws"
    watcher.step(3, "adapt", f"{', '.join(two.target.classes)}: {told}")
    target_spec = {**spec, "classes": len(two.target.classes), "rank": plan.rank}
    runners = contenders(networks, plan.model, plan.methods, target_spec, chosen.build)
    found: dict[str, Adaptations] = {}
    for number, one in enumerate(runners, 1):
        found[one.name], more = adapt(
            one,
            two.target,
            task,
            shots=plan.shots,
            draws=plan.draws,
            settings=plan.settings,
            number=(number, len(runners)),
            progress=watcher.fit,
        )
        rows += more
        if one.name in METHODS:
            _keep(folder.path, one.name, found[one.name], plan, target_spec)
    found |= simple(two.target, task, shots=plan.shots, draws=plan.draws, seed=seed)
    pretrained = {}
    for name, network in networks.items():
        answers = outputs_of(network, two.source.test, task.encode).argmax(-1)
        pretrained[name] = float((answers == two.source.test.y).mean())
    scores = Scorecard(accuracy_scores(found, seed))
    scores.to_csv(folder.path / "scores.csv")
    costs = cost_table({name: (one.cost, one.seconds) for name, one in found.items() if one.cost is not None})
    folder.write("costs.csv", costs.to_csv(index=False))
    history = pd.DataFrame(rows, columns=list(COLUMNS))
    folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))

    watcher.step(4, "report", str(folder.path / "report.html"))
    record["parameters"] = {name: n_parameters(network) for name, network in networks.items()}
    record["pretrained_accuracy"] = pretrained
    record["wall_seconds"] = round(time.monotonic() - started, 1)
    _report(folder.path, plan, scores, costs, pretrained, record)
    return TransferResult(folder.path, scores, costs)


def _keep(folder: Path, method: str, made: Adaptations, plan: _Plan, spec: dict[str, Any]) -> None:
    """What was trained by itself, and the whole network where the method merges."""
    classes = plan.two.target.classes
    for name in ("adapted", "models"):
        (folder / name).mkdir(exist_ok=True)
    save_adapted(
        made.network,
        made.trained,
        folder / "adapted" / f"{method}.safetensors",
        method=method,
        spec=spec,
        classes=classes,
    )
    if (merge := METHODS[method].merge) is not None:
        save_network(
            merge(made.network),
            folder / "models" / f"{method}.safetensors",
            task="images",
            model=plan.model,
            spec=spec,
            classes=classes,
        )


def _pretrained(
    plan: _Plan, spec: dict[str, Any], watcher: Watcher
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The network and what stands beside it, trained on the first half of the classes, and their history."""
    task, source, seed = TASKS["images"], plan.two.source, plan.settings.seed
    entries = beside(task.models, plan.model, spec, jax.random.key(seed))
    networks, rows = {}, []
    for number, (name, (network, like)) in enumerate(entries.items(), 1):

        def tell(
            epoch: int, epochs: int, values: dict[str, float], name: str = name, number: int = number
        ) -> None:
            watcher.fit(name, number, len(entries), epoch, epochs, values)

        used, label = like.settings_for(len(source.train), seed=seed), f"pre-training: {name}"
        fitted = fit(network, source.train, source.validation, task, used, name=label, progress=tell)
        networks[name] = fitted.network
        rows += fitted.history
    return networks, rows


def cost_table(costs: dict[str, tuple[Cost, float]]) -> pd.DataFrame:
    """A row for each adaptation, from its cost and its seconds."""
    return pd.DataFrame(
        [
            {"model": name, **asdict(cost), "seconds": round(seconds, 2)}
            for name, (cost, seconds) in costs.items()
        ]
    )


def _report(
    folder: Path,
    plan: _Plan,
    scores: Scorecard,
    costs: pd.DataFrame,
    pretrained: dict[str, float],
    record: dict[str, Any],
) -> None:
    from neurotwin.report.transfer import write_experiment_report
    from neurotwin.report.transfer.adapt import adapt_content

    chosen = TASKS["images"].models[plan.model]
    content = adapt_content(
        model=plan.model,
        about=chosen.about,
        methods={name: METHODS[name].about for name in plan.methods},
        scores=scores,
        costs=costs,
        pretrained=pretrained,
        classes=(plan.two.source.classes, plan.two.target.classes),
        counts={name: len(part) for name, part in plan.two.target.parts().items()},
        shots=plan.shots,
        draws=plan.draws,
        epochs=plan.settings.epochs,
        split=plan.data.split,
        cards=plan.data.cards,
        run=record,
        limits=(*LIMITS, *chosen.limits),
    )
    write_experiment_report(content, folder)
