"""Clocks for what is too short to time once, and the memory's bandwidth."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

BLOCK = 2**15
"""Numbers of a block of the triad: 128 kB, which a second-level cache holds several of."""


def per_call(call: Callable[[], Any], calls: int) -> tuple[Any, float]:
    """Result and mean time of asynchronous JAX calls, each waited for."""
    import jax

    start = time.perf_counter()
    for _ in range(calls):
        result = jax.block_until_ready(call())
    return result, (time.perf_counter() - start) / calls


def triad_gb_per_s(size_mb: int = 600, rounds: int = 5) -> float:
    """Bandwidth of ``a = a + s c`` over two arrays of ``size_mb`` together, in place, with a thread a core, GB/s.

    NumPy in place, a thread for each half (it releases the lock): a new array for each result would measure the kernel's page
    faults instead. Blocks stay in the cache between the product and the sum.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    n = size_mb * 2**20 // 8 // (cores * BLOCK) * BLOCK
    parts = [
        (np.ones(n, np.float32), np.ones(n, np.float32), np.empty(BLOCK, np.float32)) for _ in range(cores)
    ]

    def one(part: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        a, c, scaled = part
        for i in range(0, n, BLOCK):
            np.multiply(c[i : i + BLOCK], 1e-6, out=scaled)
            np.add(a[i : i + BLOCK], scaled, out=a[i : i + BLOCK])

    times = []
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(rounds):
            start = time.perf_counter()
            list(pool.map(one, parts))
            times.append(time.perf_counter() - start)
    return 12 * n * cores / float(np.min(times)) / 1e9
