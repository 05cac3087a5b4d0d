"""Which synapses exist, in the orders that the kernels read them in."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from neurotwin._base.errors import InputError
from neurotwin.network.device import on_cpu

WIDTHS = (4, 32)
"""Least and most entries of a piece of a row: near the mean row, and up to what a GPU's group of threads sums together."""


class Ell(eqx.Module):
    """Rows cut into pieces of one width, the last of a row padded (ELLPACK of pieces), and the sums of pieces summed alike.

    Attributes
    ----------
    column
        Column of each entry of each piece, int32 [piece, width].
    entry
        Position of its value, int32 [piece, width]; -1 is padding.
    sums
        What is summed after that: positions among the sums before, int32 [sum, width]; -1 is padding.
    place
        Position of each row's sum among the last ones, int32 [row]; -1 where a row has no entry.
    """

    column: jax.Array
    entry: jax.Array
    sums: tuple[jax.Array, ...]
    place: jax.Array


class Pattern(eqx.Module):
    """The synapses of a projection. Arrays are leaves, so that compiled programs take them as arguments.

    Attributes
    ----------
    post, pre
        Receiving and sending neuron of each synapse, int32 [E], sorted by post, then pre.
    rows
        First synapse of each receiving neuron, int32 [n_post + 1].
    columns
        First synapse of each sending neuron in the order by pre, int32 [n_pre + 1].
    by_pre
        Synapses in the order by pre, int32 [E]; ``by_pre_post`` is the receiving neuron of each.
    ell, ell_by_pre
        Tables of the pure JAX kernel for the product and its transpose, or None; the transpose reads its own on a GPU alone, and
        only there it is made.
    n_post, n_pre
        Sizes of the populations.
    """

    post: jax.Array
    pre: jax.Array
    rows: jax.Array
    columns: jax.Array
    by_pre: jax.Array
    by_pre_post: jax.Array
    ell: Ell | None
    ell_by_pre: Ell | None
    n_post: int = eqx.field(static=True)
    n_pre: int = eqx.field(static=True)

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return self.post.shape[0]


def pattern(post: ArrayLike, pre: ArrayLike, n_post: int, n_pre: int, *, ell: bool = True) -> Pattern:
    """Prepare an edge list for the kernels.

    Parameters
    ----------
    post, pre
        Receiving and sending neuron of each synapse, int [E], sorted by post, then pre; a pair may occur more than once.
    n_post, n_pre
        Sizes of the populations.
    ell
        Whether to make the tables of the pure JAX kernel too, about 10 bytes a synapse, twice that on a GPU.

    Raises
    ------
    InputError
        If a neuron does not exist, lengths disagree, numbers are not whole or the order is another.
    """
    receiving, sending = _indices("post", post, n_post), _indices("pre", pre, n_pre)
    if len(receiving) != len(sending):
        raise InputError("post and pre differ in length", got=f"{len(receiving)} and {len(sending)}")
    key = receiving.astype(np.int64) * max(n_pre, 1) + sending
    if (np.diff(key) < 0).any():
        raise InputError(
            "synapses are not in order",
            expected="sorted by post, then pre",
            fix="order = np.lexsort((pre, post))",
        )
    by_pre = np.argsort(sending, kind="stable").astype(np.int32)
    rows, columns = _starts(receiving, n_post), _starts(sending[by_pre], n_pre)
    return Pattern(
        post=jnp.asarray(receiving),
        pre=jnp.asarray(sending),
        rows=jnp.asarray(rows),
        columns=jnp.asarray(columns),
        by_pre=jnp.asarray(by_pre),
        by_pre_post=jnp.asarray(receiving[by_pre]),
        ell=_ell(rows, sending, np.arange(len(sending), dtype=np.int32)) if ell else None,
        ell_by_pre=_ell(columns, receiving[by_pre], by_pre) if ell and not on_cpu() else None,
        n_post=int(n_post),
        n_pre=int(n_pre),
    )


def _indices(what: str, values: ArrayLike, size: int) -> np.ndarray:
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        raise InputError(
            f"{what} is not a list of neurons", got=f"{given.dtype} {given.shape}", expected="integers [E]"
        )
    if given.size and (given.min() < 0 or given.max() >= size):
        at = int(np.argmax((given < 0) | (given >= size)))
        raise InputError(
            f"a neuron in {what} does not exist",
            got=f"{given[at]} at synapse {at}",
            expected=f"0 … {size - 1}",
        )
    return given.astype(np.int32)


def _starts(sorted_rows: np.ndarray, size: int) -> np.ndarray:
    return np.searchsorted(sorted_rows, np.arange(size + 1)).astype(np.int32)


def _ell(starts: np.ndarray, column: np.ndarray, entry: np.ndarray) -> Ell:
    width = int(np.clip(2 ** np.round(np.log2(max(len(entry) / max(len(starts) - 1, 1), 1))), *WIDTHS))
    place, starts = _pieces(starts, width)
    inside = place >= 0
    levels = []
    while np.diff(starts).max(initial=0) > 1:
        level, starts = _pieces(starts, width)
        levels.append(jnp.asarray(level))
    return Ell(
        column=jnp.asarray(np.where(inside, column[place], np.int32(0))),
        entry=jnp.asarray(np.where(inside, entry[place], np.int32(-1))),
        sums=tuple(levels),
        place=jnp.asarray(np.where(np.diff(starts) > 0, starts[:-1], -1).astype(np.int32)),
    )


def _pieces(starts: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions that each piece sums, int32 [piece, width], -1 where it is padded; and the first piece of each row."""
    pieces = -(-np.diff(starts) // width)
    first = np.concatenate([[0], np.cumsum(pieces)]).astype(np.int32)
    row = np.repeat(np.arange(len(pieces)), pieces)
    begin = starts[row] + (np.arange(first[-1], dtype=np.int32) - first[row]) * np.int32(width)
    at = begin[:, None] + np.arange(width, dtype=np.int32)
    at[at >= starts[row + 1][:, None]] = -1
    return at, first
