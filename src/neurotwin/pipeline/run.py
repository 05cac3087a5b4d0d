"""The main job: five steps from a biological neural network to a twin and the evidence for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from neurotwin._base.errors import DivergenceError, InputError, NeurotwinError, RunFolderError
from neurotwin.biology import Biology, load
from neurotwin.blueprint import Blueprint
from neurotwin.comparison import Examiner, Predictions
from neurotwin.evaluation import Scorecard, check_targets
from neurotwin.init import fit_all, initialise
from neurotwin.network import Twin
from neurotwin.pipeline.fits import Fitter, Job, plan
from neurotwin.pipeline.folder import RECORD, RunFolder, claim_free_folder
from neurotwin.pipeline.record import COMPLETE, DIVERGED, RUNNING, agreed, as_json, read_results, record_of
from neurotwin.pipeline.scores import score_all
from neurotwin.pipeline.settings import RunSettings
from neurotwin.training import History, Split


class Watcher(Protocol):
    """Who wants to know how a run is going; every call is optional news."""

    def step(self, number: int, name: str, detail: str) -> None:
        """A step of the five (or the report) has begun or told something."""

    def fit(
        self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]
    ) -> None:
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
    checkpoint_seconds: float = 5.0,
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
        Everything that decides the result. With ``resume`` they may be left out, and must else be those of
        the stored run.
    data
        Folder of further recordings, instead of what ``NEUROTWIN_DATA`` names.
    resume, force
        Continue an interrupted run to the same scores (a complete one is read); replace an existing one.
    checkpoint_seconds
        Least time between two writes of the state of a fit.
    watcher
        Told about progress.

    Returns
    -------
    RunResult
        Also on disk: run.json, blueprint.json, twin.safetensors, history.csv, scores.csv, report.html and
        figures/.

    Raises
    ------
    InputError, RunFolderError, DivergenceError
        With what was given, what was expected and how to mend it. What was in the folder before is not lost:
        it is back, or a note on the error says where it waits.
    """
    watcher = watcher or Silent()
    if data is not None and not Path(data).is_dir():
        raise InputError(
            "the data folder is no folder", got=str(data), expected="an existing folder", fix="mend --data"
        )
    if out is None and (resume or force):
        word = "resume" if resume else "force"
        raise RunFolderError(
            f"which run is to be {'resumed' if resume else 'replaced'}?",
            got=f"{word} without a folder",
            expected="the folder of a run",
            fix=f"name it: --{word} --out FOLDER",
        )
    folder = None if out is None else RunFolder(out, resume=resume, force=force)
    try:
        stored = None if folder is None else folder.stored
        settings = (settings or RunSettings(source=source)) if stored is None else agreed(settings, stored)
        biology = load(settings.source, worms=settings.worms, connectome=settings.connectome, data=data)
        record = record_of(settings, biology, stored)
        if folder is None:
            folder = RunFolder(claim_free_folder(Path("runs") / settings.source), made=True)
        if stored is not None and stored.get("status") == COMPLETE:
            watcher.step(6, "report", "this run is complete: its results are read from the folder")
            return RunResult(folder.path, biology, *read_results(folder.path))
        folder.open(as_json({**record, "status": RUNNING}))
        return _guarded(folder, biology, settings, record, checkpoint_seconds, watcher)
    finally:
        if folder is not None:
            folder.release()


def _guarded(folder: RunFolder, *arguments: Any) -> RunResult:
    """Run; where that fails, give back what was there or say where it and the unfinished run are."""
    try:
        return _run(folder, *arguments)
    except BaseException as error:
        mistake = isinstance(error, NeurotwinError) and not isinstance(error, DivergenceError)
        if mistake and folder.restore():
            raise
        if not isinstance(error, NeurotwinError):
            error.add_note(f"continue with --resume --out {folder.path}")
        if folder.previous is not None:
            error.add_note(f"the run that was there before is kept in {folder.previous}")
        raise


