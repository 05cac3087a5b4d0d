"""The standard network of current-based LIF neurons, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import Case, Side, register
from benchmarks.cases._spiking import runner
from benchmarks.problems import Problem, cuba

BRIAN = "benchmarks.peers.brian2_cuba"

register(
    Case(
        "cuba",
        "CUBA-LIF: 4,000 neurons, 2 % connectivity, delay 1.5 ms, step 0.1 ms, 1 s of biology",
        __name__,
        full={"n": 4000, "duration_ms": 1000.0},
        quick={"n": 1000, "duration_ms": 200.0},
        peers=(
            Side("Brian2 C++ standalone", BRIAN),
            Side("Brian2 C++ standalone, OpenMP", BRIAN, {"openmp": 2}),
            # NEST goes on from where it is; the others begin anew.
            Side("NEST, all cores", "benchmarks.peers.nest_cuba", checks={"rate_hz": 0.25}),
        ),
        # Chaotic: rounding decides single spikes, and the rate of a run is known to some per cent.
        checks={"rate_hz": 0.1},
        at_least=1.0,
        aim=3.0,
    )
)


def network(p: Problem) -> Any:
    """Weights in pA: with C = τ · 1 nS, 1 pA is 1 mV of the problem's equation."""
    import numpy as np

    from neurotwin.network.engine import Network, Population, Projection, sparse
    from neurotwin.network.neurons.lif import LIF
    from neurotwin.network.synapses.exponential import Exponential

    cell = LIF(
        tau_m_ms=p["tau_ms"],
        capacitance_pF=p["tau_ms"],
        v_rest_mV=p["rest_mV"],
        v_threshold_mV=p["threshold_mV"],
        v_reset_mV=p["reset_mV"],
        refractory_ms=p["refractory_ms"],
    )
    excitatory = p["pre"] < p["excitatory"]
    projections = [
        Projection(
            "cells",
            "cells",
            sparse(
                p["post"][chosen],
                p["pre"][chosen],
                p["jump_mV"][chosen],
                (p["n"], p["n"]),
                delays_ms=np.full(int(chosen.sum()), p["delay_ms"]),
            ),
            Exponential(tau_ms=p[tau]),
            name=name,
        )
        for name, chosen, tau in (
            ("excitatory", excitatory, "tau_e_ms"),
            ("inhibitory", ~excitatory, "tau_i_ms"),
        )
    ]
    return Network([Population("cells", cell, p["n"])], projections)


def prepare(duration_ms: float, **size: Any) -> Callable[[], dict[str, Any]]:
    """The whole duration a call, from its beginning."""
    p = cuba(**size)
    return runner(network(p), p, duration_ms)
