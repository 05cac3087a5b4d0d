"""From the start of a process to the end of its first training step, at the worm's size."""

from benchmarks.case import OURS, Case, Side, register

TORCH, JAX = "benchmarks.peers.torch_rate", "benchmarks.peers.jax_rate"

register(
    Case(
        "cold_start",
        "a process of its own: imports, setting up, compiling and the first training step of the worm-sized twin",
        "benchmarks.cases._rate",
        full={"n": 300, "synapses": 4000, "pairs": 1650, "t": 500, "b": 16},
        quick={"n": 60, "synapses": 400, "pairs": 100, "t": 20, "b": 4},
        peers=(
            Side("JAX dense, hoisted by hand", JAX, {"form": "dense", "hoist": True}, OURS),
            Side("torch eager, dense", TORCH),
            Side("torch.compile, dense, 25-step chunks", TORCH, {"compiled": True}),
        ),
        checks={"loss": 1e-4},
        repeats=3,
        cold=True,
        note="Compilers' caches are empty in every run.",
    )
)
