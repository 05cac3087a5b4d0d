"""Weights between two populations: dense, or sparse with a delay for every synapse (shared ones: ``shared_weights.py``).

All are ``[post, pre]``. A sparse matrix keeps one value a synapse and costs as much as it has synapses. Delays are in ms; they are
turned into steps once, before the loop. Numbers given as delays are fixed: rounded to whole steps. With ``trained_delays``
they stay real numbers: what arrives is interpolated between the two steps around the delay, and the gradient reaches the delay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from neurotwin._base.errors import InputError
from neurotwin.network.device import linear
from neurotwin.network.kernels import (
    Pattern,
    delayed_product,
    delayed_sampled_product,
    pattern,
    sparse_product,
)


class Weights(eqx.Module):
    """What multiplies the activity that one population sends to another; ``n_pre`` and ``n_post`` are its sizes."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre)."""
        raise NotImplementedError

    def at(self, dt_ms: float) -> Weights:
        """The same weights as the loop uses them: values per synapse, delays in steps."""
        return self

    def ring_length(self, dt_ms: float) -> int:
        """Steps of the past that are needed, now included; 0 without delays."""
        return 0

    def apply(self, sent: jax.Array) -> jax.Array:
        """Σ_j w_ij s_j: [..., pre] → [..., post]."""
        raise NotImplementedError

    def apply_delayed(self, ring: jax.Array, newest: jax.Array) -> jax.Array:
        """Σ_j w_ij s_j(t - d_ij); ``ring`` [D, ..., pre], whose slot ``newest`` is the present."""
        raise NotImplementedError

    def apply_sequence(self, sent: jax.Array, before: jax.Array | None) -> jax.Array:
        """Products of many steps at once, ``sent`` [T, ..., pre]."""
        return self.apply(sent)

    def total(self) -> jax.Array:
        """Σ_j w_ij, [post]."""
        return self.apply(jnp.ones(self.shape[1], self.dtype))

    @property
    def dtype(self) -> Any:
        """Of the values."""
        return jnp.result_type(*[x for x in jax.tree.leaves(self) if eqx.is_inexact_array(x)])


class Dense(Weights):
    """Every neuron to every neuron: ``values`` float [post, pre]; ``sign`` +1, -1 or 0 (free) is kept by :func:`keep_signs`."""

    values: jax.Array
    sign: int = eqx.field(static=True, default=0)

    def __check_init__(self) -> None:
        if getattr(self.values, "ndim", 2) != 2:
            raise InputError(
                "dense weights are not a matrix", got=f"shape {self.values.shape}", expected="[post, pre]"
            )
        _check_values("dense weights", self.values, self.sign)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre)."""
        return self.values.shape[0], self.values.shape[1]

    def apply(self, sent: jax.Array) -> jax.Array:
        """``sent @ valuesᵀ``."""
        return linear(sent, self.values)


class Sparse(Weights):
    """One value a synapse. Made by :func:`sparse`.

    Attributes
    ----------
    pattern
        Who is wired to whom.
    values
        One weight a synapse, float [E], sorted by post, then pre.
    delays_ms
        None, or one delay a synapse, float [E], at least one step.
    trained_delays
        Whether the delays get a gradient; see the module.
    longest_ms
        What no delay exceeds, trained ones neither.
    sign
        +1, -1 or 0: see :func:`keep_signs`.
    """

    pattern: Pattern
    values: jax.Array
    delays_ms: jax.Array | None = None
    trained_delays: bool = eqx.field(static=True, default=False)
    longest_ms: float = eqx.field(static=True, default=0.0)
    sign: int = eqx.field(static=True, default=0)
    implementation: str | None = eqx.field(static=True, default=None)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre)."""
        return self.pattern.n_post, self.pattern.n_pre

    def ring_length(self, dt_ms: float) -> int:
        """One more than the longest delay in steps; one more still if delays lie between steps."""
        if self.delays_ms is None:
            return 0
        return round(self.longest_ms / dt_ms) + (2 if self.trained_delays else 1)

    def at(self, dt_ms: float) -> Weights:
        """Delays in steps; a delay shorter than one step is refused."""
        if self.delays_ms is None:
            return self
        if not isinstance(self.delays_ms, Tracer):
            shortest = np.asarray(self.delays_ms)
            if shortest.size and shortest.min() < dt_ms * (1 - 1e-5):
                at = int(shortest.argmin())
                raise InputError(
                    "a delay is shorter than the step",
                    got=f"{shortest[at]:g} ms at synapse {at} with a step of {dt_ms:g} ms",
                    expected="at least one step",
                    fix="use a smaller dt_ms, longer delays, or no delays at all (delays_ms=None)",
                )
        steps = self.delays_ms / dt_ms
        if self.trained_delays:
            most = self.ring_length(dt_ms) - 2
            return Delayed(
                self.pattern, self.values, jnp.clip(jnp.asarray(steps), 1.0, most), self.implementation
            )
        return Delayed(
            self.pattern, self.values, jnp.round(jnp.asarray(steps)).astype(jnp.int32), self.implementation
        )

    def apply(self, sent: jax.Array) -> jax.Array:
        """The sparse product, delays left out."""
        return sparse_product(self.pattern, self.values, sent, self.implementation)


