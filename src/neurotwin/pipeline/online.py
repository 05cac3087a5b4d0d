"""Online learning from data to report, in a run folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd

from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.folder import RunFolder
from neurotwin.pipeline.opening import find_data, opened, sha256_of_examples
from neurotwin.pipeline.run import Silent, Watcher
from neurotwin.pipeline.seeds import seed_score
from neurotwin.tasks import TASKS, TaskData
from neurotwin.transfer.bodies import Body, bodies
from neurotwin.transfer.online import (
    POLICIES,
    OnlineSettings,
    Policy,
    Served,
    Stream,
    make_stream,
    measures,
    serve,
    smoothed,
)
from neurotwin.transfer.online.linear import LINEAR, NAME, serve_linear

GUARDED = "guarded"
COLUMNS = ("seed", "model", "time", "accuracy", "event")
STRIDE = 10
"""``history.csv`` keeps the prequential accuracy every so many examples, and every event."""
LOWER = ("lost_to_burst", "detection_delay", "false_alarms", "roll_backs")
LIMITS = (
    "Drift and burst are made: one sudden change of all images, and labels that are drawn at random. Slow drift, changes that "
    "come back, and false labels with a system in them (two classes exchanged) were not tested; the last could be learned, and "
    "the guard would take them for a drift.",
    "Every label comes right after its answer. In use labels come late or not at all, and then neither detector nor guard can "
    "work so.",
    "The guard's rule, window and number of steps were settled on the digits with seeds 10 to 12; the seeds that are reported "
    "draw other streams, but from the same images.",
    "Ranges are over a few seeds and are no intervals.",
)


@dataclass(frozen=True, eq=False)
class OnlineResult:
    """What a run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    scores, history
        Mean and range over seeds; accuracy over time and events.
    """

    folder: Path
    scores: Scorecard
    history: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Run:
    """One model on one seed's stream: what came of it, with and without the burst."""

    seed: int
    policy: Policy
    stream: Stream
    served: Served
    clean: Served


def run_online(
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    model: str = "dense",
    force: bool = False,
    watcher: Watcher | None = None,
    **settings: Any,
) -> OnlineResult:
    """Put a network in use on a stream with a drift and false labels, under every policy, and report.

    Parameters
    ----------
    out
        Run folder; the first free one of ``runs/online`` … by default.
    data, model
        Images that the task "images" reads (the digits where None); one of its networks.
    force, watcher
        Replace an existing run; told about progress.
    settings
        Fields of :class:`OnlineSettings`.

    Raises
    ------
    InputError, RunFolderError
        With what was given, what was expected and how to mend it.
    """
    watcher, task, used = watcher or Silent(), TASKS["images"], OnlineSettings(**settings)
    task.models[model]

    def prepare() -> tuple[TaskData, dict[str, Any]]:
        where = find_data(data)
        loaded = task.load(where, False)
        _stream(loaded, used, used.seed)  # refuses what cannot be used
        asked = {"transfer": "online", "model": model, "data": None if where is None else str(where)}
        return loaded, {
            "seed": used.seed,
            "settings": {**asked, "online": used.to_dict()},
            "hashes": {name: sha256_of_examples(part) for name, part in loaded.parts().items()},
        }

    with opened(out, Path("runs") / "online", prepare, called="run_online(...)", force=force) as opening:
        folder, loaded, record = opening
        started = time.monotonic()
        networks = bodies(task, model, {**task.describe(loaded), "dropout": 0.0})
        watcher.step(1, "prepare", f"{loaded.cards[0].title}; {used.warm:,} examples before the stream")
        watcher.step(3, "serve", f"{used.seeds} seeds, with and without the burst")
        runs = _serve_all(loaded, networks, used, watcher)
        history = pd.DataFrame(_history(runs), columns=list(COLUMNS))
        folder.write("history.csv", history.to_csv(index=False, float_format="%.9g"))
        found = {name: _by_measure(rows) for name, rows in runs.items()}
        scores = score_online(found)
        scores.to_csv(folder.path / "scores.csv")
        watcher.step(4, "report", str(folder.path / "report.html"))
        record["parameters"] = {one.name: one.parameters for one in networks}
        record["wall_seconds"] = round(time.monotonic() - started, 1)
        _report(folder, loaded, runs, found, used, record)
    return OnlineResult(folder.path, scores, history)


def _stream(data: TaskData, used: OnlineSettings, seed: int) -> Stream:
    return make_stream(
        data, drift=used.drift, warm=used.warm, length=used.length, burst=used.burst, seed=seed
    )


def _serve_all(
    data: TaskData, networks: tuple[Body, ...], used: OnlineSettings, watcher: Watcher
) -> dict[str, list[_Run]]:
    """Every policy on the network, the guarded one on what stands beside it too, and the linear model: name → by seed."""
    found: dict[str, list[_Run]] = {}
    jobs = [(_label(policy), networks[0], policy) for policy in POLICIES]
    jobs += [(_label(GUARDED, body), body, GUARDED) for body in networks[1:]]
    total = used.seeds * (len(jobs) + 1)
    for seed in range(used.seed, used.seed + used.seeds):
        stream = _stream(data, used, seed)
        streams = (stream, stream.without_burst())

        def enter(
            name: str, policy: Policy, served: list[Served], seed: int = seed, stream: Stream = stream
        ) -> None:
            found.setdefault(name, []).append(_Run(seed, policy, stream, *served))
            accuracy = float(served[0].right.mean())
            watcher.fit(
                f"{name}, seed {seed}", sum(map(len, found.values())), total, 1, 1, {"accuracy": accuracy}
            )

        for name, body, policy in jobs:
            network = body.build(jax.random.key(seed))
            enter(
                name,
                POLICIES[policy],
                [serve(network, one, POLICIES[policy], used, seed=seed) for one in streams],
            )
        enter(f"baseline: {NAME}", LINEAR, [serve_linear(one, used, seed=seed) for one in streams])
    return found


