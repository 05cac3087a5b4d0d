"""Run by the peers' Python: the microcircuit in NEST, drawn by its own generators. ``nest_microcircuit.py job.json result.npz``."""

import json
import sys
from pathlib import Path

import nest
import numpy as np

job = json.loads(Path(sys.argv[1]).read_text())
given = np.load(job["arrays"])
nest.set_verbosity("M_ERROR")
nest.ResetKernel()
nest.resolution = dt = job["dt_ms"]
nest.local_num_threads = 1
nest.rng_seed = job["seed"]
cells = []
for size, current, mean, std in zip(
    given["size"], given["current"], given["v0_mean"], given["v0_std"], strict=True
):
    population = nest.Create("iaf_psc_exp", int(size), params={**job["parameters"], "I_e": float(current)})
    population.V_m = nest.random.normal(float(mean), float(std))
    cells.append(population)
for post in range(len(cells)):
    generator = nest.Create("poisson_generator", params={"rate": float(given["external_hz"][post])})
    external = {"weight": job["external_weight"], "delay": job["external_delay_ms"]}
    nest.Connect(generator, cells[post], "all_to_all", external)
    for pre in range(len(cells)):
        n, mean = int(given["synapses"][post, pre]), float(given["weight"][post, pre])
        if n == 0:
            continue
        low, high = (0.0, np.inf) if mean > 0 else (-np.inf, 0.0)
        delay = job["delay_ms"][pre % 2]
        synapse = {
            "weight": nest.math.redraw(nest.random.normal(mean, 0.1 * abs(mean)), low, high),
            "delay": nest.math.redraw(nest.random.normal(delay, delay / 2), dt / 2, np.inf),
        }
        nest.Connect(cells[pre], cells[post], {"rule": "fixed_total_number", "N": n}, synapse)
recorder = nest.Create("spike_recorder")
for population in cells:
    nest.Connect(population, recorder)
nest.Simulate(job["duration_ms"])
order = np.concatenate([population.tolist() for population in cells])
events = recorder.events
np.savez(sys.argv[2], spike_time_ms=events["times"], spike_index=np.searchsorted(order, events["senders"]))
