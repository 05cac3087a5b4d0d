"""A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001).

The score of tags t_1 … t_n is start[t_1] + sum_i emission[i, t_i] + sum_i transition[t_(i-1), t_i] + end[t_n]; the probability of a
sequence is the softmax of its score over all sequences. With transitions, start and end of 0 the tags are independent, and the
log-likelihood is that of a softmax at each place: networks without a CRF use the same functions.

A network hands over *packed* potentials ``[row, tag]``: a row of transitions for each tag before, the row of start, the row of end,
then a row of emissions for each place.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import logsumexp


class Potentials(NamedTuple):
    """transition ``[tag before, tag]``, start and end ``[tag]``, emission ``[place, tag]``; log scores without unit."""

    transition: jax.Array
    start: jax.Array
    end: jax.Array
    emission: jax.Array


def pack(transition: jax.Array, start: jax.Array, end: jax.Array, emission: jax.Array) -> jax.Array:
    """``[sentence, row, tag]`` from emissions ``[sentence, place, tag]`` and the other potentials, which all sentences share."""
    shared = jnp.concatenate([transition, start[None], end[None]])
    return jnp.concatenate([jnp.broadcast_to(shared, (len(emission), *shared.shape)), emission], axis=1)


def unpack(packed: jax.Array) -> Potentials:
    """One sentence's potentials from ``[row, tag]``."""
    k = packed.shape[-1]
    return Potentials(packed[:k], packed[k], packed[k + 1], packed[k + 2 :])


def log_partition(p: Potentials, length: jax.Array) -> jax.Array:
    """Log of the sum over all sequences of the first ``length`` places of exp(score)."""

    def step(alpha: jax.Array, at: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        place, emission = at
        new = logsumexp(alpha[:, None] + p.transition, axis=0) + emission
        return jnp.where(place < length, new, alpha), None

    places = jnp.arange(1, len(p.emission))
    alpha, _ = jax.lax.scan(step, p.start + p.emission[0], (places, p.emission[1:]))
    return logsumexp(alpha + p.end)


def score(p: Potentials, tags: jax.Array, length: jax.Array) -> jax.Array:
    """Of the first ``length`` of ``tags`` ``[place]``."""
    place = jnp.arange(len(tags))
    safe = jnp.where(place < length, tags, 0)
    emitted = jnp.where(place < length, jnp.take_along_axis(p.emission, safe[:, None], 1)[:, 0], 0).sum()
    moved = jnp.where(place[1:] < length, p.transition[safe[:-1], safe[1:]], 0).sum()
    return p.start[safe[0]] + emitted + moved + p.end[safe[length - 1]]


def negative_log_likelihood(packed: jax.Array, tags: jax.Array) -> jax.Array:
    """-log p of each sentence's tags, nats, ``[sentence]``.

    From packed potentials ``[sentence, row, tag]`` and tag numbers ``[sentence, place]``, below 0 where no word is.
    """

    def one(packed: jax.Array, tags: jax.Array) -> jax.Array:
        length = (tags >= 0).sum()
        p = unpack(packed)
        return log_partition(p, length) - score(p, tags, length)

    return jax.vmap(one)(packed, tags)


@jax.jit
def viterbi(packed: jax.Array, lengths: jax.Array) -> jax.Array:
    """The most probable tags, ``[sentence, place]``; what stands behind a sentence's end means nothing."""

    def one(packed: jax.Array, length: jax.Array) -> jax.Array:
        p = unpack(packed)

        def step(best: jax.Array, at: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            place, emission = at
            reached = best[:, None] + p.transition
            inside = place < length
            new = jnp.where(inside, reached.max(0) + emission, best)
            return new, jnp.where(inside, reached.argmax(0), jnp.arange(len(best)))

        places = jnp.arange(1, len(p.emission))
        best, origin = jax.lax.scan(step, p.start + p.emission[0], (places, p.emission[1:]))
        last = (best + p.end).argmax()
        first, rest = jax.lax.scan(lambda tag, back: (back[tag], tag), last, origin, reverse=True)
        return jnp.concatenate([first[None], rest])

    return jax.vmap(one)(packed, lengths)
