"""Which distribution do synapse counts follow? Maximum-likelihood fits of four families, compared by AIC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from neurotwin._base.errors import InputError
from neurotwin._base.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

KS_CAVEAT = (
    "the Kolmogorov-Smirnov p assumes parameters known beforehand and a continuous variable; here they were "
    "fitted to the same data (so p is too large) and synapse counts are whole numbers with many ties (so it "
    "is too small): read the statistic as a distance, and choose by AIC"
)


@dataclass(frozen=True)
class Family:
    """A family of distributions: its maximum-likelihood estimate, and its frozen scipy distribution.

    Attributes
    ----------
    parameters
        Names, in the order that ``frozen`` takes them.
    positive_values
        Whether it is defined for positive values only.
    spread
        Whether the estimate exists only where the values differ.
    estimate
        Values, float64 [n] -> parameters.
    frozen
        Parameters -> scipy distribution.
    valid
        Parameters that must be > 0.
    """

    parameters: tuple[str, ...]
    positive_values: bool
    spread: bool
    estimate: Callable[[np.ndarray], tuple[float, ...]]
    frozen: Callable[..., Any]
    valid: tuple[str, ...]


FAMILIES: Registry[Family] = Registry("distribution")

FAMILIES.register("gaussian")(
    Family(
        parameters=("mean", "sd"),
        positive_values=False,
        spread=True,
        estimate=lambda x: (x.mean(), x.std()),
        frozen=lambda mean, sd: stats.norm(mean, sd),
        valid=("sd",),
    )
)
FAMILIES.register("lognormal")(
    Family(
        parameters=("mu", "sigma"),  # of the logarithm
        positive_values=True,
        spread=True,
        estimate=lambda x: (np.log(x).mean(), np.log(x).std()),
        frozen=lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
        valid=("sigma",),
    )
)


def _estimate_gamma(x: np.ndarray) -> tuple[float, float]:
    shape, _, scale = stats.gamma.fit(x, floc=0)
    return shape, scale


FAMILIES.register("gamma")(
    Family(
        parameters=("shape", "scale"),
        positive_values=True,
        spread=True,
        estimate=_estimate_gamma,
        frozen=lambda shape, scale: stats.gamma(shape, scale=scale),
        valid=("shape", "scale"),
    )
)
FAMILIES.register("exponential")(
    Family(
        parameters=("scale",),
        positive_values=True,
        spread=False,
        estimate=lambda x: (x.mean(),),
        frozen=lambda scale: stats.expon(scale=scale),
        valid=("scale",),
    )
)


@dataclass(frozen=True)
class Fit:
    """A family fitted to values by maximum likelihood.

    Attributes
    ----------
    name
        Of the family in ``FAMILIES``.
    parameters
        gaussian: mean, sd; lognormal: mu, sigma (of the logarithm); gamma: shape, scale; exponential: scale.
    log_likelihood
        Natural logarithm, summed over the values.
    aic
        2 · number of parameters - 2 · log-likelihood (Akaike 1974): lower is better.
    ks, ks_p
        Kolmogorov-Smirnov distance to the fitted distribution and its p; see ``caveat``.
    n
        Number of values.
    """

    name: str
    parameters: dict[str, float]
    log_likelihood: float
    aic: float
    ks: float
    ks_p: float
    n: int

    @property
    def caveat(self) -> str:
        """Why ``ks_p`` is not a test of the family."""
        return KS_CAVEAT

    def distribution(self) -> Any:
        """The fitted distribution as a frozen ``scipy.stats`` distribution."""
        return FAMILIES[self.name].frozen(**self.parameters)

    def describe(self) -> str:
        """The fit in one line."""
        values = ", ".join(f"{name} {value:.4g}" for name, value in self.parameters.items())
        return f"{self.name} ({values}); AIC {self.aic:.1f}, KS {self.ks:.3f}, n = {self.n}"


class Fits(list[Fit]):
    """Fits of several families to the same values, the lowest AIC first."""

    @property
    def best(self) -> Fit:
        """The fit with the lowest AIC."""
        return self[0]

    def to_frame(self) -> pd.DataFrame:
        """One row per family, the lowest AIC first; the caveat on ``ks_p`` is in ``.attrs``."""
        import pandas as pd

        rows = [
            {
                "name": fit.name,
                "parameters": ", ".join(f"{name} = {value:.4g}" for name, value in fit.parameters.items()),
                "log_likelihood": fit.log_likelihood,
                "aic": fit.aic,
                "delta_aic": fit.aic - self.best.aic,
                "ks": fit.ks,
                "ks_p": fit.ks_p,
                "n": fit.n,
            }
            for fit in self
        ]
        frame = pd.DataFrame(rows)
        frame.attrs["ks_p"] = KS_CAVEAT
        return frame


def fit(name: str, weights: ArrayLike) -> Fit:
    """Fit one family to synapse counts by maximum likelihood.

    Parameters
    ----------
    name
        "gaussian", "lognormal", "gamma" or "exponential".
    weights
        Counts or magnitudes, [synapse], no unit.

    Raises
    ------
    UnknownName
        If the family is unknown.
    InputError
        If there are no values, one is not finite, one is not positive (all but the Gaussian), or all are
        equal (all but the exponential: the spread would be 0 and the likelihood unbounded).
    """
    family = FAMILIES[name]
    values = np.asarray(weights, dtype=np.float64).ravel()
    if not len(values):
        raise InputError(
            f"no values to fit a {name} distribution to", got="an empty array", expected="at least 2 values"
        )
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))
        raise InputError(
            "a value is not finite",
            got=f"{values[bad[0]]} at position {bad[0]}, {len(bad)} in all",
            expected="finite values",
        )
    if family.positive_values and values.min() <= 0:
        bad = np.flatnonzero(values <= 0)
        raise InputError(
            f"a {name} distribution is defined for positive values only",
            got=f"{values[bad[0]]} at position {bad[0]}, {len(bad)} in all",
            expected="values > 0",
            fix="leave out absent synapses, and pass magnitudes without sign",
        )
    if family.spread and np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise InputError(
            f"a {name} distribution cannot be fitted to equal values",
            got=f"{len(values)} times {values[0]:g}",
            expected="at least two different values",
            fix="use method 'counts', or give the parameters",
        )
    estimates = (float(value) for value in family.estimate(values))
    parameters = dict(zip(family.parameters, estimates, strict=True))
    distribution = family.frozen(**parameters)
    log_likelihood = float(distribution.logpdf(values).sum())
    test: Any = stats.kstest(values, distribution.cdf)
    return Fit(
        name=name,
        parameters=parameters,
        log_likelihood=log_likelihood,
        aic=2 * len(parameters) - 2 * log_likelihood,
        ks=float(test.statistic),
        ks_p=float(test.pvalue),
        n=len(values),
    )


def fit_all(weights: ArrayLike, names: Iterable[str] | None = None) -> Fits:
    """Fit every family (or those named) to synapse counts; the lowest AIC first.

    Parameters and errors as for :func:`fit`; values that one family refuses are refused.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fit_all(rng.gamma(2.0, 3.0, size=1000)).best.name
    'gamma'
    """
    return Fits(sorted((fit(name, weights) for name in names or FAMILIES.names()), key=lambda one: one.aic))
