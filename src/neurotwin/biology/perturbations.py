"""What happens elsewhere when one neuron is stimulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Perturbations:
    """Measured responses to stimulation; **rows respond, columns are stimulated** (``[post, pre]``).

    Parameters
    ----------
    names
        Neurons, in the order of rows and columns.
    amplitude
        Mean response ``[responding, stimulated]``, ΔF/F; NaN where not measured.
    q
        False-discovery-rate adjusted significance in [0, 1]; NaN where not measured.
    repeats
        Number of trials behind the entry, ≥ 0.

    The arrays are copied and read-only. The diagonal is a neuron's response to its own stimulation: kept, but
    neither ``measured`` nor ``significant``.

    Raises
    ------
    InputError
        A shape does not fit the names, a name is doubled, q is outside [0, 1], an amplitude is infinite or
        repeats negative.
    """

    names: tuple[str, ...]
    amplitude: np.ndarray
    q: np.ndarray
    repeats: np.ndarray

    def __post_init__(self) -> None:
        names = tuple(str(name) for name in self.names)
        if len(set(names)) != len(names):
            raise InputError(
                "two stimulated neurons share one name", got=next(n for n in names if names.count(n) > 1)
            )
        object.__setattr__(self, "names", names)
        for name, dtype in (("amplitude", np.float32), ("q", np.float32), ("repeats", np.int32)):
            array = np.array(getattr(self, name))
            if array.shape != (len(names), len(names)):
                expected = f"({len(names)}, {len(names)}): responding × stimulated"
                raise InputError(f"{name} does not fit the names", got=array.shape, expected=expected)
            array = array.astype(dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if np.isinf(self.amplitude).any():
            raise InputError("an amplitude is infinite", expected="ΔF/F, or NaN where not measured")
        known = self.q[~np.isnan(self.q)]
        if ((known < 0) | (known > 1)).any():
            raise InputError("a q value is outside [0, 1]", got=f"{known.min():g} to {known.max():g}")
        if (self.repeats < 0).any():
            raise InputError("a number of repeats is negative", got=int(self.repeats.min()))

    @cached_property
    def measured(self) -> np.ndarray:
        """bool ``[responding, stimulated]``: another neuron was stimulated and the response has a q value."""
        return np.isfinite(self.q) & ~np.eye(len(self.names), dtype=bool)

    def significant(self, alpha: float = 0.05) -> np.ndarray:
        """bool ``[responding, stimulated]``: measured with q < ``alpha``."""
        if not 0 < alpha <= 1:
            raise InputError("alpha cannot be used", got=alpha, expected="0 < alpha ≤ 1")
        return self.measured & (np.nan_to_num(self.q, nan=1.0) < alpha)

    def align(self, names: Sequence[str]) -> Perturbations:
        """Over all of ``names``, in that order; pairs with a neuron that was not there are not measured.

        ``InputError`` where a neuron with measurements is not among ``names``.
        """
        place = {name: position for position, name in enumerate(names)}
        used = (self.measured.any(axis=0) | self.measured.any(axis=1)) & np.array(
            [n not in place for n in self.names], bool
        )
        if used.any():
            lost = [name for name, gone in zip(self.names, used, strict=True) if gone]
            raise InputError(
                "neurons with measurements are missing from the names to align to", got=", ".join(lost[:10])
            )
        kept = [i for i, name in enumerate(self.names) if name in place]
        target = np.array([place[self.names[i]] for i in kept], dtype=int)
        shape = (len(names), len(names))
        amplitude, q, repeats = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, int)
        for new, old in ((amplitude, self.amplitude), (q, self.q), (repeats, self.repeats)):
            new[np.ix_(target, target)] = old[np.ix_(kept, kept)]
        return Perturbations(tuple(names), amplitude, q, repeats)

    def equals(self, other: object) -> bool:
        """Whether the other has the same content (NaN equals NaN)."""
        if not isinstance(other, Perturbations) or self.names != other.names:
            return False
        same = (
            np.array_equal(getattr(self, n), getattr(other, n), equal_nan=True) for n in ("amplitude", "q")
        )
        return all(same) and np.array_equal(self.repeats, other.repeats)

    def to_frame(self) -> pd.DataFrame:
        """One row per measured pair: stimulated, responding, amplitude, q, repeats."""
        responding, stimulated = np.nonzero(self.measured)
        names = np.array(self.names, dtype=object)
        columns = {"stimulated": names[stimulated], "responding": names[responding]}
        values = {name: getattr(self, name)[responding, stimulated] for name in ("amplitude", "q", "repeats")}
        return pd.DataFrame({**columns, **values})

    def plot(self, ax: Axes | None = None) -> Axes:
        """Response map of the neurons that were stimulated or seen: colour is ΔF/F, grey was not measured."""
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(6.5, 6), layout="constrained")
        rows, columns = self.measured.any(axis=1), self.measured.any(axis=0)
        shown = np.where(self.measured, self.amplitude, np.nan)[np.ix_(rows, columns)]
        finite = np.abs(shown[np.isfinite(shown)])
        # a few amplitudes are far outside the rest, so the colours span the central 98 %
        limit = float(np.quantile(finite, 0.98)) if finite.size else 1.0
        colours = plt.get_cmap("PuOr_r").with_extremes(bad="#d9d9d9")
        image = ax.imshow(
            shown, cmap=colours, vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
        )
        ax.figure.colorbar(image, ax=ax, label="response ΔF/F (grey: not measured)", shrink=0.8)
        ax.set(
            xlabel=f"stimulated neuron ({int(columns.sum())})",
            ylabel=f"responding neuron ({int(rows.sum())})",
        )
        return ax

    def __repr__(self) -> str:
        pairs, significant = int(self.measured.sum()), int(self.significant().sum())
        return (
            f"Perturbations({len(self.names)} neurons, {pairs} pairs measured, {significant} with q < 0.05)"
        )
