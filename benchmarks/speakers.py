"""Every speaker once as the one who is tested: ``python -m benchmarks.speakers spoken-digits --seeds 3``.

Trains the network, its same-size rival and the simple methods of a speech task on all other speakers and tests on the one left out.
The mean over speakers is the figure to quote; the run of ``neurotwin task`` is one of these folds.
"""

# ruff: noqa: T201 - the terminal is its job
from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pandas as pd

from neurotwin.biology import data_folder
from neurotwin.tasks import TASKS, TaskData, fit, n_parameters, outputs_of
from neurotwin.tasks.readers.speech import EMODB, FSDD


def fold(name: str, model: str, data: TaskData, seed: int, rival: bool) -> dict[str, float]:
    """The first metric on the test part: of the network, its rival and the simple methods."""
    task = TASKS[name]
    chosen, key = task.models[model], jax.random.key(seed)
    settings = chosen.settings_for(len(data.train), seed=seed)
    spec = {**task.describe(data), "dropout": settings.dropout}
    networks = {model: (chosen.build(spec, key), settings)}
    if rival:
        other = task.models[chosen.rival]
        sized = {**spec, "parameters": n_parameters(networks[model][0]), "dropout": other.settings.dropout}
        own = replace(other.settings, epochs=settings.epochs, batch=settings.batch, seed=seed)
        networks[f"baseline: {chosen.rival}, same size"] = other.build(sized, key), own
    outputs = {}
    for label, (network, how) in networks.items():
        fitted = fit(network, data.train, data.validation, task, how, name=label)
        outputs[label] = outputs_of(fitted.network, data.test, task.encode)
    if rival:
        outputs |= {
            f"baseline: {label}": make(task, data, seed)(data.test) for label, make in task.baselines.items()
        }
    rows = np.arange(len(data.test))
    return {label: task.metrics[0].of(told, data.test)(rows) for label, told in outputs.items()}


def main() -> None:
    """Print a line for each speaker and seed, then the means."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speakers", description="Each speaker left out in turn."
    )
    parser.add_argument("task", choices=[name for name in TASKS if name in USUAL])
    parser.add_argument("--model", default="", help="the task's default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without the rival and the simple methods")
    parser.add_argument("--keep", type=Path, help="a csv to add the lines to")
    parser.add_argument("--speakers", nargs="*", help="only these are left out")
    options = parser.parse_args()
    folder = data_folder()
    if folder is None:
        raise SystemExit("set NEUROTWIN_DATA to the data folder")
    path, found = folder / USUAL[options.task], []
    model = options.model or TASKS[options.task].default
    with np.load(path) as stored:
        speakers = [str(name) for name in np.unique(stored["speaker"])]
    for speaker in options.speakers or speakers:
        data = TASKS[options.task].load(path, False, tested=speaker)  # pyright: ignore[reportCallIssue]
        for seed in range(options.seeds):
            values = fold(options.task, model, data, seed, not options.alone)
            rows = [{"speaker": speaker, "seed": seed, "model": k, "value": v} for k, v in values.items()]
            print(speaker, seed, {k: round(v, 4) for k, v in values.items()}, flush=True)
            found += rows
            if options.keep:
                pd.DataFrame(found).to_csv(options.keep, index=False)
    table = pd.DataFrame(found)
    medians = table.groupby(["model", "speaker"])["value"].median().unstack()
    print(medians.assign(mean=medians.mean(axis=1)).round(4).to_string())


USUAL = {"spoken-digits": FSDD, "speech-emotion": EMODB}

if __name__ == "__main__":
    main()
