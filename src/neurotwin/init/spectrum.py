"""How strongly a linear network amplifies: spectral radius, norm, and coupling by gap junctions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigs, svds

from neurotwin._base.errors import InputError

DENSE = 2000


def spectral_radius(matrix: sp.csr_array) -> float:
    """Largest absolute eigenvalue of a square matrix; by Arnoldi iteration above ``DENSE`` neurons.

    0 for a network without loops, where eigenvalues of rounding error would otherwise appear.

    Raises
    ------
    InputError
        If the iteration does not converge.
    """
    if not _has_loop(matrix):
        return 0.0
    if _size(matrix) <= DENSE:
        return float(np.abs(np.linalg.eigvals(matrix.toarray())).max())
    try:
        values: Any = eigs(matrix, k=6, which="LM", v0=_start(matrix), ncv=80, return_eigenvectors=False)
    except ArpackNoConvergence as error:
        raise InputError("the spectral radius did not converge", got=str(error)) from None
    return float(np.abs(values).max())


def spectral_norm(matrix: sp.csr_array) -> float:
    """Largest singular value: the most that one step amplifies."""
    if not matrix.nnz:
        return 0.0
    if _size(matrix) <= DENSE:
        return float(np.linalg.norm(matrix.toarray(), 2))
    values: Any = svds(matrix, k=1, v0=_start(matrix), return_singular_vectors=False)
    return float(values[0])


def mean_coupling(conductance: sp.csr_array) -> float:
    """Mean total gap-junction conductance of the neurons that have any; 0 when none has."""
    total = np.asarray(conductance.sum(axis=1)).ravel()
    return float(total[total > 0].mean()) if (total > 0).any() else 0.0


def _has_loop(matrix: sp.csr_array) -> bool:
    """Whether a path leads from some neuron back to itself: only then is an eigenvalue not 0."""
    if matrix.diagonal().any():
        return True
    n_components, _ = connected_components(matrix, directed=True, connection="strong")
    return n_components < _size(matrix)


def _size(matrix: Any) -> int:
    return int(matrix.shape[0])


def _start(matrix: Any) -> np.ndarray:
    """First vector of the iterations, always the same, so that equal input gives equal output."""
    return np.random.default_rng(0).standard_normal(_size(matrix))
