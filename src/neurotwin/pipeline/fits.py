"""The fits of a run: which, in what order, done once, resumed when interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from neurotwin.biology import Biology, Recording
from neurotwin.blueprint import Blueprint, design
from neurotwin.comparison import STRATEGIES, Strategy
from neurotwin.network import Twin
from neurotwin.network.storage import load_twin, save_twin
from neurotwin.pipeline.settings import RunSettings
from neurotwin.training import History, Split, fit

Report = Callable[[str, int, int, dict[str, float]], None]


@dataclass(frozen=True)
class Job:
    """One fit: a strategy, and the animal that is left out (None: all train)."""

    strategy: Strategy
    held_out: int | None = None

    @property
    def name(self) -> str:
        """File name of the fit, and its label in the history."""
        return self.strategy.name + ("" if self.held_out is None else f"-without-{self.held_out}")


def plan(settings: RunSettings, n_animals: int) -> list[Job]:
    """All fits of a run, the twin first. An animal can be left out only where there are two."""
    seeds = tuple(settings.seed + member for member in range(settings.members))
    training = replace(settings.training, seeds=seeds)
    names = list(dict.fromkeys((settings.strategy, *settings.controls)))
    strategies = {
        name: STRATEGIES[name].with_training(training, settings.init, settings.radius) for name in names
    }
    jobs = [Job(strategies[name]) for name in names]
    if n_animals >= 2:
        jobs += [
            Job(strategies[name], animal)
            for animal in range(n_animals)
            for name in names
            if name in settings.unseen
        ]
    return jobs


class Fitter:
    """Carries out jobs, keeping finished fits in a folder.

    Parameters
    ----------
    biology, recordings, split
        What to fit: the animal's own biology, its standardised recordings, the held-out frames.
    settings
        Of the run.
    folder
        Where finished fits and the state of the running one are kept.
    report
        Called with the job's name, step, number of steps and latest values.
    checkpoint_seconds
        Least time between two writes of the running fit's state.
    """

    def __init__(
        self,
        biology: Biology,
        recordings: tuple[Recording, ...],
        split: Split,
        settings: RunSettings,
        folder: Path,
        report: Report | None = None,
        *,
        checkpoint_seconds: float = 5.0,
    ) -> None:
        self.checkpoint_seconds = checkpoint_seconds
        self.biology, self.recordings, self.split = biology, recordings, split
        self.settings, self.folder, self.report = settings, folder, report
        self._blueprints: dict[str, Blueprint] = {}

    def blueprint(self, strategy: Strategy) -> Blueprint:
        """The design of a strategy, made once; motifs are counted for the run's own strategy alone."""
        if strategy.name not in self._blueprints:
            wired = strategy.wire(self.biology, self.settings.seed)
            nulls = self.settings.motif_nulls if strategy.name == self.settings.strategy else None
            self._blueprints[strategy.name] = design(
                wired, activation=self.settings.activation, motif_nulls=nulls, seed=self.settings.seed
            )
        return self._blueprints[strategy.name]

    def run(self, job: Job) -> tuple[Twin, History]:
        """The fitted twin of a job: read from the folder where it is finished, else trained."""
        done, log = self.folder / f"{job.name}.safetensors", self.folder / f"{job.name}.csv"
        finished = _finished(done, log)
        if finished is not None:
            return finished
        checkpoint = self.folder / f"{job.name}.checkpoint"
        self._tell(job.name, 0, job.strategy.training.steps, {})
        recordings = tuple(r for i, r in enumerate(self.recordings) if i != job.held_out)
        twin, history = fit(
            self.blueprint(job.strategy),
            recordings,
            config=job.strategy.training,
            split=self.split,
            prior=job.strategy.prior,
            init=job.strategy.init,
            radius=job.strategy.radius,
            name=job.name,
            checkpoint=checkpoint,
            checkpoint_seconds=self.checkpoint_seconds,
            progress=lambda *values: self._tell(job.name, *values),
        )
        history.to_csv(log)
        save_twin(twin, done)
        checkpoint.unlink(missing_ok=True)
        return twin, history

    def _tell(self, name: str, step: int, steps: int, values: dict[str, float]) -> None:
        if self.report is not None:
            self.report(name, step, steps, values)


def _finished(done: Path, log: Path) -> tuple[Twin, History] | None:
    """A fit that an earlier process finished; None where it did not, or its files are damaged."""
    if not (done.is_file() and log.is_file()):
        return None
    try:
        return load_twin(done), History.from_csv(log)
    except (ValueError, KeyError):
        return None
