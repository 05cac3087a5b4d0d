"""NEURON: its mechanism hh in single compartments, a constant current each, voltages recorded; one thread a core."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from neuron import h

from benchmarks.problems import hodgkin_huxley, upward_crossings

AREA_UM2, LENGTH_UM = 20_000.0, 100.0


def prepare(duration_ms: float, **size: Any) -> Callable[[], dict[str, Any]]:
    """One simulation a call."""
    p = hodgkin_huxley(**size)
    steps = round(duration_ms / p["dt_ms"])
    h.load_file("stdrun.hoc")
    kept: list[Any] = []
    traces = []
    for i, current in enumerate(p["current_pA"]):
        section = h.Section(name=f"cell{i}")
        section.L, section.diam, section.cm = LENGTH_UM, AREA_UM2 / (math.pi * LENGTH_UM), 1.0
        section.insert("hh")
        section.el_hh = p["leak_mV"]
        clamp = h.IClamp(section(0.5))
        clamp.delay, clamp.dur, clamp.amp = 0.0, 1e9, float(current) * 1e-3
        traces.append(h.Vector().record(section(0.5)._ref_v))
        kept.extend([section, clamp])
    h.celsius = 6.3
    h.dt, h.steps_per_ms = p["dt_ms"], 1 / p["dt_ms"]
    h.cvode.cache_efficient(1)
    context = h.ParallelContext()
    context.nthread(int(os.environ.get("BENCHMARK_THREADS", "2")))

    def run() -> dict[str, Any]:
        assert kept
        h.finitialize(-65.0)
        start = time.perf_counter()
        h.continuerun(duration_ms)
        seconds = time.perf_counter() - start
        v = np.array([np.asarray(trace)[1 : steps + 1] for trace in traces]).T
        return {"spikes": upward_crossings(v), "mean_v": v.mean(), "seconds": seconds}

    return run
