"""``neurotwin transfer fidelity``: from a twin and a task to a run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.biology import Biology, Connectome, load
from neurotwin.biology.larva import larva_connectome
from neurotwin.evaluation import Score, Scorecard
from neurotwin.network import Twin
from neurotwin.pipeline.adaptation import TransferResult, cost_table
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.tasks import TASKS, Settings, Spec, TaskData, fit, interval, n_parameters, outputs_of
from neurotwin.tasks.loop import COLUMNS
from neurotwin.transfer import METHODS, Adapted
from neurotwin.transfer.cost import Cost, cost_of
from neurotwin.transfer.fidelity import ANCHORS, NULL, REAL, STEPS, Variant, variants
from neurotwin.transfer.methods.base import everything
from neurotwin.transfer.methods.lora import RANK
from neurotwin.transfer.subjects import Subject, twin_subject, wiring_subject
from neurotwin.transfer.twin import INTERFACES

SETTINGS = Settings(epochs=12, batch=64)
"""Of every adaptation; each method has its own learning rate."""

ANIMALS = ("worm", "larva")
WIRING = "wiring"
"""The name in the scores of an animal's wiring without recordings."""
HELD_OUT = "the last stretch of each was held out from fitting and adaptation alike"

LIMITS = (
    "What is retained is what was measured here: what keeps these scores may have lost something else.",
    "The image enters by a trained projection into all sensory neurons at once, as no stimulus does, and is read by a trained "
    "layer: how much of the accuracy these two could reach with any network between them is what the shuffled wiring says.",
    "Frozen body, adapters and prompts leave the weights that were there alone, so that they retain everything by construction: "
    "for them the figure says only what accuracy that costs.",
    "One seed is one draw of everything: differences between methods that are smaller than those between seeds mean nothing.",
    "Accuracies whose intervals overlap cannot be told apart here; where softmax regression does as well, the task needs no twin.",
    "Learning rates are defaults: those of full fine-tuning, LoRA and the frozen body were the best of two or three on the "
    "validation part of the digits with the worm's twin, the others follow these. Another rate, or longer training, moves a point.",
)
TWIN_LIMITS = (
    "Co-smoothing clamps most neurons to the recording, and the twin's observer and the animals' deviations are not touched by the "
    "task: they carry a part of the score through any change of the shared weights.",
    "The twin was fitted briefly, to two animals where no more were asked for, and is one member, not an ensemble.",
)
WIRING_LIMITS = (
    "Nobody recorded these neurons: nothing here says that the network behaves like the animal, before or after.",
    "Signs of the synapses are not known and were drawn at random; “sign agreement” is with that draw.",
)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is asked for, with its data."""

    methods: tuple[str, ...]
    variants: list[Variant]
    steps: int
    rank: int
    twins: Path | None
    settings: Settings
    data: TaskData
    animal: Biology | Connectome


@dataclass(frozen=True, eq=False)
class _Trained:
    """One adapted classifier, and the classifier that it began as."""

    subject: Subject
    variant: Variant
    network: Any
    start: Any


def run_fidelity(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    animal: str = "worm",
    worms: int | str = 2,
    methods: Sequence[str] = (),
    anchors: Sequence[float] = ANCHORS,
    steps: int = STEPS,
    epochs: int = SETTINGS.epochs,
    first: int = 0,
    rank: int = RANK,
    twins: str | Path | None = None,
    seed: int = 0,
    force: bool = False,
    watcher: Watcher | None = None,
) -> TransferResult:
    """Fit a twin of an animal and one on shuffled wiring, adapt both to images by every method, and see what is left of them.

    Parameters
    ----------
    out
        Run folder; the first free one of ``runs/transfer-fidelity`` … by default.
    data
        As for the task images; scikit-learn's digits where None.
    animal
        "worm", or "larva": there are no recordings of that one, so its wiring with weights from contact counts stands for the twin,
        and structure is all that is examined (the data folder has it).
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
    watcher = watcher or Silent()

    def prepare() -> tuple[_Plan, dict[str, Any]]:
        names = tuple(methods) or tuple(METHODS)
        chosen = variants(names, anchors)
        if first < 0:
            raise InputError(
                "the number of training images cannot be used", got=first, expected="0 (all) or more"
            )
        settings = replace(SETTINGS, epochs=epochs, seed=seed)
        where = find_data(data)
        loaded = TASKS["images"].load(where, False)
        loaded = loaded.first(first) if first else loaded
        settings.check_examples(len(loaded.train))
        if animal not in ANIMALS:
            raise unknown_name("animal", animal, list(ANIMALS))
        found = load("worm", worms=worms) if animal == "worm" else larva_connectome()
        asked = {
            "transfer": "fidelity",
            "animal": animal,
            "methods": list(names),
            "anchors": list(anchors),
            "steps": steps,
            "first": first,
            "rank": rank,
            "worms": worms,
            "twins": None if twins is None else str(twins),
            "data": None if where is None else str(where),
            "adaptation": settings.to_dict(),
        }
        hashes = {part: sha256_of_examples(examples) for part, examples in loaded.parts().items()}
        earlier = None if twins is None else Path(twins)
        plan = _Plan(names, chosen, steps, rank, earlier, settings, loaded, found)
        return plan, {"seed": seed, "settings": asked, "hashes": hashes}

    default = Path("runs") / "transfer-fidelity"
    with opened(out, default, prepare, called="run_fidelity(...)", force=force) as (folder, plan, record):
        return _run(folder, plan, record, watcher)


