"""``neurotwin transfer adapt``: from data to a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jax
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.pipeline.task import find_data
from neurotwin.pipeline.transfer.folder import TransferResult, cost_table, run_folder
from neurotwin.tasks import TASKS, fit, n_parameters, outputs_of
from neurotwin.tasks.loop import COLUMNS
from neurotwin.tasks.storage import save_network
from neurotwin.transfer import METHODS
from neurotwin.transfer.adapt import (
    ADAPTATION,
    DRAWS,
    SHOTS,
    Adaptations,
    accuracy_scores,
    adapt,
    beside,
    contenders,
    few,
    halves,
    simple,
)

LIMITS = (
    "Both halves of the classes come from one collection: how well a network adapts to images of another kind was not tested.",
    "Learning rates of the methods are defaults that were chosen on validation parts of the digits; a longer search might change "
    "the order of methods that lie close together.",
    "Intervals draw few-shot draws and test examples; with few draws they are somewhat too narrow, and one pre-trained network "
    "stands behind all of them.",
    "Memory is computed from the shapes of gradient and optimiser state; what the backward pass holds in passing is not in it.",
)


def run_adapt(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    model: str = "worm",
    methods: Sequence[str] = (),
    shots: int = SHOTS,
    draws: int = DRAWS,
    epochs: int = ADAPTATION.epochs,
    rank: int = 4,
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
        Also on disk: run.json, pretrained.safetensors, history.csv, scores.csv, costs.csv, report.html, figures/; of methods that
        merge, the network that answers for the new classes is in models/.
    """
    watcher, task = watcher or Silent(), TASKS["images"]
    chosen = task.models[model]
    names = tuple(methods) or tuple(METHODS)
    for name in names:
        METHODS[name]
    if draws < 1:
        raise InputError("the number of draws cannot be used", got=draws, expected="1 or more")
    settings = replace(ADAPTATION, epochs=epochs, seed=seed)
    where = find_data(data)
    loaded = task.load(where, False)
    two = halves(loaded)
    few(two.target, shots, seed)  # refuses what the classes do not have before anything is trained
    asked = {
        "transfer": "adapt", "model": model, "methods": list(names), "shots": shots, "draws": draws, "rank": rank,
        "data": None if where is None else str(where), "seed": seed, "adaptation": settings.to_dict(),
    }  # fmt: skip
    with run_folder("transfer-adapt", out, force, asked, loaded) as (folder, record):
        watcher.step(1, "prepare", f"{loaded.cards[0].title}; {len(loaded.classes)} classes in two halves")
        spec = {**task.describe(two.source), "dropout": chosen.settings.dropout}
        entries = beside(task.models, model, spec, jax.random.key(seed))
        watcher.step(2, "pre-train", f"{', '.join(two.source.classes)}: {len(two.source.train):,} examples")
        networks, rows, pretrained = {}, [], {}
        for number, (name, (network, like)) in enumerate(entries.items(), 1):
            used = like.settings_for(len(two.source.train), seed=seed)

            def tell(
                epoch: int, epochs: int, values: dict[str, float], name: str = name, number: int = number
            ) -> None:
                watcher.fit(name, number, len(entries), epoch, epochs, values)

            fitted = fit(
                network, two.source.train, two.source.validation, task, used,
                name=f"pre-training: {name}", progress=tell,
            )  # fmt: skip
            networks[name] = fitted.network
            rows += fitted.history
        save_network(
            networks[model], folder.path / "pretrained.safetensors",
            task=task.name, model=model, spec=spec, classes=two.source.classes,
        )  # fmt: skip

        target_spec = {**spec, "classes": len(two.target.classes), "rank": rank}
        runners = contenders(networks, model, names, target_spec, chosen.build)
        watcher.step(3, "adapt", f"{', '.join(two.target.classes)}: {shots} examples a class, {draws} draws")
        found: dict[str, Adaptations] = {}
        for number, one in enumerate(runners, 1):
            found[one.name], told = adapt(
                one, two.target, task, shots=shots, draws=draws, settings=settings,
                number=(number, len(runners)), progress=watcher.fit,
            )  # fmt: skip
            rows += told
            if one.name in METHODS and (merge := METHODS[one.name].merge) is not None:
                (folder.path / "models").mkdir(exist_ok=True)
                save_network(
                    merge(found[one.name].network), folder.path / "models" / f"{one.name}.safetensors",
                    task=task.name, model=model, spec=target_spec, classes=two.target.classes,
                )  # fmt: skip
        found |= simple(two.target, task, shots=shots, draws=draws, seed=seed)
        for name, network in networks.items():
            right = outputs_of(network, two.source.test, task.encode).argmax(-1) == two.source.test.y
            pretrained[name] = float(right.mean())
        record["pretrained_accuracy"], record["parameters"] = (
            pretrained,
            {name: n_parameters(network) for name, network in networks.items()},
        )
        scores = Scorecard(accuracy_scores(found, seed))
        scores.to_csv(folder.path / "scores.csv")
        costs = cost_table(
            {name: (one.cost, one.seconds) for name, one in found.items() if one.cost is not None}
        )
        folder.write("costs.csv", costs.to_csv(index=False))
        history = pd.DataFrame(rows, columns=list(COLUMNS))
        folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
        watcher.step(4, "report", str(folder.path / "report.html"))
        from neurotwin.report.transfer import adapt_content, write_transfer_report

        content = adapt_content(
            model=model,
            about=chosen.about,
            methods={name: METHODS[name].about for name in names},
            scores=scores,
            costs=costs,
            pretrained=pretrained,
            classes=(two.source.classes, two.target.classes),
            counts={name: len(part) for name, part in two.target.parts().items()},
            shots=shots,
            draws=draws,
            epochs=epochs,
            split=loaded.split,
            cards=loaded.cards,
            run=record,
            limits=(*LIMITS, *chosen.limits),
        )
        write_transfer_report(content, folder.path)
    return TransferResult(folder.path, scores, costs)
