"""Torch: training step of a recurrent LIF layer with a surrogate gradient; eager, or chunks of steps through torch.compile."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.peers.torch_common import finish, optimiser, settle, tensor, through_compiler
from benchmarks.problems import DT_MS, LEARNING_RATE, spiking_layer

LEAK = 1 - math.exp(-DT_MS / 10.0)


class Spike(torch.autograd.Function):
    """1 where x >= 0; derivative 1 / (1 + |x|)²."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """Fire."""
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, to_spike: torch.Tensor) -> torch.Tensor:
        """Surrogate."""
        (x,) = ctx.saved_tensors
        return to_spike / (1 + x.abs()) ** 2


def prepare(compiled: bool = False, chunk: int = 20, **size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call."""
    device = settle()
    problem = spiking_layer(**size)
    arrays = {k: tensor(v, device) for k, v in problem.items() if k != "n"}
    weight = arrays["weight"].requires_grad_()
    xs = arrays["x"].split(chunk) if compiled else arrays["x"].unbind(0)
    adam = optimiser([weight], LEARNING_RATE)

    def step(
        v: torch.Tensor, s: torch.Tensor, x: torch.Tensor, w: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        v = v + LEAK * (torch.addmm(x, s, w) - v)
        s = Spike.apply(v - 1)
        return torch.where(s.detach() > 0, 0.0, v), s

    def steps(v: torch.Tensor, s: torch.Tensor, x: torch.Tensor, w: torch.Tensor) -> Any:
        out = []
        for now in x.unbind(0):
            v, s = step(v, s, now, w)
            out.append(s)
        return v, s, torch.stack(out)

    together = through_compiler(steps, device) if compiled else steps

    def run() -> dict[str, Any]:
        adam.zero_grad(set_to_none=True)
        w = weight.t()
        v = torch.zeros(arrays["x"].shape[1:], device=device)
        s, out = torch.zeros_like(v), []
        for x in xs:
            if compiled:
                v, s, part = together(v, s, x, w)
            else:
                v, s = step(v, s, x, w)
                part = s
            out.append(part)
        spikes = torch.cat(out) if compiled else torch.stack(out)
        loss = torch.mean((spikes.mean(0) - arrays["target"]) ** 2)
        loss.backward()
        adam.step()
        finish(device)
        return {"loss": loss.item(), "rate": spikes.mean().item()}

    return run
