"""Run by the peers' Python: one Hodgkin-Huxley compartment in NEURON. ``neuron_cell.py job.json result.npz``."""

import json
import sys
from pathlib import Path

import numpy as np
from neuron import h

h.load_file("stdrun.hoc")
job = json.loads(Path(sys.argv[1]).read_text())
soma = h.Section(name="soma")
area_um2 = 20_000.0
soma.L = soma.diam = float(np.sqrt(area_um2 / np.pi))
soma.nseg, soma.cm = 1, 1.0
soma.insert("hh")
soma.gnabar_hh, soma.gkbar_hh, soma.gl_hh, soma.el_hh = 0.12, 0.036, 0.0003, -54.387
soma.ena, soma.ek = 50.0, -77.0
h.celsius, h.usetable_hh = 6.3, 0
keep = []
if "current_pA" in job:
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = job["delay_ms"], 1e9, job["current_pA"] * 1e-3
    keep.append(clamp)
if "synapse" in job:
    synapse = h.Exp2Syn(soma(0.5))
    synapse.tau1, synapse.tau2, synapse.e = (
        job["synapse"]["rise_ms"],
        job["synapse"]["decay_ms"],
        job["synapse"]["reversal_mV"],
    )
    keep.append(synapse)
    for at in job["synapse"]["time_ms"]:
        stim = h.NetStim()
        stim.number, stim.start, stim.noise = 1, at, 0
        connection = h.NetCon(stim, synapse)
        connection.delay, connection.weight[0] = (
            job["synapse"]["delay_ms"],
            job["synapse"]["weight_nS"] * 1e-3,
        )
        keep += [stim, connection]
voltage, time = h.Vector().record(soma(0.5)._ref_v), h.Vector().record(h._ref_t)
h.dt, h.steps_per_ms = job["dt_ms"], 1 / job["dt_ms"]
h.secondorder = 2
h.finitialize(-65.0)
h.continuerun(job["duration_ms"])
np.savez(sys.argv[2], v=np.array(voltage), t=np.array(time))
