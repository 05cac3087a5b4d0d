"""Our side of the spiking networks: one run of the event-driven path a call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.problems import Problem


def runner(
    network: Any, p: Problem, duration_ms: float, inputs: dict[str, Any] | None = None
) -> Callable[[], dict[str, Any]]:
    """A run from the problem's initial potentials, for ``duration_ms``; gives the mean rate, Hz.

    The time is that of the whole call. "loop_s" is it without what a call of one step takes as well, which is setting up: the
    counterpart of the time that simulators with a build of their own report.
    """
    from neurotwin.network.events import simulate_events

    steps = round(duration_ms / p["dt_ms"])

    def simulate(steps: int) -> tuple[Any, float]:
        start = time.perf_counter()
        result = simulate_events(
            network, inputs, dt_ms=p["dt_ms"], n_steps=steps, initial={"cells": {"v": p["v0_mV"]}}
        )
        return result, time.perf_counter() - start

    def run() -> dict[str, Any]:
        setting_up = simulate(1)[1]
        result, seconds = simulate(steps)
        rate = result.rate_hz("cells", p["n"], duration_ms)
        return {"rate_hz": rate, "seconds": seconds, "loop_s": seconds - setting_up}

    return run
