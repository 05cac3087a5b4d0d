"""Clocks for what is too short to time once, and the memory's bandwidth."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ON_A_GPU = 20
"""So many times the calls: on a GPU they are queued and only the last is waited for, which else would be all that is timed."""


def per_call(call: Callable[[], Any], calls: int) -> tuple[Any, float]:
    """Result and mean time of asynchronous JAX calls; on a processor each is waited for."""
    import jax

    gpu = jax.default_backend() == "gpu"
    calls *= ON_A_GPU if gpu else 1
    start = time.perf_counter()
    for _ in range(calls):
        result = call() if gpu else jax.block_until_ready(call())
    jax.block_until_ready(result)
    return result, (time.perf_counter() - start) / calls


def triad_gb_per_s(size_mb: int | None = None, rounds: int = 5) -> float:
    """Bandwidth of ``a = a + s c`` over two arrays of ``size_mb`` together, by JAX with all cores, GB/s; the best of the rounds.

    600 MB where nothing is said, on a GPU ten times that.

    In place (``a`` is donated): a new array for each result would measure the kernel's page faults instead.
    """
    import jax
    import jax.numpy as jnp

    n = (size_mb or (600 if jax.default_backend() == "cpu" else 6000)) * 2**20 // 8
    triad = jax.jit(lambda a, c: a + 1e-6 * c, donate_argnums=0)
    c = jnp.ones(n, jnp.float32)
    a = jax.block_until_ready(triad(jnp.ones(n, jnp.float32), c))
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        a = jax.block_until_ready(triad(a, c))
        times.append(time.perf_counter() - start)
    return 12 * n / min(times) / 1e9


def forget_peak() -> None:
    """Start the count of this process's largest memory anew, so that the triad is not in it; where the system lets us."""
    time.sleep(0.1)  # JAX gives memory back on a thread of its own
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
