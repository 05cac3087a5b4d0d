"""The sparse product, and its gradient to values and input, with the share of memory bandwidth that it reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import OURS, Case, Side, register
from benchmarks.problems import sparse_matrix

JAX = "benchmarks.peers.jax_sparse"
QUICK = {"n": 500, "synapses": 5000}
CALLS = {"quick": 5, "1m": 50, "15m": 5}

for label, size, calls, asked, aim in (
    ("1m", {"n": 10_000, "synapses": 1_000_000}, CALLS["1m"], (None, None), (None, None)),
    ("15m", {"n": 130_000, "synapses": 15_000_000}, CALLS["15m"], (5.0, 3.0), (None, None)),
):
    for i, gradient in enumerate((False, True)):
        torch_side = () if gradient else (Side("torch sparse_csr", "benchmarks.peers.torch_sparse"),)
        register(
            Case(
                f"sparse_{label}{'_gradient' if gradient else ''}",
                f"sparse product{', gradient to values and input' if gradient else ''}: "
                f"{size['n']:,} neurons, {size['synapses']:,} synapses",
                __name__,
                full={**size, "gradient": gradient, "calls": calls},
                quick={**QUICK, "gradient": gradient, "calls": CALLS["quick"]},
                peers=(
                    Side("JAX gather + segment_sum", JAX, {}, OURS),
                    *torch_side,
                    Side("brainevent CSR", "benchmarks.peers.brainevent_sparse"),
                ),
                checks={"norm": 1e-3, "sum": 1e-3},
                at_least=asked[i],
                aim=aim[i],
            )
        )


def prepare(gradient: bool, calls: int, **size: Any) -> Callable[[], dict[str, Any]]:
    """The mean time of ``calls`` products (so that a timer's error does not count)."""
    import jax
    import jax.numpy as jnp

    from benchmarks.timing import forget_peak, per_call, triad_gb_per_s
    from neurotwin.network.kernels import pattern, sparse_product

    p = sparse_matrix(**size)
    wiring = pattern(p["post"], p["pre"], p["n"], p["n"])
    values, x, dy = (jnp.asarray(p[k]) for k in ("weight", "x", "dy"))
    forward = jax.jit(sparse_product)

    @jax.jit
    def backward(wiring: Any, values: jax.Array, x: jax.Array, dy: jax.Array) -> Any:
        return jax.vjp(lambda v, x: sparse_product(wiring, v, x), values, x)[1](dy)

    moved = bytes_moved(p["n"], len(p["post"]), gradient) / 1e9

    def run() -> dict[str, Any]:
        # Beside each run, since a shared machine's bandwidth comes and goes.
        triad = triad_gb_per_s()
        forget_peak()
        if gradient:
            (to_values, to_x), seconds = per_call(lambda: backward(wiring, values, x, dy), calls)
            told = {"norm": jnp.linalg.norm(to_values), "sum": jnp.linalg.norm(to_x)}
        else:
            y, seconds = per_call(lambda: forward(wiring, values, x), calls)
            told = {"norm": jnp.linalg.norm(y), "sum": jnp.abs(y).sum()}
        return {
            **told,
            "seconds": seconds,
            "bandwidth_share": moved / seconds / triad,
            "triad_gb_per_s": triad,
        }

    return run


def bytes_moved(n: int, synapses: int, gradient: bool) -> int:
    """The least that has to go through memory, bytes: each synapse's index and value once (gradient: its value written too), each
    vector once.
    """
    return synapses * (12 if gradient else 8) + n * 4 * (4 if gradient else 3)
