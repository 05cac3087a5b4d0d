"""A loop over time as one function of one thread, for steps of a few microseconds.

XLA for CPUs runs the body of a loop as one kernel after another, and shares each among its threads. Where a step is a few
microseconds of arithmetic, calling and sharing cost more than the arithmetic. The smallest loops it compiles whole, of itself, and
so it does any call that bears the mark it uses for them (jaxlib 0.10). Other devices and versions of XLA ignore the mark: results
do not hang on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend.core import ClosedJaxpr, Jaxpr

from neurotwin.network.device import on_cpu

NUMBERS = 2**20
"""Up to so many numbers a step, calling and sharing cost more than any number of threads saves: on two cores (AMD EPYC, Zen 3) one
function was 2.7 times as fast as kernels for 1,000 Hodgkin-Huxley cells (700,000 numbers), and as fast for 16,000."""

TAKEN = frozenset(
    """
    abs add add_any and broadcast_in_dim ceil clamp convert_element_type copy cos cosh div eq erf exp exp2 expm1 floor ge gt
    integer_pow is_finite le log log1p logistic lt max min mul ne neg not or pow rem reshape round rsqrt select_n sign sin sinh
    sqrt square squeeze stop_gradient sub tan tanh xor
    """.split()  # noqa: SIM905
)
"""Arithmetic of one number each: what XLA compiles into one function. It does not take everything that there is."""


def fits(step: Callable[..., Any], *arguments: Any) -> bool:
    """Whether ``step(*arguments)`` is arithmetic of single numbers, little of it, on a CPU."""
    if not on_cpu():
        return False
    numbers = 0
    for equation in _equations(jax.make_jaxpr(step)(*arguments).jaxpr):
        if equation.primitive.name not in TAKEN:
            return False
        numbers += sum(math.prod(out.aval.shape) for out in equation.outvars)
    return numbers <= NUMBERS


def _equations(jaxpr: Jaxpr) -> Iterator[Any]:
    """Those of inner functions too, in place of their calls."""
    for equation in jaxpr.eqns:
        inner = [x for x in jax.tree.leaves(equation.params, is_leaf=_is_jaxpr) if _is_jaxpr(x)]
        if inner:
            for each in inner:
                yield from _equations(each.jaxpr if isinstance(each, ClosedJaxpr) else each)
        else:
            yield equation


def _is_jaxpr(x: Any) -> bool:
    return isinstance(x, (Jaxpr, ClosedJaxpr))


def as_one_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, marked. Its arguments and results are pytrees."""

    def marked(*arguments: Any) -> Any:
        results = eqx.filter_jit(function)(*arguments)
        return jax.tree.map(
            lambda x: (
                set_xla_metadata(x, inlineable="false", xla_cpu_small_call="true") if eqx.is_array(x) else x
            ),
            results,
        )

    return marked
