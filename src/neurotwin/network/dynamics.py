"""The rate dynamics of the twin, compiled to one loop, with weight gradients hoisted out of it.

For neuron i of one animal, in steps of dt, with ``s`` the activity that others see (recorded where the neuron is clamped,
simulated where it is free) and ``e`` the error of the clamped ones::

    τ_i dm_i/dt = -m_i + Σ_j G_ij (s_j - m_i) + Σ_j W_ij f(g_j s_j) + Σ_j K_ij e_j + b_i + I_i
    e_j     = 3 tanh((y_j - m_j) / 3)   (clamped)          0       (free)
    ξ_j    <- λ_j ξ_j + κ_j (y_j - m_j - λ_j ξ_j)          λ_j ξ_j
    s_j     = y_j                                          m_j + ξ_j

``m`` is what the network predicts of a neuron from all others; it runs for clamped neurons too, so that their error
is known. ``K`` makes the twin a state observer (Luenberger 1971, IEEE Trans. Autom. Control 16:596): the error of a recorded
neuron corrects its wiring partners. ``ξ`` is what the network leaves unexplained; it matters only after a clamp is released.
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


ERROR_LIMIT = 3.0
"""Largest error that the observer believes, in standard deviations: calcium has heavy tails."""


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

    For a free neuron that is its simulated activity; for a clamped one it is what the network expected; for a released one
    the unexplained part that it carried at release is added.
    """
    return _rollout(activation, cells, matrices.electrical.sum(1), matrices, drive)


def rollout_unhoisted(cells: Cells, matrices: Matrices, drive: Drive, activation: str = "tanh") -> jax.Array:
    """As :func:`rollout` with plain differentiation through the loop: slower, simpler, its oracle."""
    shape = drive.recorded.shape
    extra = jnp.zeros((shape[2], shape[0], shape[1], shape[3]), drive.recorded.dtype)
    return _scan(activation, cells, matrices.electrical.sum(1), matrices, drive, extra)[0]




def _scan(
    activation: str, cells: Cells, coupling: jax.Array, matrices: Matrices, drive: Drive, extra: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    """Prediction [A, B, T, N], and what each step multiplied the matrices with, each [T, A, B, N].

    ``coupling`` is each neuron's total gap-junction conductance, float32 [N]; ``extra`` is added to the drive.
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
    if drive.current is not None:
        extra = extra + jnp.moveaxis(drive.current, 2, 0)
    keep = 1.0 if drive.keep is None else drive.keep

    def step(carry: Any, inputs: Any) -> Any:
        m, xi = carry
        now, added, t = inputs
        held = drive.clamped & (t < drive.release)[..., None]
        seen = jnp.where(held, now, m + xi)
        rate = f(gain * seen) * keep
        error = jnp.where(held, ERROR_LIMIT * jnp.tanh((now - m) / ERROR_LIMIT), 0.0) * keep
        total_drive = rate @ directed + error @ observer + seen @ electrical + bias + added
        new = m + leak * (total_drive / pull - m)
        faded = decay * xi
        new_xi = jnp.where(held, faded + kappa * (now - new - faded), faded)
        out = jnp.where(held, new, new + new_xi)
        return (new, new_xi), (out, rate, error, seen)

    start = jnp.zeros_like(frames[0])
    _, (out, *used) = jax.lax.scan(step, (start, start), (frames, extra, jnp.arange(frames.shape[0])))
    return jnp.moveaxis(out, 0, 2), tuple(used)


def _primal(activation: str, cells: Cells, coupling: jax.Array, matrices: Matrices, drive: Drive) -> jax.Array:
    return _forward(activation, cells, coupling, matrices, drive)[0]


def _forward(
    activation: str, cells: Cells, coupling: jax.Array, matrices: Matrices, drive: Drive
) -> tuple[jax.Array, Any]:
    frozen = jax.lax.stop_gradient(matrices)
    animals, runs, frames, size = drive.recorded.shape
    extra = jnp.zeros((frames, animals, runs, size), drive.recorded.dtype)

    def run(cells: Cells, coupling: jax.Array, extra: jax.Array) -> Any:
        return _scan(activation, cells, coupling, frozen, drive, extra)

    out, pull, used = jax.vjp(run, cells, coupling, extra, has_aux=True)
    return out, (pull, used, drive)


def _backward(activation: str, saved: Any, gradient: jax.Array) -> tuple[Any, ...]:
    del activation
    pull, (rate, error, seen), drive = saved
    to_cells, to_coupling, to_drive = pull(gradient)
    by_animal = "tabi,tabj->aij"
    matrices = Matrices(
        directed=jnp.einsum(by_animal, to_drive, rate),
        observer=jnp.einsum(by_animal, to_drive, error),
        electrical=jnp.einsum("tabi,tabj->ij", to_drive, seen),
    )
    current = None if drive.current is None else jnp.moveaxis(to_drive, 0, 2)
    return to_cells, to_coupling, matrices, Drive(None, None, None, current, None)  # type: ignore[arg-type]


_rollout = jax.custom_vjp(_primal, nondiff_argnums=(0,))
_rollout.defvjp(_forward, _backward)