def _run(
    folder: RunFolder,
    biology: Biology,
    settings: RunSettings,
    record: dict[str, Any],
    checkpoint_seconds: float,
    watcher: Watcher,
) -> RunResult:
    started = time.monotonic()
    watcher.step(1, "prepare", _words_on(biology))
    examiner = Examiner(biology, Split(), settings.seed)
    jobs = plan(settings, len(biology.recordings))
    fitter = Fitter(
        biology,
        examiner.recordings,
        examiner.split,
        settings,
        folder.work,
        _news(watcher, jobs),
        checkpoint_seconds=checkpoint_seconds,
    )

    blueprint = fitter.blueprint(jobs[0].strategy)
    folder.write("blueprint.json", blueprint.to_json())
    sizes = blueprint.summary()
    layers = ", ".join(f"{count} {layer}" for layer, count in sizes["layers"].items())
    watcher.step(
        2, "design", f"{sizes['populations']} populations ({layers}), {sizes['projections']} projections"
    )
    first = initialise(
        blueprint, method=settings.init, seed=settings.seed, radius=settings.radius, free_sign="random"
    )
    watcher.step(3, "initialise", f"{settings.init}, spectral radius {settings.radius:g}")

    watcher.step(4, "train", f"{_count(len(jobs), 'fit')} of {_count(settings.members, 'member')}")
    try:
        twins, predictions, history = _train(fitter, jobs, examiner)
    except DivergenceError as error:
        folder.write(RECORD, as_json({**record, "status": DIVERGED, "cause": error.what}))
        raise
    folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))

    worms = _count(len(examiner.recordings), "worm")
    watcher.step(5, "evaluate", f"{worms}, their last {examiner.split.test_frames} frames")
    main = jobs[0].strategy.model
    scores, response = score_all(examiner, main, twins, predictions)
    targets = check_targets(scores)
    scores.to_csv(folder.path / "scores.csv")
    twin = twins[main]
    twin.save(folder.path / "twin.safetensors")

    watcher.step(6, "report", str(folder.path / "report.html"))
    result = RunResult(folder.path, biology, blueprint, twin, scores, targets, history)
    counts = biology.connectome.matrix("chemical").data
    record = {**record, "wall_seconds": round(time.monotonic() - started, 1)}
    _report(result, examiner, predictions[main], response, first.reason, fit_all(counts).to_frame(), record)
    folder.write(RECORD, as_json({**record, "status": COMPLETE}))
    folder.complete()
    return result


def _train(
    fitter: Fitter, jobs: list[Job], examiner: Examiner
) -> tuple[dict[str, Twin], dict[str, Predictions], pd.DataFrame]:
    """All fits: twins and predictions by model, and the history of all."""
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
    return twins, predictions, pd.concat([one.to_frame() for one in histories], ignore_index=True)


def _report(
    result: RunResult,
    examiner: Examiner,
    predictions: Predictions,
    response: Any,
    initialisation: str,
    fits: pd.DataFrame,
    record: dict[str, Any],
) -> None:
    from neurotwin.pipeline.examples import LIMITS, examples_of
    from neurotwin.report import ReportContent, write_report

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
    write_report(content, result.folder / "report.html", result.folder / "figures")


def _words_on(biology: Biology) -> str:
    kinds = biology.connectome.summary()["kinds"]
    synapses = ", ".join(f"{kinds[kind]['synapses']} {kind}" for kind in kinds)
    recorded = ", ".join(f"{int(r.observed.sum())} neurons × {r.n_frames} frames" for r in biology.recordings)
    return f"{biology.connectome.n_neurons} neurons; {synapses}; recorded: {recorded}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _news(watcher: Watcher, jobs: list[Job]) -> Any:
    number = {job.name: i + 1 for i, job in enumerate(jobs)}

    def tell(name: str, step: int, steps: int, values: dict[str, float]) -> None:
        watcher.fit(name, number[name], len(jobs), step, steps, values)

    return tell


class Silent:
    """A watcher that says nothing."""

    def step(self, number: int, name: str, detail: str) -> None:
        """Nothing."""

    def fit(
        self, name: str, number: int, total: int, step: int, steps: int, values: dict[str, float]
    ) -> None:
        """Nothing."""
