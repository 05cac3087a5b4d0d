"""Signal flow: how far upstream a neuron stands, read off the wiring alone."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import cg

from neurotwin._base.errors import InputError


def signal_flow(matrix: sp.csr_array) -> np.ndarray:
    """Level of every neuron in the hierarchy of a directed network; high sends, low receives.

    The levels z minimise sum_ij W_ij (z_i - z_j - sgn(A_ij - A_ji))², with A_ij the weight from i to j and W
    = (A + Aᵀ)/2: where more goes from i to j than back, i should stand one level above j. The minimum solves
    L z = b with L = diag(W 1) - W and b_i = sum_j W_ij sgn(A_ij - A_ji). L leaves a constant free in each
    connected component: there the mean level is 0.

    Parameters
    ----------
    matrix
        Non-negative weights, sparse [post, pre].

    Returns
    -------
    float64 [neuron], in levels (no unit). A neuron without synapses has level 0.

    Source
    ------
    Carmel, Harel & Koren (2004), IEEE Trans. Vis. Comput. Graph. 10:46; for the worm Varshney et al. (2011),
    PLoS Comput. Biol. 7:e1001066, "signal flow".
    """
    forward = sp.csr_array(matrix).T.tocsr().astype(np.float64)
    if forward.shape[0] != forward.shape[1] or (forward.nnz and forward.data.min() < 0):
        raise InputError(
            "signal flow needs a square matrix of non-negative weights", got=f"shape {forward.shape}"
        )
    backward = forward.T.tocsr()
    symmetric = sp.csr_array((forward + backward) / 2)
    b = np.asarray((symmetric * (forward - backward).sign()).sum(axis=1)).ravel()
    degree = np.asarray(symmetric.sum(axis=1)).ravel()
    laplacian = sp.csr_array(sp.diags_array(degree) - symmetric)
    # b sums to 0 in each component, so conjugate gradients converge although L is singular; Jacobi
    # preconditioning evens out degrees.
    inverse = np.divide(1.0, degree, out=np.ones_like(degree), where=degree > 0)
    z, info = cg(laplacian, b, rtol=1e-12, maxiter=20 * len(b) + 100, M=sp.diags_array(inverse))
    if info != 0:
        raise InputError(
            "the signal-flow levels did not converge",
            got=f"{info} iterations",
            fix="check the weights' range",
        )
    _, component = connected_components(symmetric, directed=False)
    sizes = np.bincount(component)
    return z - (np.bincount(component, weights=z) / sizes)[component]
