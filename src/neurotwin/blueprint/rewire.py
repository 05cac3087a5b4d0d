"""Random networks with the degrees of a given one, sign by sign: the chance level of motifs."""

from __future__ import annotations

import numpy as np

ROUNDS = 40
PROPOSED = 0.75


def rewire_signed(
    pre: np.ndarray,
    post: np.ndarray,
    sign: np.ndarray,
    n_neurons: int,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
) -> np.ndarray:
    """New targets for the edges, such that every neuron keeps its in- and out-degree within each sign.

    Markov chain of double edge swaps: a→b, c→d of one sign become a→d, c→b, unless that makes a self-loop or
    an edge that exists in any sign. Each round pairs all edges of a sign at random and proposes a swap for
    three quarters of the pairs; 40 rounds are 15 proposals per edge (10 suffice in Milo et al. 2003,
    arXiv:cond-mat/0312028).

    Swaps of one round are made together. A proposal touches four cells of the matrix (two it leaves, two it
    enters); proposals that touch a common cell are all dropped. The reverse of a proposal touches the same
    four cells, so the chain stays symmetric and its stationary distribution uniform over the networks that
    it reaches, as for swaps made one by one. Not every pair proposes, because a chain in which all must swap
    at once cannot take the single steps between. Like every chain of such swaps it never turns round an
    isolated ring of three (Roberts & Coolen 2012, Phys. Rev. E 85:046103), which matters in tiny networks.

    Parameters
    ----------
    pre, post
        int [edge]; no self-loops, no edge twice.
    sign
        int8 [edge]; classes within which edges are swapped.
    n_neurons
        Number of neurons.
    rng
        Source of randomness.

    Returns
    -------
    int64 [edge]: the new post; ``pre`` and ``sign`` stay as they are.
    """
    source, target = pre.astype(np.int64), post.astype(np.int64)
    classes = [np.flatnonzero(sign == value) for value in np.unique(sign)]
    for _ in range(rounds):
        pairs = [rng.permutation(members)[: len(members) // 2 * 2].reshape(2, -1) for members in classes]
        if pairs:
            proposed = np.concatenate(pairs, axis=1)
            _swap(source, target, proposed[:, rng.random(proposed.shape[1]) < PROPOSED], n_neurons)
    return target


def _swap(source: np.ndarray, target: np.ndarray, pairs: np.ndarray, n_neurons: int) -> None:
    """Swap the targets of edges ``pairs[0, i]`` and ``pairs[1, i]`` where allowed, in place."""
    one, two = pairs
    a, b, c, d = source[one], target[one], source[two], target[two]
    cells = np.concatenate([source * n_neurons + target, a * n_neurons + d, c * n_neurons + b])
    _, inverse, times = np.unique(cells, return_inverse=True, return_counts=True)
    # Once means: an edge whose cell nobody enters, or an entered cell that is empty and that no other enters.
    alone = times[inverse] == 1
    enters = alone[len(source) :].reshape(2, -1).all(axis=0)
    free = enters & alone[one] & alone[two] & (a != d) & (c != b)
    target[one[free]], target[two[free]] = d[free], b[free]