class Delayed(Weights):
    """Sparse weights with delays in steps, int32 [E] or float [E]: what :meth:`Sparse.at` gives."""

    pattern: Pattern
    values: jax.Array
    delays: jax.Array
    implementation: str | None = eqx.field(static=True, default=None)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre)."""
        return self.pattern.n_post, self.pattern.n_pre

    def apply(self, sent: jax.Array) -> jax.Array:
        """The sparse product, delays left out."""
        return sparse_product(self.pattern, self.values, sent, self.implementation)

    def apply_delayed(self, ring: jax.Array, newest: jax.Array) -> jax.Array:
        """Each synapse reads the ring its delay ago."""
        return delayed_product(self.pattern, self.values, self.delays, ring, newest, self.implementation)

    def apply_sequence(self, sent: jax.Array, before: jax.Array | None) -> jax.Array:
        """For its gradient alone: the value is that of :meth:`apply`."""
        assert before is not None
        whole = jnp.concatenate([before, sent])
        return _delayed_sequence(self.implementation, self.pattern, self.values, self.delays, whole, sent)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _delayed_sequence(
    implementation: str | None,
    pattern: Pattern,
    values: jax.Array,
    delays: jax.Array,
    sent: jax.Array,
    shape: jax.Array,
) -> jax.Array:
    """Only ever differentiated (the loop has the products already): a zero of the right shape, [T, ..., post]."""
    return jnp.zeros((*shape.shape[:-1], pattern.n_post), values.dtype)


def _delayed_forward(implementation: str | None, *arguments: Any) -> Any:
    return _delayed_sequence(implementation, *arguments), arguments[:-1]


def _delayed_backward(implementation: str | None, saved: Any, to_products: jax.Array) -> tuple[Any, ...]:
    pattern, values, delays, sent = saved
    if jnp.issubdtype(delays.dtype, jnp.integer):
        return (
            None,
            delayed_sampled_product(pattern, delays, to_products, sent, implementation),
            None,
            None,
            None,
        )
    below = jnp.floor(delays)
    part = delays - below
    whole = below.astype(jnp.int32)
    # The ring of real delays is one longer than the longest: so is what was sent before.
    near = delayed_sampled_product(pattern, whole, to_products, sent, implementation)
    far = delayed_sampled_product(pattern, whole + 1, to_products, sent, implementation)
    return None, (1 - part) * near + part * far, values * (far - near), None, None


_delayed_sequence.defvjp(_delayed_forward, _delayed_backward)


def sparse(
    post: ArrayLike,
    pre: ArrayLike,
    values: ArrayLike,
    shape: tuple[int, int],
    *,
    delays_ms: ArrayLike | None = None,
    trained_delays: bool = False,
    longest_ms: float | None = None,
    sign: int = 0,
    implementation: str | None = None,
) -> Sparse:
    """Sparse weights from an edge list in any order.

    Parameters
    ----------
    post, pre
        Receiving and sending neuron of each synapse, int [E].
    values
        Weight of each synapse, float [E] or one number.
    shape
        (n_post, n_pre).
    delays_ms
        One delay a synapse, or one number for all; None for none.
    trained_delays
        Whether they are learned.
    longest_ms
        Upper bound of learned delays; 1.5 times the longest given where it is None.
    sign
        +1 or -1 if all weights have this sign; 0 if they are free.
    implementation
        Of the sparse product, see ``neurotwin.network.kernels``.

    Raises
    ------
    InputError
        If a neuron does not exist, lengths disagree, a number is not finite, a weight has the wrong sign or a delay is not
        positive.
    """
    receiving, sending = np.asarray(post), np.asarray(pre)
    value = (
        np.broadcast_to(np.asarray(values), receiving.shape) if np.ndim(values) == 0 else np.asarray(values)
    )
    if not len(receiving) == len(sending) == len(value):
        raise InputError(
            "synapses are not described alike",
            got=f"{len(receiving)} post, {len(sending)} pre, {len(value)} values",
            expected="one of each for every synapse",
        )
    _check_values("weights", value, sign)
    order = np.lexsort((sending, receiving))
    delays = None
    if delays_ms is not None:
        delays = np.broadcast_to(np.asarray(delays_ms, np.float64), receiving.shape)
        if not np.isfinite(delays).all() or (delays <= 0).any():
            at = int(np.argmax(~(np.isfinite(delays) & (delays > 0))))
            raise InputError(
                "a delay is not positive",
                got=f"{delays[at]:g} ms at synapse {at}",
                expected="finite, at least one step",
                fix="leave delays_ms out where nothing is delayed",
            )
        delays = delays[order]
        longest_ms = longest_ms or float(delays.max(initial=0.0)) * (1.5 if trained_delays else 1.0)
    dtype = jax.dtypes.canonicalize_dtype(np.float64 if value.dtype == np.float64 else np.float32)
    kept = None if delays is None else jnp.asarray(delays, dtype)
    return Sparse(
        pattern(receiving[order], sending[order], *shape),
        jnp.asarray(value[order], dtype),
        kept,
        trained_delays,
        longest_ms or 0.0,
        sign,
        implementation,
    )


def keep_signs(weights: Weights) -> Weights:
    """The nearest weights that keep their sign: what is on the wrong side becomes 0. Called after a step of an optimiser."""
    if isinstance(weights, Dense | Sparse) and weights.sign:
        kept = jnp.maximum(weights.values * weights.sign, 0) * weights.sign
        return eqx.tree_at(lambda w: w.values, weights, kept)
    return weights


def _check_values(what: str, values: Any, sign: int) -> None:
    if sign not in (-1, 0, 1):
        raise InputError("not a sign", got=sign, expected="+1, -1, or 0 for free weights")
    if isinstance(values, Tracer) or not isinstance(values, jax.Array | np.ndarray | Sequence):
        return
    given = np.asarray(values)
    if not np.isfinite(given).all():
        raise InputError(f"{what} are not finite", got=f"{int((~np.isfinite(given)).sum())} of {given.size}")
    wrong = given * sign < 0
    if wrong.any():
        raise InputError(
            f"{what} break their sign constraint",
            got=f"{int(wrong.sum())} of {given.size} with the other sign, the first {given[wrong].flat[0]:g}",
            expected="all >= 0" if sign > 0 else "all <= 0",
            fix="mend the weights, split the projection by sign, or use sign=0",
        )
