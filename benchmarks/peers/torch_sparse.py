"""Torch: the product of a CSR matrix (MKL). Its gradient to the values makes a dense matrix, and is left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.peers.torch_common import finish, settle
from benchmarks.problems import sparse_matrix
from benchmarks.timing import ON_A_GPU


def prepare(gradient: bool, calls: int, **size: Any) -> Callable[[], dict[str, Any]]:
    """The mean time of ``calls`` products."""
    if gradient:
        raise ImportError("torch's gradient to a CSR matrix's values is dense")
    device = settle()
    p = sparse_matrix(**size)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(p["post"], minlength=p["n"]))]).astype(np.int32)
    parts = [torch.tensor(part, device=device) for part in (indptr, p["pre"], p["weight"])]
    matrix = torch.sparse_csr_tensor(*parts, size=(p["n"], p["n"]))
    x = torch.tensor(p["x"], device=device)[:, None]
    calls *= ON_A_GPU if device.type == "cuda" else 1

    def run() -> dict[str, Any]:
        with torch.inference_mode():
            start = time.perf_counter()
            for _ in range(calls):
                y = matrix @ x
            finish(device)
            seconds = (time.perf_counter() - start) / calls
            return {"norm": y.norm().item(), "sum": y.abs().sum().item(), "seconds": seconds}

    return run
