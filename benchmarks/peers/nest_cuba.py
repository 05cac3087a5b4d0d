"""NEST: as many threads as there are cores; each run is one second more of the same network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import nest
import numpy as np

from benchmarks.problems import cuba

CAPACITANCE_PF = 250.0


def prepare(duration_ms: float, **size: Any) -> Callable[[], dict[str, Any]]:
    """The network of ``problems.cuba``."""
    p = cuba(**size)
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = p["dt_ms"]
    nest.local_num_threads = int(os.environ.get("BENCHMARK_THREADS", "2"))
    cells = nest.Create(
        "iaf_psc_exp",
        p["n"],
        {
            "C_m": CAPACITANCE_PF,
            "tau_m": p["tau_ms"],
            "E_L": p["rest_mV"],
            "V_th": p["threshold_mV"],
            "V_reset": p["reset_mV"],
            "t_ref": p["refractory_ms"],
            "tau_syn_ex": p["tau_e_ms"],
            "tau_syn_in": p["tau_i_ms"],
        },
    )
    cells.V_m = p["v0_mV"].astype(float).tolist()
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    # A jump of g by 1 mV is a current of C / τ = 12.5 pA.
    weight = p["jump_mV"].astype(float) * CAPACITANCE_PF / p["tau_ms"]
    first = cells[0].global_id
    nest.Connect(
        p["pre"].astype(np.int64) + first,
        p["post"].astype(np.int64) + first,
        "one_to_one",
        {"synapse_model": "static_synapse", "weight": weight, "delay": np.full(len(weight), p["delay_ms"])},
    )
    nest.Prepare()
    before = 0

    def run() -> dict[str, Any]:
        nonlocal before
        start = time.perf_counter()
        nest.Run(duration_ms)
        seconds = time.perf_counter() - start
        count = int(recorder.n_events)
        rate, before = (count - before) / p["n"] / (duration_ms * 1e-3), count
        return {"rate_hz": rate, "seconds": seconds}

    return run
