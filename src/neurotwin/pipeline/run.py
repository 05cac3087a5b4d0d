"""The main job: five steps from a biological neural network to a twin and the evidence for it."""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from neurotwin._base.errors import RunFolderError
from neurotwin.biology import Biology, load
from neurotwin.blueprint import Blueprint
from neurotwin.comparison import Examiner, Predictions, response_of
from neurotwin.evaluation import Scorecard, check_targets
from neurotwin.init import fit_all, initialise
from neurotwin.network import Twin
from neurotwin.pipeline.fits import Fitter, Job, plan
from neurotwin.pipeline.folder import RECORD, RunFolder
from neurotwin.pipeline.settings import RunSettings
from neurotwin.training import History, Split

PACKAGES = ("neurotwin", "jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "pandas")


class Watcher(Protocol):
    """Who wants to know how a run is going; every call is optional news."""

    def step(self, number: int, name: str, detail: str) -> None:
        """A step of the five (or the report) has begun or told something."""

    def fit(self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]) -> None:
        """A fit moved on: job name, its number of all jobs, gradient step of all steps, latest values."""


@dataclass(frozen=True)
class RunResult:
    """What a run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    biology, blueprint, twin
        Input, design and fitted network.
    scores
        All scores, with baselines, nulls and intervals.
    targets
        The goals, and whether they were reached.
    history
        Of all fits.
    """

    folder: Path
    biology: Biology
    blueprint: Blueprint
    twin: Twin
    scores: Scorecard
    targets: pd.DataFrame
    history: pd.DataFrame


def run(
    source: str = "worm",
    out: str | Path | None = None,
    *,
    settings: RunSettings | None = None,
    data: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    watcher: Watcher | None = None,
) -> RunResult:
    """Prepare, design, initialise, train, evaluate and report.

    Parameters
    ----------
    source
        Name in ``biology.SOURCES``; ignored where ``settings`` are given.
    out
        Run folder; the first free one of ``runs/<source>``, ``runs/<source>-2`` … by default.
    settings
        Everything that decides the result.
    data
        Folder of further recordings, instead of what ``NEUROTWIN_DATA`` names.
    resume, force
        Continue an interrupted run to the same scores; replace an existing one.
    watcher
        Told about progress.

    Returns
    -------
    RunResult
        Also on disk: run.json, blueprint.json, twin.safetensors, history.csv, scores.csv, report.html and figures/.

    Raises
    ------
    InputError, RunFolderError, DivergenceError
        With what was given, what was expected and how to mend it. What was in the folder before is not lost.
    """
    from neurotwin.pipeline.folder import free_folder

    settings = settings or RunSettings(source=source)
    if out is None:
        if resume:
            raise RunFolderError("which run is to be resumed?", fix="name its folder with --out")
        out = free_folder(Path("runs") / settings.source)
    folder = RunFolder(out, resume=resume, force=force)
    if folder.stored is not None:
        settings = _stored_settings(settings, folder)
    biology = load(settings.source, worms=settings.worms, connectome=settings.connectome, data=data)
    folder.open()
    try:
        return _run(folder, biology, settings, watcher or _Silent())
    except BaseException:
        folder.restore()
        raise


def _run(folder: RunFolder, biology: Biology, settings: RunSettings, watcher: Watcher) -> RunResult:
    started = time.monotonic()
    record = _record(settings, biology)
    folder.write(RECORD, _json({**record, "status": "running"}))
    watcher.step(1, "prepare", _words_on(biology))
    examiner = Examiner(biology, Split(), settings.seed)
    news = _news(watcher, total := len(jobs := plan(settings, len(biology.recordings))), jobs)
    fitter = Fitter(biology, examiner.recordings, examiner.split, settings, folder.work, news)

    blueprint = fitter.blueprint(jobs[0].strategy)
    folder.write("blueprint.json", blueprint.to_json())
    sizes = blueprint.summary()
    watcher.step(2, "design", f"{sizes['populations']} populations, {sizes['projections']} projections, {sizes['layers']}")
    first = initialise(blueprint, method=settings.init, seed=settings.seed, radius=settings.radius, free_sign="random")
    watcher.step(3, "initialise", f"{settings.init}, spectral radius {settings.radius:g}")

    watcher.step(4, "train", f"{total} fits of {settings.members} members each")
    predictions: dict[str, Predictions] = {}
    histories: list[History] = []
    twins: dict[str, Twin] = {}
    for job in jobs:
        twin, history = fitter.run(job)
        histories.append(history)
        found = predictions.setdefault(job.strategy.model, Predictions())
        if job.held_out is None:
            twins[job.strategy.model] = twin
            found.later, found.forecasts = examiner.later(twin)
        else:
            found.unseen.append(examiner.unseen(twin, job.held_out))
    history = pd.concat([one.to_frame() for one in histories], ignore_index=True)
    folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))

    watcher.step(5, "evaluate", f"{len(examiner.recordings)} worms, their last {examiner.split.test_frames} frames")
    main = jobs[0].strategy.model
    scores, response = _scores(examiner, main, twins, predictions)
    targets = check_targets(scores)
    scores.to_csv(folder.path / "scores.csv")
    twin = twins[main]
    twin.save(folder.path / "twin.safetensors")

    watcher.step(6, "report", str(folder.path / "report.html"))
    result = RunResult(folder.path, biology, blueprint, twin, scores, targets, history)
    counts = biology.connectome.matrix("chemical").data
    record["wall_seconds"] = round(time.monotonic() - started, 1)
    _report(result, examiner, predictions[main], response, first.reason, fit_all(counts).to_frame(), record)
    folder.write(RECORD, _json({**record, "status": "complete"}))
    folder.close()
    return result


