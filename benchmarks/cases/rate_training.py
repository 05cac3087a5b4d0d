"""Training steps of rate networks: the worm's size, the larva's wiring, dense, and a million synapses."""

from benchmarks.case import OURS, Case, Side, register

MODULE = "benchmarks.cases._rate"
TORCH, JAX = "benchmarks.peers.torch_rate", "benchmarks.peers.jax_rate"
AGREE = {"loss": 1e-4}

EAGER = Side("torch eager, dense", TORCH)
DENSE = Side("JAX dense, hoisted by hand", JAX, {"form": "dense", "hoist": True}, OURS)
EDGES = Side("JAX segment_sum", JAX, {"form": "segment_sum"}, OURS)
HOISTED = Side("JAX segment_sum, hoisted by hand", JAX, {"form": "segment_sum", "hoist": True}, OURS)


def compiled(chunk: int) -> Side:
    """Torch with chunks of steps compiled."""
    return Side(f"torch.compile, dense, {chunk}-step chunks", TORCH, {"compiled": True, "chunk": chunk})


register(
    Case(
        "worm_step",
        "training step of a worm-sized twin: 300 neurons, 4,000 synapses, 1,650 gap-junction pairs, T 500, B 16",
        MODULE,
        full={"n": 300, "synapses": 4000, "pairs": 1650, "t": 500, "b": 16},
        quick={"n": 60, "synapses": 400, "pairs": 100, "t": 20, "b": 4},
        peers=(EAGER, compiled(25), DENSE),
        checks=AGREE,
        at_least=2.0,
        aim=4.0,
        repeats=15,
    )
)
register(
    Case(
        "larva_step",
        "training step on the larva's wiring: 3,013 neurons, 111,243 edges, T 200, B 8",
        MODULE,
        full={"n": 0, "larva": True, "t": 200, "b": 8},
        quick={"n": 300, "synapses": 1, "larva": True, "t": 20, "b": 2},
        peers=(EAGER, compiled(20), EDGES, HOISTED),
        checks=AGREE,
        at_least=5.0,
        aim=15.0,
        repeats=7,
    )
)
register(
    Case(
        "dense_rate",
        "training step, all to all: N 300, T 500, B 16",
        MODULE,
        full={"n": 300, "dense": True, "t": 500, "b": 16},
        quick={"n": 60, "dense": True, "t": 20, "b": 4},
        peers=(EAGER, compiled(25), DENSE),
        checks=AGREE,
        at_least=1.0,
        aim=1.3,
        repeats=15,
    )
)
register(
    Case(
        "bptt_1m",
        "backpropagation through time: 10,000 neurons, 1,000,000 synapses, T 100, B 1",
        MODULE,
        full={"n": 10_000, "synapses": 1_000_000, "t": 100, "b": 1},
        quick={"n": 500, "synapses": 5000, "t": 20, "b": 1},
        peers=(EDGES, HOISTED),
        checks=AGREE,
        at_least=4.0,
        aim=6.0,
        repeats=7,
    )
)
