"""What anatomy alone says of who drives whom: the controls that a twin's zero-shot causal response must beat.

All matrices are ``[post, pre]``: row i responds, column j is stimulated. Contacts are chemical plus
gap-junction counts without self-contacts; monoamines and peptides are left out, having no contacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry
from neurotwin.evaluation._check import square_pair_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotwin.biology.connectome import Connectome

NORMALISATIONS: Registry[Callable[[np.ndarray], np.ndarray]] = Registry("normalisation of contacts")


@NORMALISATIONS.register("symmetric")
def _symmetric(contacts: np.ndarray) -> np.ndarray:
    """a_ij / sqrt(contacts onto i · contacts from j)."""
    return contacts / np.sqrt(
        _nonzero(contacts.sum(axis=1))[:, None] * _nonzero(contacts.sum(axis=0))[None, :]
    )


@NORMALISATIONS.register("incoming")
def _incoming(contacts: np.ndarray) -> np.ndarray:
    """a_ij / contacts onto i: the share of i's input."""
    return contacts / _nonzero(contacts.sum(axis=1))[:, None]


@NORMALISATIONS.register("outgoing")
def _outgoing(contacts: np.ndarray) -> np.ndarray:
    """a_ij / contacts from j: the share of j's output."""
    return contacts / _nonzero(contacts.sum(axis=0))[None, :]


@NORMALISATIONS.register("none")
def _none(contacts: np.ndarray) -> np.ndarray:
    """a_ij as counted."""
    return contacts


@NORMALISATIONS.register("log")
def _log(contacts: np.ndarray) -> np.ndarray:
    """log(1 + a_ij)."""
    return np.log1p(contacts)


def direct_contacts(connectome: Connectome) -> np.ndarray:
    """Chemical plus electrical contact counts ``[post, pre]``, diagonal 0."""
    contacts = connectome.matrix("chemical").toarray() + connectome.matrix("electrical").toarray()
    contacts = np.abs(contacts.astype(np.float64))
    np.fill_diagonal(contacts, 0.0)
    return contacts


def path_length(contacts: np.ndarray) -> np.ndarray:
    """Minus the least number of synapses from pre to post, ``[post, pre]``; unreachable pairs get minus the
    number of neurons.
    """
    contacts = square_pair_matrix(contacts, len(contacts), "contacts")
    hops = shortest_path(
        csr_array((contacts > 0).T.astype(np.float64)), unweighted=True
    ).T  # scipy reads [from, to]
    hops[~np.isfinite(hops)] = len(contacts)
    return -hops


def linear_propagation(
    contacts: np.ndarray, normalisation: str = "symmetric", rho: float = 0.5
) -> np.ndarray:
    """Steady response of a linear network, (I − ρ A / r(A))⁻¹, ``[post, pre]``.

    Parameters
    ----------
    contacts
        ``[post, pre]``, non-negative.
    normalisation
        How counts become couplings A, a name in ``NORMALISATIONS``. A is then divided by its spectral radius
        r(A).
    rho
        0 … 1 exclusive: how far activity spreads.

    Notes
    -----
    On the Randi atlas "symmetric" with ρ = 0.5 scores highest of the variants tried, so it is the default:
    the control in its best form.
    """
    if not 0.0 < rho < 1.0:
        raise InputError("propagation needs a spectral radius between 0 and 1", got=rho)
    coupling = NORMALISATIONS[normalisation](square_pair_matrix(contacts, len(contacts), "contacts"))
    radius = np.abs(np.linalg.eigvals(coupling)).max()
    if radius < 1e-12:  # a wiring without loops has no radius to scale by: its strongest coupling serves
        radius = max(float(np.abs(coupling).max()), 1e-300)
    return np.linalg.inv(np.eye(len(coupling)) - rho / radius * coupling)


def anatomy_controls(connectome: Connectome) -> dict[str, np.ndarray]:
    """Model name → score of every pair ``[post, pre]``, higher meaning a response is more likely."""
    contacts = direct_contacts(connectome)
    return {
        "anatomy: direct": contacts,
        "anatomy: path length": path_length(contacts),
        "anatomy: linear propagation": linear_propagation(contacts),
    }


def _nonzero(total: np.ndarray) -> np.ndarray:
    return np.where(total > 0, total, 1.0)
