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

The gradient to a weight matrix is one product over all steps after the loop instead of an accumulation in every step: the
gradient to an input that is added to the drive gives it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from neurotwin.network.activations import ACTIVATIONS
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


def rollout(cells: Cells, matrices: Matrices, drive: Drive, activation: str = "tanh") -> jax.Array:
    """Simulate; returns the network's prediction of every neuron at every frame, float32 [A, B, T, N].

    For a free neuron that is its simulated activity; for a clamped one what the network expected of it; for a released one
    the forecast of network and private part together.
    """
    return _rollout(activation, cells, matrices.electrical.sum(1), matrices, drive)


def rollout_unhoisted(cells: Cells, matrices: Matrices, drive: Drive, activation: str = "tanh") -> jax.Array:
    """As :func:`rollout` with plain differentiation through the loop: slower, simpler, its oracle."""
    return _scan(activation, cells, matrices.electrical.sum(1), matrices, drive, _hooks(drive))[0]


class _Hooks(NamedTuple):
    """Zeros that are added to what the matrices give at each step, [T, A, B, N]: their gradients give those of the matrices."""

    drive: jax.Array
    correction: jax.Array


def _hooks(drive: Drive) -> _Hooks:
    animals, runs, frames, size = drive.recorded.shape
    zeros = jnp.zeros((frames, animals, runs, size), drive.recorded.dtype)
    return _Hooks(zeros, zeros)


def _scan(
    activation: str, cells: Cells, coupling: jax.Array, matrices: Matrices, drive: Drive, hooks: _Hooks
) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    """Prediction [A, B, T, N], and what each step multiplied the matrices with, each [T, A, B, N].

    ``coupling`` is each neuron's total gap-junction conductance, float32 [N].
    """
    f = ACTIVATIONS[activation]
    pull = 1.0 + coupling
    leak = 1.0 - jnp.exp(-jnp.exp(cells.log_rate) * pull)
    gain = jnp.exp(cells.log_gain)
    decay, kappa = jax.nn.sigmoid(cells.private_decay), jax.nn.sigmoid(cells.private_gain)
    bias = (cells.bias + cells.animal_bias)[:, None]
    directed, observer = jnp.swapaxes(matrices.directed, 1, 2), jnp.swapaxes(matrices.observer, 1, 2)
    electrical = matrices.electrical.T
    frames = jnp.moveaxis(drive.recorded, 2, 0)
    injected = hooks.drive if drive.current is None else hooks.drive + jnp.moveaxis(drive.current, 2, 0)
    keep = 1.0 if drive.keep is None else drive.keep

    def step(carry: Any, inputs: Any) -> Any:
        m, xi, correction = carry
        now, added, hook, t = inputs
        before = (t < drive.release)[..., None]
        held = drive.clamped & before
        seen = jnp.where(held, now, m + xi)
        rate = f(gain * seen) * keep
        error = jnp.where(held, now - m, 0.0) * keep
        correction = jnp.where(before, error @ observer + hook, decay * correction)
        total = rate @ directed + seen @ electrical + pull * correction + bias + added
        new = m + leak * (total / pull - m)
        faded = decay * xi
        xi = jnp.where(held, faded + kappa * (now - new - faded), faded)
        out = jnp.where(held, new, new + xi)
        return (new, xi, correction), (out, rate, error, seen)

    start = jnp.zeros_like(frames[0])
    steps = (frames, injected, hooks.correction, jnp.arange(frames.shape[0]))
    _, (out, *used) = jax.lax.scan(step, (start, start, start), steps)
    return jnp.moveaxis(out, 0, 2), tuple(used)


def _primal(
    activation: str, cells: Cells, coupling: jax.Array, matrices: Matrices, drive: Drive
) -> jax.Array:
    return _scan(activation, cells, coupling, matrices, drive, _hooks(drive))[0]


def _forward(
    activation: str, cells: Cells, coupling: jax.Array, matrices: Matrices, drive: Drive
) -> tuple[jax.Array, Any]:
    frozen = jax.lax.stop_gradient(matrices)

    def run(cells: Cells, coupling: jax.Array, hooks: _Hooks) -> Any:
        return _scan(activation, cells, coupling, frozen, drive, hooks)

    out, pull, used = jax.vjp(run, cells, coupling, _hooks(drive), has_aux=True)
    return out, (pull, used, drive)


def _backward(activation: str, saved: Any, gradient: jax.Array) -> tuple[Any, ...]:
    del activation
    pull, (rate, error, seen), drive = saved
    to_cells, to_coupling, to_hooks = pull(gradient)
    by_animal = "tabi,tabj->aij"
    matrices = Matrices(
        directed=jnp.einsum(by_animal, to_hooks.drive, rate),
        observer=jnp.einsum(by_animal, to_hooks.correction, error),
        electrical=jnp.einsum("tabi,tabj->ij", to_hooks.drive, seen),
    )
    current = None if drive.current is None else jnp.moveaxis(to_hooks.drive, 0, 2)
    return to_cells, to_coupling, matrices, Drive(None, None, None, current, None)  # type: ignore[arg-type]


_rollout = jax.custom_vjp(_primal, nondiff_argnums=(0,))
_rollout.defvjp(_forward, _backward)
