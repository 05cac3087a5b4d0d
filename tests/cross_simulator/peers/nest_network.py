"""Run by the peers' Python: a network of point neurons in NEST. ``nest_network.py job.json result.npz``."""

import json
import sys
from pathlib import Path

import nest
import numpy as np

job = json.loads(Path(sys.argv[1]).read_text())
arrays = np.load(job["arrays"])
nest.set_verbosity("M_ERROR")
nest.ResetKernel()
nest.resolution = job["dt_ms"]
nest.local_num_threads = 1
cells = nest.Create(job["model"], len(arrays["v"]), params=job["parameters"])
cells.V_m = arrays["v"].tolist()
cells.I_e = arrays["current_pA"].tolist()
recorder = nest.Create("spike_recorder")
order = np.asarray(cells.tolist())
nest.Connect(
    order[arrays["pre"]],
    order[arrays["post"]],
    "one_to_one",
    {"weight": arrays["weight"], "delay": arrays["delay_ms"], "synapse_model": "static_synapse"},
)
nest.Connect(cells, recorder)
nest.Simulate(job["duration_ms"])
events = recorder.events
np.savez(sys.argv[2], spike_time_ms=events["times"], spike_index=np.searchsorted(order, events["senders"]))
