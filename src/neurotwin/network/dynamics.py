"""The rate dynamics of the twin, compiled to one loop, with weight gradients hoisted out of it.

For neuron i of one animal, with ``s`` the activity that the others see: recorded where the neuron is clamped, simulated where it
is free::

    τ_i dm_i/dt = -m_i + Σ_j G_ij (s_j - m_i) + Σ_j W_ij f(g_j s_j) + (1 + Σ_j G_ij) c_i + b_i + I_i

              clamped                 free
    s_j       y_j                     m_j + ξ_j
    e_j       y_j - m_j               0
    ξ_j  <-   λ_j ξ_j + κ_j (y_j - m_j - λ_j ξ_j)     λ_j ξ_j

              before release          after
    c_i  <-   Σ_j K_ij e_j            λ_i c_i

``m`` is what the network predicts of a neuron from all others; it runs for clamped neurons too, so that their error
is known. ``K`` makes the twin a state observer (Luenberger 1971, IEEE Trans. Autom. Control 16:596): the error ``e`` of a
recorded neuron corrects its wiring partners by ``c``; the conductance in front of it keeps the correction independent of the
coupling. ``ξ`` is the private part of a neuron, which the network does not explain. After a clamp is released, private part and
correction fade, and the network is left to itself; a neuron that was never clamped has ``ξ = 0``.
Leak and gap junctions, which are linear in ``m_i``, are integrated exactly over a step with the rest held
constant (exponential Euler), so that strong coupling cannot make the integration unstable.

The loop, its hoisted weight gradients and its bounded memory are the engine's (``neurotwin.network.engine.loop``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.activations import ACTIVATIONS
from neurotwin.network.device import FULL
from neurotwin.network.engine.loop import Product, plain_loop, run_loop
from neurotwin.network.engine.weights import Dense
from neurotwin.network.parameters import Cells, Matrices

NEVER = 1_000_000_000
"""A release time that no simulation reaches: the clamp holds to the end."""


class Drive(NamedTuple):
    """What is imposed on a simulation; A animals, B runs of each, T frames, N neurons.

    Attributes
    ----------
    recorded
        Activity to clamp to, float32 [A, B, T, N].
    clamped
        Which neurons follow ``recorded``, bool [A, B, N].
    release
        First frame at which all of them run free, int32 [A, B].
    current
        Injected, added to the drive, float32 [A, B, T, N] or None.
    keep
        Factor on what each neuron sends (dropout), float32 [A, B, N] or None.
    """

    recorded: jax.Array
    clamped: jax.Array
    release: jax.Array
    current: jax.Array | None = None
    keep: jax.Array | None = None


def rollout(
    cells: Cells, matrices: Matrices, drive: Drive, activation: str = "tanh", *, chunk: int | None = None
) -> jax.Array:
    """Simulate; returns the network's prediction of every neuron at every frame, float32 [A, B, T, N].

    For a free neuron that is its simulated activity; for a clamped one what the network expected of it; for a released one
    the forecast of network and private part together. ``chunk`` as in ``neurotwin.network.engine.loop``.
    """
    return _roll(partial(run_loop, chunk=chunk), cells, matrices, drive, activation)


def rollout_unhoisted(cells: Cells, matrices: Matrices, drive: Drive, activation: str = "tanh") -> jax.Array:
    """As :func:`rollout` with plain differentiation through the loop: slower, simpler, its oracle."""
    return _roll(plain_loop, cells, matrices, drive, activation)


class _PerAnimal(eqx.Module):
    """Weights of each animal: float [A, post, pre], times what its runs send, [..., A, B, pre]."""

    values: jax.Array

    def apply(self, sent: jax.Array) -> jax.Array:
        return jnp.matmul(sent, jnp.swapaxes(self.values, 1, 2), precision=FULL)

    def apply_sequence(self, sent: jax.Array, before: jax.Array | None) -> jax.Array:
        return jnp.einsum("aij,tabj->tabi", self.values, sent, precision=FULL)


class _Constants(NamedTuple):
    """What holds for all frames, each [N], [A, 1, N] or [A, B, N]."""

    pull: jax.Array
    leak: jax.Array
    gain: jax.Array
    decay: jax.Array
    kappa: jax.Array
    bias: jax.Array
    clamped: jax.Array
    release: jax.Array
    keep: jax.Array


def _roll(
    loop: Callable[..., Any], cells: Cells, matrices: Matrices, drive: Drive, activation: str
) -> jax.Array:
    frames = jnp.moveaxis(drive.recorded, 2, 0)
    injected = (
        jnp.zeros((len(frames), 1, 1, 1)) if drive.current is None else jnp.moveaxis(drive.current, 2, 0)
    )
    pull = 1.0 + matrices.electrical.sum(1)
    constants = _Constants(
        pull=pull,
        leak=1.0 - jnp.exp(-jnp.exp(cells.log_rate) * pull),
        gain=jnp.exp(cells.log_gain),
        decay=jax.nn.sigmoid(cells.private_decay),
        kappa=jax.nn.sigmoid(cells.private_gain),
        bias=(cells.bias + cells.animal_bias)[:, None],
        clamped=drive.clamped,
        release=drive.release,
        keep=jnp.ones(()) if drive.keep is None else drive.keep,
    )
    operators = {
        "directed": _PerAnimal(matrices.directed),
        "observer": _PerAnimal(matrices.observer),
        "electrical": Dense(matrices.electrical),
    }
    start = jnp.zeros_like(frames[0])
    inputs = (frames, injected, jnp.arange(len(frames)))
    _, out = loop(
        partial(_step, ACTIVATIONS[activation]), constants, operators, (start, start, start), inputs
    )
    return jnp.moveaxis(out, 0, 2)


def _step(
    f: Callable[[jax.Array], jax.Array], c: _Constants, product: Product, carry: Any, inputs: Any
) -> Any:
    m, xi, correction = carry
    now, current, t = inputs
    before = (t < c.release)[..., None]
    held = c.clamped & before
    seen = jnp.where(held, now, m + xi)
    error = jnp.where(held, now - m, 0.0) * c.keep
    correction = jnp.where(before, product("observer", error), c.decay * correction)
    arriving = product("directed", f(c.gain * seen) * c.keep) + product("electrical", seen)
    total = arriving + c.pull * correction + c.bias + current
    new = m + c.leak * (total / c.pull - m)
    faded = c.decay * xi
    xi = jnp.where(held, faded + c.kappa * (now - new - faded), faded)
    return (new, xi, correction), jnp.where(held, new, new + xi)
