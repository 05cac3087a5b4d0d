"""A network of the size of a fly's brain, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import Case, register
from benchmarks.cases._spiking import runner
from benchmarks.problems import fly

register(
    Case(
        "fly",
        "LIF: 139,000 neurons, 15,000,000 synapses, log-normal degrees, a delay for each, 1 s of biology at 0.1 ms",
        __name__,
        full={"n": 139_000, "synapses": 15_000_000, "duration_ms": 1000.0},
        quick={"n": 2000, "synapses": 200_000, "duration_ms": 100.0},
        repeats=5,
        note=(
            "Nobody else was run beside it. Reported elsewhere for a whole fly's brain, on other machines: NEST on a GPU 1.07 s, "
            "Brian2 2 to 3.2 s, numba on a CPU 0.23 to 1.3 s. Asked: 1 s; aim: 0.5 s."
        ),
    )
)


def prepare(duration_ms: float, **size: Any) -> Callable[[], dict[str, Any]]:
    """The whole duration a call, from its beginning."""
    from neurotwin.network.engine import Network, Population, Projection, sparse
    from neurotwin.network.neurons.lif import LIF
    from neurotwin.network.synapses.exponential import Exponential

    p = fly(**size)
    cell = LIF(
        tau_m_ms=p["tau_ms"],
        capacitance_pF=p["tau_ms"],
        v_rest_mV=p["rest_mV"],
        v_threshold_mV=p["threshold_mV"],
        v_reset_mV=p["reset_mV"],
        refractory_ms=p["refractory_ms"],
    )
    wiring = sparse(p["post"], p["pre"], p["jump_mV"], (p["n"], p["n"]), delays_ms=p["delay_ms"])
    network = Network(
        [Population("cells", cell, p["n"])],
        [Projection("cells", "cells", wiring, Exponential(tau_ms=p["tau_s_ms"]))],
    )
    return runner(network, p, duration_ms, {"cells": p["drive_mV"]})
