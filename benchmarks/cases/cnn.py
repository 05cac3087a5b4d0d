"""A training step of the mission's convolutional network on pictures of MNIST's size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import Case, Side, register
from benchmarks.problems import LEARNING_RATE, images

TORCH = "benchmarks.peers.torch_cnn"

register(
    Case(
        "cnn",
        "training step of a convolutional network (32 and 64 channels 3×3, pooling, 64 units, 10 classes), 128 pictures of 28×28",
        __name__,
        full={"b": 128},
        quick={"b": 8, "widths": (4, 8, 8)},
        peers=(
            Side("torch eager", TORCH),
            Side("torch eager, channels last", TORCH, {"channels_last": True}),
        ),
        checks={"loss": 1e-3},
        at_least=1.0,
        repeats=25,
    )
)


def prepare(**size: Any) -> Callable[[], dict[str, Any]]:
    """One training step a call."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax

    from neurotwin.tasks.networks.convolutional import ConvolutionalNetwork

    p = images(**size)
    spec = {"shape": p["x"].shape[1:], "classes": p["classes"], "mean": 0.0, "sd": 1.0, "widths": p["widths"]}
    net = ConvolutionalNetwork(spec, jax.random.key(0))
    net = eqx.tree_at(
        lambda n: (n.first.weight, n.second.weight, n.dense.weight, n.out.weight, n.dense.bias, n.out.bias),
        net,
        (
            *(jnp.asarray(p[name]) for name in ("first", "second", "dense", "out")),
            jnp.zeros_like(net.dense.bias),
            jnp.zeros_like(net.out.bias),
        ),
    )
    x, y = jnp.asarray(p["x"]), jnp.asarray(p["y"])
    adam = optax.adam(LEARNING_RATE)
    moments = adam.init(eqx.filter(net, eqx.is_inexact_array))

    def loss(net: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(net(x), y).mean()

    @eqx.filter_jit(donate="all")
    def step(net: Any, moments: Any, x: jax.Array, y: jax.Array) -> Any:
        value, slope = eqx.filter_value_and_grad(loss)(net, x, y)
        updates, moments = adam.update(slope, moments)
        return value, eqx.apply_updates(net, updates), moments, x, y

    def run() -> dict[str, Any]:
        nonlocal net, moments, x, y
        value, net, moments, x, y = jax.block_until_ready(step(net, moments, x, y))
        return {"loss": float(value)}

    return run