def _run(folder: RunFolder, plan: _Plan, record: dict[str, Any], watcher: Watcher) -> TransferResult:
    began, task, data, seed = time.monotonic(), TASKS["images"], plan.data, plan.settings.seed
    watcher.step(1, "prepare", data.cards[0].title)
    subjects = _subjects(plan, folder.path, watcher)
    spec = {**task.describe(data), "interfaces": INTERFACES, "rank": plan.rank}

    total = len(subjects) * len(plan.variants)
    watcher.step(3, "adapt", f"{total} adaptations of {plan.settings.epochs} epochs")
    adapted, rows, costs = _adapted(plan, subjects, spec, watcher)
    size = n_parameters(next(iter(adapted.values())).start)
    simple, more = _beside(plan, spec, size, costs)
    rows += more

    # nothing is chosen from here on: the one look at the test images and at the held-out recordings
    watcher.step(4, "evaluate", f"{len(data.test):,} test images; {len(adapted)} networks against the animal")
    answers = {model: outputs_of(one.network, data.test, task.encode) for model, one in adapted.items()}
    scores = [score for subject in subjects for score in subject.card]
    for model, outputs in {**answers, **simple}.items():
        found = interval(task.metrics[0].of(outputs, data.test), len(data.test), seed=seed)
        scores.append(Score("task", "accuracy", "test", model, found.value, found.low, found.high, n=found.n))
    for model, one in adapted.items():
        kept = folder.path / "twins" / f"{_file(model)}.safetensors"
        scores += one.subject.left(model, METHODS[one.variant.method], one.network, one.start, kept)
    card, table = Scorecard(scores), cost_table(costs)
    card.to_csv(folder.path / "scores.csv")
    folder.write("costs.csv", table.to_csv(index=False))
    history = pd.DataFrame(rows, columns=list(COLUMNS))
    folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
    watcher.step(5, "report", str(folder.path / "report.html"))
    record["wall_seconds"] = round(time.monotonic() - began, 1)
    _report(folder.path, plan, subjects, card, table, record)
    return TransferResult(folder.path, card, table)


def _adapted(
    plan: _Plan, subjects: list[Subject], spec: Spec, watcher: Watcher
) -> tuple[dict[str, _Trained], list[dict[str, Any]], dict[str, tuple[Cost, float]]]:
    """Every variant of every twin, trained; the history; what each cost."""
    task, data, seed = TASKS["images"], plan.data, plan.settings.seed
    found: dict[str, _Trained] = {}
    rows, costs, total = [], {}, len(subjects) * len(plan.variants)
    for subject in subjects:
        start = subject.classifier(spec, jax.random.key(seed))
        for variant in plan.variants:
            model, number = f"{subject.name}, {variant.label}", len(found) + 1
            method, told = METHODS[variant.method], {**spec, **variant.spec}
            ready = method.prepare(start, told, jax.random.key(seed + 1))
            used = replace(plan.settings, learning_rate=method.learning_rate)

            def tell(
                epoch: int, epochs: int, values: dict[str, float], model: str = model, number: int = number
            ) -> None:
                watcher.fit(model, number, total, epoch, epochs, values)

            begun = time.monotonic()
            fitted = fit(
                ready.network,
                data.train,
                data.validation,
                task,
                used,
                name=model,
                progress=tell,
                trained=ready.trained,
                penalty=ready.penalty,
            )
            rows += fitted.history
            costs[model] = (cost_of(ready, used), time.monotonic() - begun)
            found[model] = _Trained(subject, variant, fitted.network, start)
    return found, rows, costs


def _file(name: str) -> str:
    return name.replace("null: ", "").replace(", ", "-").replace(" ", "-")


