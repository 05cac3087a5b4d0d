"""Images in even light: what is left when each place is measured against its surroundings."""

from __future__ import annotations

import numpy as np

SURROUNDINGS = 6.0
"""Standard deviation of the Gaussian that weighs them, pixels."""
NOISE_GREY = 5.0
"""Grey levels of contrast that count as nothing: even surfaces stay even."""


def local_contrast(x: np.ndarray) -> np.ndarray:
    """Each channel less its local mean, over the local contrast of all channels together (Jarrett et al. 2009).

    Parameters
    ----------
    x
        ``[example, row, column, channel]``, grey levels 0 to 255.

    Returns
    -------
    float32 array of the shape of ``x``, about -3 to 3.
    """
    from scipy.ndimage import gaussian_filter

    width = (0, SURROUNDINGS, SURROUNDINGS, 0)
    x = x.astype(np.float32)
    x = x - gaussian_filter(x, width)
    variance = gaussian_filter(x.mean(-1, keepdims=True) ** 2, width)
    return x / np.sqrt(variance + NOISE_GREY**2)
