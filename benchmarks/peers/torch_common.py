"""What the torch peers share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch


def settle() -> torch.device:
    """Use the cores that each side may use, and a GPU if there is one."""
    torch.set_num_threads(int(os.environ.get("BENCHMARK_THREADS", "2")))
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def through_compiler(function: Callable[..., Any], device: torch.device) -> Callable[..., Any]:
    """Through torch.compile; on a GPU with CUDA graphs, which make these loops twice as fast."""
    return torch.compile(function, mode="reduce-overhead" if device.type == "cuda" else None)


def tensor(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """A copy on the device; indices as int64."""
    return torch.tensor(array.astype(np.int64) if array.dtype == np.int32 else array, device=device)


def optimiser(parameters: list[torch.Tensor], rate: float) -> Any:
    """Fused Adam."""
    return torch.optim.Adam(parameters, lr=rate, fused=True)


def finish(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize()
