"""A contestant's process: prepares, then runs once for each line on stdin and answers with its time.

Started by ``benchmarks.family`` as ``python -m benchmarks.worker MODULE JSON``, in the environment of its side. Answers are JSON
lines on the original stdout; whatever a library prints goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from typing import Any


def main(module: str, parameters: str) -> None:
    """Prepare, warm up once, then serve."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")

    try:
        run = importlib.import_module(module).prepare(**json.loads(parameters))
    except ImportError as error:
        answer(absent=f"{type(error).__name__}: {error}")
        return
    answer(**timed(run), versions=versions(), ready=True)
    for line in sys.stdin:
        if line.strip() != "run":
            break
        answer(**timed(run))


def timed(run: Any) -> dict[str, Any]:
    """Run once: seconds, the numbers to check, peak memory (MB) of this process and its children so far."""
    start = time.perf_counter()
    result = dict(run())
    seconds = result.pop("seconds", time.perf_counter() - start)
    return {
        "seconds": float(seconds),
        "checks": {k: float(v) for k, v in result.items()},
        "peak_mb": peak_mb(),
        "gpu_mb": gpu_mb(),
    }


def peak_mb() -> float:
    """Largest resident memory so far, of this process or of a child of it."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    try:
        with open("/proc/self/status") as status:
            own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass  # not Linux: ru_maxrss has to do
    return max(own, children) / 1024


def gpu_mb() -> float:
    """Largest memory of arrays on a GPU so far, MB, as JAX or torch counts it; 0 without a GPU."""
    if "jax" in sys.modules:
        told = sys.modules["jax"].devices()[0].memory_stats() or {}
        return told.get("peak_bytes_in_use", 0) / 2**20
    if "torch" in sys.modules and sys.modules["torch"].cuda.is_available():
        return sys.modules["torch"].cuda.max_memory_allocated() / 2**20
    return 0.0


def versions() -> dict[str, str]:
    """Of what this process computes with, and the device JAX runs on."""
    names = ("neurotwin", "jax", "torch", "brian2", "nest", "jaxley", "neuron", "brainevent", "numpy")
    found = {
        name: str(sys.modules[name].__version__)
        for name in names
        if name in sys.modules and hasattr(sys.modules[name], "__version__")
    }
    if "jax" in sys.modules:
        device = sys.modules["jax"].devices()[0]
        found["device"] = f"{device.platform} {getattr(device, 'device_kind', '')}".strip()
    elif "torch" in sys.modules:
        cuda = sys.modules["torch"].cuda
        found["device"] = f"gpu {cuda.get_device_name()}" if cuda.is_available() else "cpu"
    return found


if __name__ == "__main__":
    main(*sys.argv[1:3])
