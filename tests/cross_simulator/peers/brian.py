"""Run by the peers' Python: a few cells in Brian2, for each of the jobs. ``brian.py job.json result.npz``."""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import (
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    defaultclock,
    ms,
    prefs,
)

prefs.codegen.target = "numpy"


def run(job):
    """Potentials and spikes of one job."""
    defaultclock.dt = job["dt_ms"] * ms
    names = job["parameters"]
    cells = NeuronGroup(
        job["n"],
        job["equations"],
        method=job["method"],
        threshold=job["threshold"],
        reset=job["reset"],
        refractory=job.get("refractory_ms", 0.0) * ms
        if job.get("refractory_ms")
        else job.get("refractory", False),
        namespace=names,
    )
    for name, value in job["initial"].items():
        setattr(cells, name, np.asarray(value))
    objects = [cells]
    if job["on_pre"]:
        index, time = np.asarray(job["spikes"]["index"]), np.asarray(job["spikes"]["time_ms"])
        source = SpikeGeneratorGroup(job["spikes"]["n"], index, time * ms)
        synapses = Synapses(source, cells, "weight : 1", on_pre=job["on_pre"])
        synapses.connect(i=np.asarray(job["synapses"]["pre"]), j=np.asarray(job["synapses"]["post"]))
        synapses.weight = np.asarray(job["synapses"]["w"])
        synapses.delay = np.asarray(job["synapses"]["delay_ms"]) * ms
        objects += [source, synapses]
    trace, spikes = StateMonitor(cells, "v", record=True), SpikeMonitor(cells)
    network = Network(*objects, trace, spikes)
    network.run(job["duration_ms"] * ms, namespace=names)
    return {"v": trace.v.T, "spike_time_ms": np.asarray(spikes.t / ms), "spike_index": np.asarray(spikes.i)}


jobs = json.loads(Path(sys.argv[1]).read_text())
np.savez(
    sys.argv[2],
    **{f"{name} {key}": array for name, job in jobs.items() for key, array in run(job).items()},
)