def _scores(
    examiner: Examiner, main: str, twins: dict[str, Twin], predictions: dict[str, Predictions]
) -> tuple[Scorecard, np.ndarray]:
    """All scores of a run, and the twin's response matrix."""
    scores = []
    baselines = examiner.baseline_predictions()
    for model, found in {**predictions, **baselines}.items():
        scores += examiner.function_scores(model, found)
    for model, found in predictions.items():
        if model.startswith("null: "):
            scores += examiner.differences(f"difference: {main} - {model.removeprefix('null: ')}", predictions[main], found)
    responses = {model: response_of(twin) for model, twin in twins.items()}
    for model, twin in twins.items():
        scores += examiner.causal_scores(responses[model], model)
        if model == main or model == "null: permuted":
            scores += examiner.structure_scores(twin, model) + examiner.index_scores(twin, model)
    scores += examiner.anatomy_scores()
    return Scorecard(scores), responses[main]


def _report(
    result: RunResult,
    examiner: Examiner,
    predictions: Predictions,
    response: np.ndarray,
    initialisation: str,
    fits: pd.DataFrame,
    record: dict[str, Any],
) -> None:
    from neurotwin.pipeline.examples import LIMITS, examples_of
    from neurotwin.report import ReportContent, save_figures, write_report

    content = ReportContent(
        title=f"The twin of the {result.biology.name}",
        biology=result.biology,
        blueprint=result.blueprint,
        scorecard=result.scores,
        targets=result.targets,
        history=result.history,
        fits=fits,
        initialisation=initialisation,
        weights=result.twin.weights("chemical"),
        examples=examples_of(examiner, predictions),
        causal_response=None if result.biology.perturbations is None else response,
        run=record,
        not_shown=LIMITS,
    )
    save_figures(content, result.folder / "figures")
    write_report(content, result.folder / "report.html")


def _stored_settings(given: RunSettings, folder: RunFolder) -> RunSettings:
    assert folder.stored is not None
    stored = RunSettings.from_dict(folder.stored["settings"])
    conflicts = given.conflicts(stored)
    if conflicts:
        raise RunFolderError(
            "the run to be resumed was started with other settings",
            got="; ".join(conflicts),
            fix="leave these options out, or start another run with another --out",
        )
    return stored


def _record(settings: RunSettings, biology: Biology) -> dict[str, Any]:
    versions = {name: version(name) for name in PACKAGES}
    return {
        "format": "neurotwin.run.1",
        "command": "neurotwin " + " ".join(sys.argv[1:]) if Path(sys.argv[0]).name == "neurotwin" else "neurotwin.run(...)",
        "seed": settings.seed,
        "settings": settings.to_dict(),
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.machine()}, {platform.system()}",
        "hashes": {card.name: card.sha256 for card in biology.cards},
    }


def _words_on(biology: Biology) -> str:
    kinds = biology.connectome.summary()["kinds"]
    synapses = ", ".join(f"{kinds[kind]['synapses']} {kind}" for kind in kinds)
    recorded = ", ".join(f"{int(r.observed.sum())} neurons × {r.n_frames} frames" for r in biology.recordings)
    return f"{biology.connectome.n_neurons} neurons; {synapses}; recorded: {recorded}"


def _news(watcher: Watcher, total: int, jobs: list[Job]) -> Any:
    number = {job.name: i + 1 for i, job in enumerate(jobs)}

    def tell(name: str, step: int, steps: int, values: dict[str, float]) -> None:
        watcher.fit(name, number[name], total, step, steps, values)

    return tell


class _Silent:
    def step(self, number: int, name: str, detail: str) -> None:
        pass

    def fit(self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]) -> None:
        pass


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=2, default=list) + "\n"
