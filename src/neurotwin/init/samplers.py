"""Magnitudes of synaptic weights before signs and scale: one function per method, in one registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin._base.registry import Registry
from neurotwin.init.distributions import FAMILIES, Fit, fit, fit_all


@dataclass(frozen=True)
class Synapses:
    """What a method sees of one kind of synapse; gap junctions appear once per pair.

    Attributes
    ----------
    counts
        Contact counts, float64 [synapse], > 0.
    pre, post
        Indices of neurons, [synapse].
    n_neurons
        Number of neurons.
    parameters
        Of the distribution, where the caller gives them instead of having them fitted.
    """

    counts: np.ndarray
    pre: np.ndarray
    post: np.ndarray
    n_neurons: int
    parameters: Mapping[str, float] | None = None

    def fan_in(self) -> np.ndarray:
        """Number of synapses of this kind onto the postsynaptic neuron, [synapse]."""
        return np.bincount(self.post, minlength=self.n_neurons)[self.post]

    def fan_out(self) -> np.ndarray:
        """Number of synapses of this kind from the presynaptic neuron, [synapse]."""
        return np.bincount(self.pre, minlength=self.n_neurons)[self.pre]


@dataclass(frozen=True)
class Draw:
    """Magnitudes of weights: ``unit`` [synapse] >= 0, exchangeable between synapses, times ``scale``."""

    unit: np.ndarray
    scale: np.ndarray | float
    fit: Fit | None
    reason: str
    random: bool = True


Sampler = Callable[[Synapses, np.random.Generator], Draw]
INITIALISERS: Registry[Sampler] = Registry("initialiser")

FITTED = (*FAMILIES.names(), "best")
"""Methods that fit a distribution to the counts, unless its parameters are given."""


@INITIALISERS.register("counts")
def counts(synapses: Synapses, rng: np.random.Generator) -> Draw:
    """Magnitude proportional to the contact count: nothing is drawn."""
    _parameters(synapses, "counts", {})
    return Draw(
        synapses.counts.copy(), 1.0, None, "magnitude proportional to the number of contacts", random=False
    )


def _from_family(name: str, synapses: Synapses, rng: np.random.Generator) -> Draw:
    """Draw from a family with the given parameters, or with those fitted to the counts."""
    family = FAMILIES[name]
    found = None
    if synapses.parameters is None:
        found = fit(name, synapses.counts)
        values = found.parameters
        origin = f"fitted to {found.n} synapse counts by maximum likelihood"
    else:
        values = dict(synapses.parameters)
        if set(values) != set(family.parameters):
            raise InputError(
                f"wrong parameters for a {name} distribution",
                got=", ".join(values) or "none",
                expected=", ".join(family.parameters),
            )
        wrong = [
            key
            for key, value in values.items()
            if not np.isfinite(value) or (key in family.valid and value <= 0)
        ]
        if wrong:
            raise InputError(
                f"a parameter of a {name} distribution is out of range",
                got=f"{wrong[0]} = {values[wrong[0]]}",
                expected=f"finite, and > 0 for {', '.join(family.valid)}",
            )
        origin = "given by the caller"
    drawn = np.asarray(family.frozen(**values).rvs(size=len(synapses.counts), random_state=rng))
    told = ", ".join(f"{key} {value:.4g}" for key, value in values.items())
    reason = f"magnitudes drawn from a {name} distribution ({told}), {origin}"
    negative = float((drawn < 0).mean()) if len(drawn) else 0.0
    if name == "gaussian":
        # A Gaussian knows no lower bound, but the sign of a synapse is the biology's to say.
        reason += (
            f"; folded at 0 because the sign is biology's ({negative:.1%} of the draws were negative, "
            "|x| is used)"
        )
    return Draw(np.abs(drawn), 1.0, found, reason)


def _register_family(name: str) -> None:
    def sampler(synapses: Synapses, rng: np.random.Generator) -> Draw:
        return _from_family(name, synapses, rng)

    sampler.__name__ = name
    sampler.__doc__ = (
        f"Magnitudes from a {name} distribution, fitted to the counts unless its parameters are given."
    )
    INITIALISERS.register(name)(sampler)


for _name in FAMILIES.names():
    _register_family(_name)


@INITIALISERS.register("best")
def best(synapses: Synapses, rng: np.random.Generator) -> Draw:
    """Magnitudes from the family with the lowest AIC."""
    _parameters(synapses, "best", {})
    fits = fit_all(synapses.counts)
    draw = _from_family(fits.best.name, synapses, rng)
    others = ", ".join(f"{one.name} +{one.aic - fits.best.aic:.0f}" for one in fits[1:])
    return Draw(draw.unit, 1.0, fits.best, f"lowest AIC of {len(fits)} families ({others}); {draw.reason}")


@INITIALISERS.register("uniform")
def uniform(synapses: Synapses, rng: np.random.Generator) -> Draw:
    """Magnitudes uniform between ``low`` and ``high`` (0 and 1 unless given)."""
    values = _parameters(synapses, "uniform", {"low": 0.0, "high": 1.0})
    low, high = values["low"], values["high"]
    if not 0 <= low < high:
        raise InputError(
            "the range of a uniform distribution is empty or negative",
            got=f"{low} to {high}",
            expected="0 <= low < high",
        )
    drawn = rng.uniform(low, high, len(synapses.counts))
    return Draw(
        drawn,
        1.0,
        None,
        f"magnitudes uniform between {low:g} and {high:g}, whatever the biology's distribution",
    )


@INITIALISERS.register("glorot")
def glorot(synapses: Synapses, rng: np.random.Generator) -> Draw:
    """Variance 2 / (fan-in + fan-out), counted in synapses, not neurons (Glorot & Bengio 2010, eq. 16)."""
    _parameters(synapses, "glorot", {})
    scale = np.sqrt(2.0 / (synapses.fan_in() + synapses.fan_out()))
    drawn = np.abs(rng.standard_normal(len(synapses.counts)))
    reason = (
        "normal with variance 2 / (fan-in + fan-out) per synapse (Glorot & Bengio 2010); folded at 0 "
        "because the sign is biology's"
    )
    return Draw(drawn, scale, None, reason)


@INITIALISERS.register("he")
def he(synapses: Synapses, rng: np.random.Generator) -> Draw:
    """Variance 2 / fan-in, counted in synapses, not neurons (He et al. 2015, eq. 10)."""
    _parameters(synapses, "he", {})
    drawn = np.abs(rng.standard_normal(len(synapses.counts)))
    reason = (
        "normal with variance 2 / fan-in per synapse (He et al. 2015); folded at 0 because the sign is "
        "biology's"
    )
    return Draw(drawn, np.sqrt(2.0 / synapses.fan_in()), None, reason)


def _parameters(synapses: Synapses, method: str, defaults: dict[str, float]) -> dict[str, float]:
    """Given parameters over defaults; names that the method does not know are refused."""
    given = dict(synapses.parameters or {})
    for name, value in given.items():
        if name not in defaults:
            if not defaults:
                raise InputError(
                    f"method {method!r} takes no parameters", got=name, fix="leave parameters out"
                )
            raise unknown_name(f"parameter of {method!r}", name, list(defaults))
        if not np.isfinite(value):
            raise InputError(f"parameter {name!r} is not finite", got=value)
    return {**defaults, **given}
