"""Torch: a rate network's training step, dense products; eager, or chunks of steps through torch.compile.

The trained values are scattered into the matrices once a training step, so that Adam moves one value a synapse: at the larva's
size faster than a masked matrix, at the worm's as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.peers.torch_common import finish, optimiser, settle, tensor, through_compiler
from benchmarks.problems import DT_MS, LEARNING_RATE, TAU_MS, rate_network


def prepare(compiled: bool = False, chunk: int = 25, **size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call; ``chunk`` steps are one compiled function."""
    device = settle()
    problem = rate_network(**size)
    n, coupled = problem["n"], len(problem["gap"]) > 0
    full = len(problem["post"]) == n * n
    arrays = {k: tensor(v, device) for k, v in problem.items() if k != "n"}
    weight, gap, bias = (arrays[k].requires_grad_() for k in ("weight", "gap", "bias"))
    at = arrays["post"] * n + arrays["pre"]
    ab, ba = arrays["gap_a"] * n + arrays["gap_b"], arrays["gap_b"] * n + arrays["gap_a"]
    xs = arrays["x"].split(chunk) if compiled else arrays["x"].unbind(0)
    adam = optimiser([weight, gap, bias] if coupled else [weight, bias], LEARNING_RATE)

    def step(
        m: torch.Tensor,
        x: torch.Tensor,
        w: torch.Tensor,
        g: torch.Tensor,
        pull: torch.Tensor,
        leak: torch.Tensor,
    ) -> torch.Tensor:
        drive = torch.addmm(x + bias, torch.tanh(m), w)
        if coupled:
            drive = torch.addmm(drive, m, g)
        return m + leak * (drive / pull - m)

    def steps(
        m: torch.Tensor,
        x: torch.Tensor,
        w: torch.Tensor,
        g: torch.Tensor,
        pull: torch.Tensor,
        leak: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        out = []
        for now in x.unbind(0):
            m = step(m, now, w, g, pull, leak)
            out.append(m)
        return m, torch.stack(out)

    together = through_compiler(steps, device) if compiled else steps

    def run() -> dict[str, Any]:
        adam.zero_grad(set_to_none=True)
        w = (weight if full else torch.zeros(n * n, device=device).scatter(0, at, weight)).view(n, n).t()
        g = torch.zeros(n * n, device=device)
        if coupled:
            g = g.scatter(0, ab, gap).scatter(0, ba, gap)
        g = g.view(n, n)
        pull = 1.0 + g.sum(1)
        leak = 1.0 - torch.exp(-pull * (DT_MS / TAU_MS))
        m = torch.zeros(arrays["x"].shape[1:], device=device)
        out = []
        for x in xs:
            if compiled:
                m, part = together(m, x, w, g, pull, leak)
            else:
                m = part = step(m, x, w, g, pull, leak)
            out.append(part)
        trace = torch.cat(out) if compiled else torch.stack(out)
        loss = torch.mean((trace - arrays["target"]) ** 2)
        loss.backward()
        adam.step()
        finish(device)
        return {"loss": loss.item()}

    return run
