"""Torch: a training step of the convolutional network, eager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from benchmarks.peers.torch_common import finish, optimiser, settle, tensor
from benchmarks.problems import LEARNING_RATE, images


def prepare(channels_last: bool = False, **size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call. Pooling comes before the rectifier here too, which is the same and cheaper."""
    device = settle()
    p = images(**size)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x = tensor(p["x"], device).permute(0, 3, 1, 2).contiguous(memory_format=layout)
    y = torch.as_tensor(p["y"], device=device)
    one, two, units = p["widths"]
    kernels = [
        tensor(p[k], device).permute(3, 2, 0, 1).contiguous(memory_format=layout) for k in ("first", "second")
    ]
    side = round((p["dense"].shape[1] / two) ** 0.5)
    dense = tensor(p["dense"], device).view(units, side, side, two).permute(0, 3, 1, 2).reshape(units, -1)
    weights = [w.contiguous().requires_grad_() for w in (dense, tensor(p["out"], device))]
    kernels = [w.requires_grad_() for w in kernels]
    biases = [torch.zeros(n, device=device, requires_grad=True) for n in (one, two, units, p["classes"])]
    adam = optimiser([*kernels, *weights, *biases], LEARNING_RATE)

    def run() -> dict[str, Any]:
        adam.zero_grad(set_to_none=True)
        h = x
        for kernel, bias in zip(kernels, biases[:2], strict=True):
            h = torch.relu(functional.max_pool2d(functional.conv2d(h, kernel, bias), 2))
        h = torch.relu(functional.linear(h.flatten(1), weights[0], biases[2]))
        loss = functional.cross_entropy(functional.linear(h, weights[1], biases[3]), y)
        loss.backward()
        adam.step()
        finish(device)
        return {"loss": loss.item()}

    return run