def _subjects(plan: _Plan, folder: Path, watcher: Watcher) -> list[Subject]:
    """The animal's own and the shuffled one; twins are fitted, or read from an earlier run, and kept."""
    found: list[Subject] = []
    if isinstance(plan.animal, Connectome):
        watcher.step(2, "wire", f"{plan.animal.n_neurons:,} neurons, weights from contact counts")
        found.append(wiring_subject(WIRING, plan.animal))
        found.append(wiring_subject(NULL, plan.animal, "permuted", plan.settings.seed))
        return found
    (folder / "twins").mkdir(exist_ok=True)
    for name in (REAL, NULL):
        told = f"{plan.steps} steps" if plan.twins is None else f"from {plan.twins}"
        watcher.step(2, "fit", f"{name}, {told}")
        twin = None
        if plan.twins is not None:
            twin = Twin.load(plan.twins / "twins" / f"{_file(name)}.safetensors")
        made = twin_subject(name, plan.animal, steps=plan.steps, seed=plan.settings.seed, twin=twin)
        made.twin.save(folder / "twins" / f"{_file(name)}.safetensors")
        found.append(made)
    return found


def _beside(
    plan: _Plan, spec: Spec, size: int, costs: dict[str, tuple[Cost, float]]
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Answers of softmax regression and of an ordinary network as large as the classifier, trained for as long."""
    task, data, seed = TASKS["images"], plan.data, plan.settings.seed
    dense, name, begun = task.models["dense"], "baseline: dense, same size", time.monotonic()
    network = dense.build({**spec, "parameters": size, "dropout": 0.0}, jax.random.key(seed))
    used = replace(plan.settings, learning_rate=dense.settings.learning_rate)
    fitted = fit(network, data.train, data.validation, task, used, name=name)
    costs[name] = (cost_of(Adapted(network, everything(network)), used), time.monotonic() - begun)
    regression = task.baselines["softmax regression"](task, data, seed)
    found = {
        "baseline: softmax regression": np.asarray(regression(data.test)),
        name: outputs_of(fitted.network, data.test, task.encode),
    }
    return found, list(fitted.history)


def _report(
    folder: Path,
    plan: _Plan,
    subjects: list[Subject],
    scores: Scorecard,
    costs: pd.DataFrame,
    record: dict[str, Any],
) -> None:
    from neurotwin.report.transfer import write_experiment_report
    from neurotwin.report.transfer.fidelity import Point, fidelity_content

    data, wiring = plan.data, isinstance(plan.animal, Connectome)
    about = "no recordings" if isinstance(plan.animal, Connectome) else f"{len(plan.animal.recordings)} worms"
    facts = (
        about,
        *(() if wiring else (f"{plan.steps} steps of fitting",)),
        f"{len(data.train):,} training images",
    )
    content = fidelity_content(
        points=tuple(Point(s.name, v.label, v.anchor) for s in subjects for v in plan.variants),
        methods={name: METHODS[name].about for name in plan.methods},
        scores=scores,
        costs=costs,
        counts={name: len(part) for name, part in data.parts().items()},
        facts=facts,
        how=_how(plan, wiring),
        split=f"Images: {data.split}" + ("" if wiring else f"; recordings: {HELD_OUT}"),
        cards=data.cards if isinstance(plan.animal, Connectome) else (*data.cards, *plan.animal.cards),
        run=record,
        limits=(*LIMITS, *(WIRING_LIMITS if wiring else TWIN_LIMITS)),
    )
    write_experiment_report(content, folder)


def _how(plan: _Plan, wiring: bool) -> tuple[str, ...]:
    """What was done, in words."""
    epochs = f"Each method then had {plan.settings.epochs} epochs to adapt it."
    if wiring:
        return (
            "A recurrent network was made on the larva's chemical synapses, its weights from the contact counts. Images enter its "
            f"sensory neurons through a trained projection, and a trained layer reads the neurons that leave the brain. {epochs} "
            "Afterwards its weights were held against the contact counts, and against themselves before. The same was done with "
            "shuffled wiring (neurons permuted).",
        )
    return (
        "A twin of the worm was fitted to its recordings. Images enter its sensory neurons through a trained projection, its own "
        f"dynamics run for twelve frames, and a trained layer reads its motor neurons. {epochs} Afterwards the twin was taken out "
        "again and examined as before on what was held out: recorded neurons predicted from the others at later times, the "
        "measured responses to stimulation, and the wiring.",
        "The same was done with a twin on shuffled wiring (its neurons permuted), against its own scores before.",
    )