def _label(policy: str, body: Body | None = None) -> str:
    """In the scores: "guarded", "baseline: frozen", "null: guarded, permuted"."""
    if body is not None:
        kind, _, name = body.name.partition(": ")
        return f"{kind}: {policy}, {name}"
    return policy if policy == GUARDED else f"baseline: {policy}"


def _by_measure(runs: list[_Run]) -> dict[str, list[float]]:
    rows = [measures(run.served, run.clean, run.stream, run.policy) for run in runs]
    return {name: [row[name] for row in rows] for name in rows[0]}


def score_online(found: dict[str, dict[str, list[float]]]) -> Scorecard:
    """Mean and range over seeds; a measure that no seed has is left out, and ``n`` counts the seeds that have it."""
    scores = []
    for model, by_measure in found.items():
        for metric, values in by_measure.items():
            known = [value for value in values if np.isfinite(value)]
            if known:
                unit = "examples" if metric == "detection_delay" else ""
                scores.append(
                    seed_score(metric, model, known, higher_is_better=metric not in LOWER, unit=unit)
                )
    return Scorecard(scores)


def _history(runs: dict[str, list[_Run]]) -> list[dict[str, Any]]:
    rows = []
    for name, by_seed in runs.items():
        for run in by_seed:
            curve, said = smoothed(run.served.right), {"seed": run.seed, "model": name}
            rows += [
                {**said, "time": t, "accuracy": float(curve[t]), "event": ""}
                for t in range(0, len(curve), STRIDE)
            ]
            rows += [
                {**said, "time": event.time, "accuracy": float(curve[event.time]), "event": event.what}
                for event in run.served.events
            ]
    return rows


def _report(
    folder: RunFolder,
    data: TaskData,
    runs: dict[str, list[_Run]],
    found: dict[str, dict[str, list[float]]],
    used: OnlineSettings,
    record: dict[str, Any],
) -> None:
    from neurotwin.report.tables import Table
    from neurotwin.report.transfer import ExperimentContent, Section, write_experiment_report
    from neurotwin.report.transfer.online import log, measures_table, prequential
    from neurotwin.report.transfer.seeds import seeds_words

    first = runs[GUARDED][0]
    where = {"burst": first.stream.burst, "drift_at": first.stream.drift_at}
    curves = {
        name.removeprefix("baseline: "): np.mean([smoothed(run.served.right) for run in rows], axis=0)
        for name, rows in runs.items()
    }
    events = [(event.time, event.what) for event in first.served.events]

    def words(model: str, metric: str) -> str:
        values = found[model][metric]
        return f"{np.mean(values):.3f} [{min(values):.3f}, {max(values):.3f}]"

    bare = "baseline: no roll-back"
    lead = (
        f"Guarded, {record['settings']['model']} answers {words(GUARDED, 'accuracy')} of the stream right; the false labels "
        f"cost it {words(GUARDED, 'lost_to_burst')} of accuracy, and {words(bare, 'lost_to_burst')} without roll-back."
    )
    numbers = tuple(_compared(found, name) for name in found if name != GUARDED)
    content = ExperimentContent(
        title="Online learning: drift, false labels and roll-back",
        facts=(
            f"{len(first.stream.x):,} examples",
            f"drift: {used.drift} at {first.stream.drift_at:,}",
            f"{used.burst:,} false labels",
            f"detector: {used.detector}",
            seeds_words(used.seed, used.seeds),
            f"{record['wall_seconds']:,.0f} s",
        ),
        lead=lead,
        numbers=numbers,
        brackets=f"Numbers in brackets are the smallest and the largest of {used.seeds} seeds.",
        sections=(
            Section(
                "accuracy",
                "Accuracy over the stream",
                tables=(measures_table(found),),
                pictures=(
                    prequential("prequential", "Accuracy over time, mean over seeds", curves, **where),
                ),
            ),
            Section(
                "log",
                "What was kept and what was rolled back",
                (
                    "An update is rolled back if it loses more held-out examples than it wins against the model in use. After "
                    "an alarm it is also kept if it wins significantly on what came since: then the change was a drift.",
                ),
                pictures=(log("log", f"Guarded, seed {first.seed}", events, **where),),
            ),
            Section(
                "policies",
                "Policies",
                tables=(
                    Table(
                        "What each does",
                        ("Policy", "About"),
                        tuple((n, p.about) for n, p in (*POLICIES.items(), (NAME, LINEAR))),
                    ),
                ),
            ),
        ),
        split=f"{used.warm:,} examples before the stream and {len(first.stream.x):,} in it, drawn anew for each seed from "
        "training and test part together; no example comes twice, and each is answered before it is learned from",
        counts={"before the stream": used.warm, "stream": len(first.stream.x)},
        cards=data.cards,
        run=record,
        limits=LIMITS,
    )
    write_experiment_report(content, folder.path)


def _compared(found: dict[str, dict[str, list[float]]], other: str) -> str:
    """A sentence on the guarded model against another, seed by seed."""
    from neurotwin.report.transfer.seeds import ranged, seed_by_seed

    said = []
    for metric, what in (("accuracy", "over the stream"), ("accuracy_after_drift", "after the drift")):
        differences = np.subtract(found[GUARDED][metric], found[other][metric])
        said.append(f"{seed_by_seed(differences)} {what} ({ranged(differences)})")
    return f"Guarded against {other.partition(': ')[2]}: {' and '.join(said)}."
