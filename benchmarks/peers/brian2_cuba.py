"""Brian2, C++ standalone: built once; each run is the binary's own time for the network, without loading and writing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brian2 as b2
import numpy as np

from benchmarks.problems import cuba


def prepare(duration_ms: float, openmp: int = 0, **size: Any) -> Callable[[], dict[str, Any]]:
    """The network of ``problems.cuba``, from its beginning in every run."""
    p = cuba(**size)
    folder = Path(tempfile.mkdtemp(prefix="brian2-cuba-"))
    b2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = openmp
    b2.prefs.core.default_float_dtype = np.float32
    b2.defaultclock.dt = p["dt_ms"] * b2.ms
    names = {
        "tau": p["tau_ms"] * b2.ms,
        "tau_e": p["tau_e_ms"] * b2.ms,
        "tau_i": p["tau_i_ms"] * b2.ms,
        "rest": p["rest_mV"] * b2.mV,
        "threshold": p["threshold_mV"] * b2.mV,
        "reset_to": p["reset_mV"] * b2.mV,
    }
    cells = b2.NeuronGroup(
        p["n"],
        """dv/dt = (g_e + g_i - (v - rest)) / tau : volt (unless refractory)
        dg_e/dt = -g_e / tau_e : volt
        dg_i/dt = -g_i / tau_i : volt""",
        threshold="v > threshold",
        reset="v = reset_to",
        refractory=p["refractory_ms"] * b2.ms,
        method="exact",
        namespace=names,
    )
    cells.v = p["v0_mV"] * b2.mV
    excitatory = p["pre"] < p["excitatory"]
    parts: list[Any] = [cells]
    for target, chosen in (("g_e", excitatory), ("g_i", ~excitatory)):
        jump = float(p["jump_mV"][chosen][0]) if chosen.any() else 0.0
        synapses = b2.Synapses(
            cells,
            cells,
            on_pre=f"{target}_post += jump",
            delay=p["delay_ms"] * b2.ms,
            namespace={"jump": jump * b2.mV},
        )
        synapses.connect(i=p["pre"][chosen], j=p["post"][chosen])
        parts.append(synapses)
    spikes = b2.SpikeMonitor(cells)
    network = b2.Network(*parts, spikes)
    network.run(duration_ms * b2.ms)
    b2.device.build(directory=str(folder), compile=True, run=False, with_output=False)

    def run() -> dict[str, Any]:
        b2.device.run(str(folder), with_output=False, run_args=[])
        seconds = float((folder / "results" / "last_run_info.txt").read_text().split()[0])
        rate = spikes.num_spikes / p["n"] / (duration_ms * 1e-3)
        return {"rate_hz": rate, "seconds": seconds}

    import atexit

    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return run
