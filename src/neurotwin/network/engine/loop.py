"""A loop over time with a bounded memory and a cheap gradient; what every simulation of the package runs in.

Three things are done to the plain ``lax.scan``, and :func:`plain_loop`, which does none of them, is their oracle:

- *Hoisting.* A weight matrix's gradient is not accumulated in every step. A zero is added to each product; the gradient to these
  zeros, together with what the weights were multiplied with, gives the weights' gradient in one product over the steps.
- *Chunks.* Only the state at the beginning of each chunk of steps is kept; the backward pass computes a chunk anew before it
  goes through it (Griewank & Walther 2000, ACM TOMS 26:19, one level). Chunks are as long as fits a budget but not shorter
  than √T, so that a short run computes nothing twice and the memory of a long one grows with √T.
- *One program.* Forward and backward are one loop each, whatever the number of steps; where a step is little arithmetic, each is
  one function too (:mod:`neurotwin.network.engine.one_function`).

First derivatives in reverse mode only: the loop has a gradient of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp

from neurotwin.network.device import on_cpu
from neurotwin.network.engine.one_function import as_one_function

KEPT_BYTES = 2**28
"""What the automatic chunk keeps of the steps at once."""
CHEAP_BYTES = 2**22
"""The same where products cost less than what a step keeps: computing it twice then costs less than memory beyond the caches."""
BYTES_FOR_A_WEIGHT = 8
"""Using a weight takes about as long as keeping so many bytes, and one more for each run side by side."""
STEPS_ON_A_GPU = 8
"""Steps that a GPU is sent together: starting a step's few kernels takes it longer than their arithmetic."""

Carry = Any
Ring = tuple[jax.Array, jax.Array]


class Operator(Protocol):
    """Weights, as the loop sees them: an Equinox module that multiplies what neurons send, float [..., pre] → [..., post]."""

    def apply(self, sent: jax.Array) -> jax.Array:
        """Product with what is sent, any leading axes."""
        ...

    def apply_delayed(self, ring: jax.Array, newest: jax.Array) -> jax.Array:
        """Product with what was sent, each synapse's delay ago; ``ring`` is [D, ..., pre], its slot ``newest`` is now."""
        ...

    def apply_sequence(self, sent: jax.Array, before: jax.Array | None) -> jax.Array:
        """Products of all steps at once: ``sent`` [T, ..., pre], after ``before`` [D - 1, ..., pre] (None without delays)."""
        ...


Product = Callable[..., jax.Array]
"""``product(name, sent)`` or ``product(name, sent, (ring, newest))``: what arrives through the weights of that name."""

Step = Callable[[Any, Product, Carry, Any], tuple[Carry, Any]]
"""``step(parameters, product, carry, inputs) -> (carry, outputs)``: all arrays reach it through its arguments."""

Past = Callable[[Carry, str], "jax.Array | None"]
"""What was sent before this state through the weights of that name, oldest first, [D - 1, ..., pre]; None without delays."""


def no_past(carry: Carry, name: str) -> None:
    """For loops without delays."""


def plain_loop(
    step: Step, parameters: Any, operators: Mapping[str, Operator], carry: Carry, inputs: Any
) -> tuple[Carry, Any]:
    """The loop without any of it: slower, simpler."""
    product = _product(operators)
    return _scan_steps(lambda state, now: step(parameters, product, state, now), carry, inputs)


def _scan_steps(step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, inputs: Any) -> tuple[Any, Any]:
    return jax.lax.scan(step, carry, inputs, unroll=1 if on_cpu() else STEPS_ON_A_GPU)


def run_loop(
    step: Step,
    parameters: Any,
    operators: Mapping[str, Operator],
    carry: Carry,
    inputs: Any,
    *,
    chunk: int | None = None,
    past: Past = no_past,
    one_function: bool = False,
) -> tuple[Carry, Any]:
    """Run ``step`` over the leading axis of ``inputs``.

    Parameters
    ----------
    step
        One step of the dynamics. It closes over no arrays.
    parameters
        Pytree that ``step`` gets in every step.
    operators
        Weights by name; ``step`` reaches them through its ``product`` alone.
    carry, inputs
        State at the beginning; pytree of arrays [T, ...].
    chunk
        Steps that are kept in memory at once in the backward pass; see :func:`automatic_chunk` for None. ``chunk = T`` keeps
        everything and computes nothing twice.
    past
        For operators with delays.
    one_function
        For steps that :func:`~neurotwin.network.engine.one_function.fits`.

    Returns
    -------
    carry, outputs
        State after the last step; the steps' outputs [T, ...].
    """
    length = _length(inputs)
    if length == 0:
        return plain_loop(step, parameters, operators, carry, inputs)
    size = min(length, chunk or automatic_chunk(length, carry, operators))
    moving, fixed = eqx.partition((parameters, dict(operators), carry, inputs), eqx.is_inexact_array)
    (*moving_shared, moving_carry, moving_inputs), (*fixed_shared, fixed_carry, fixed_inputs) = moving, fixed
    return _loop(
        _Static(step, past, size, one_function),
        tuple(moving_shared),
        moving_carry,
        moving_inputs,
        (tuple(fixed_shared), fixed_carry, fixed_inputs),
    )


def automatic_chunk(length: int, carry: Carry, operators: Any = None) -> int:
    """Steps in a chunk of a run of ``length`` steps: all if they fit ``KEPT_BYTES``, else as many as fit, but about √T at least.

    A step is taken to keep eight times its state. A divisor of ``length`` is preferred, which spares the program a shorter last
    chunk.
    """
    step = 8 * sum(leaf.size * leaf.dtype.itemsize for leaf in _arrays(carry))
    runs = max((leaf.size // leaf.shape[-1] for leaf in _arrays(carry) if leaf.ndim), default=1)
    products = (BYTES_FOR_A_WEIGHT + runs) * sum(leaf.size for leaf in _arrays(operators))
    # A GPU has no caches that long chunks would fall out of.
    kept = KEPT_BYTES if products > step or not on_cpu() else CHEAP_BYTES
    wanted = max(math.sqrt(length), kept / max(step, 1))
    if wanted >= length:
        return length
    near = [n for n in range(math.ceil(wanted / 1.5), int(wanted * 1.5) + 1) if length % n == 0]
    return min(near, key=lambda n: abs(n - wanted)) if near else math.ceil(wanted)


def _arrays(tree: Any) -> list[jax.Array]:
    return [leaf for leaf in jax.tree.leaves(tree) if eqx.is_inexact_array(leaf)]


class _Static(eqx.Module):
    """What the compiled loop depends on besides arrays."""

    step: Step = eqx.field(static=True)
    past: Past = eqx.field(static=True)
    chunk: int = eqx.field(static=True)
    one_function: bool = eqx.field(static=True)

    def __hash__(self) -> int:
        return hash((self.step, self.past, self.chunk, self.one_function))


def _in_one_function(loop: Callable[..., Any]) -> Callable[..., Any]:
    """The loop, as one function where that is asked for."""

    @wraps(loop)
    def run(static: _Static, *arguments: Any) -> Any:
        chosen = as_one_function(loop) if static.one_function else loop
        return chosen(static, *arguments)

    return run


def _product(operators: Mapping[str, Operator]) -> Product:
    def product(name: str, sent: jax.Array, ring: Ring | None = None) -> jax.Array:
        return operators[name].apply(sent) if ring is None else operators[name].apply_delayed(*ring)

    return product


def _split(tree: Any, chunk: int, length: int) -> tuple[Any, Any | None]:
    """Whole chunks [n, chunk, ...], and what is left at the end (None if nothing)."""
    whole = length // chunk
    first = jax.tree.map(lambda x: x[: whole * chunk].reshape(whole, chunk, *x.shape[1:]), tree)
    rest = jax.tree.map(lambda x: x[whole * chunk :], tree) if length % chunk else None
    return first, rest


def _length(tree: Any) -> int:
    return jax.tree.leaves(tree)[0].shape[0]


def _join(first: Any, rest: Any | None) -> Any:
    merged = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), first)
    return merged if rest is None else jax.tree.map(lambda a, b: jnp.concatenate([a, b]), merged, rest)


def _run(static: _Static, shared: Any, carry: Carry, inputs: Any) -> tuple[Carry, Any]:
    parameters, operators = shared
    return plain_loop(static.step, parameters, operators, carry, inputs)


@_in_one_function
def _primal(static: _Static, shared: Any, carry: Any, inputs: Any, fixed: Any) -> tuple[Carry, Any]:
    fixed_shared, fixed_carry, fixed_inputs = fixed
    return _run(
        static,
        eqx.combine(shared, fixed_shared),
        eqx.combine(carry, fixed_carry),
        eqx.combine(inputs, fixed_inputs),
    )


@_in_one_function
def _forward(static: _Static, shared: Any, carry: Any, inputs: Any, fixed: Any) -> tuple[Any, Any]:
    fixed_shared, fixed_carry, fixed_inputs = fixed
    everything = eqx.combine(shared, fixed_shared)
    start, xs = eqx.combine(carry, fixed_carry), eqx.combine(inputs, fixed_inputs)
    if static.chunk == _length(xs):
        end, outputs, pull = _chunk_with_pullback(static, everything, start, xs)
        return (end, outputs), (pull, None)
    first, rest = _split(xs, static.chunk, _length(xs))

    def chunk(state: Carry, now: Any) -> tuple[Carry, Any]:
        after, out = _run(static, everything, state, now)
        return after, (state, out)

    middle, (starts, outputs) = jax.lax.scan(chunk, start, first)
    end, last = (middle, None) if rest is None else _run(static, everything, middle, rest)
    return (end, _join(outputs, last)), (None, (everything, starts, middle, first, rest))


@_in_one_function
def _backward(static: _Static, saved: Any, cotangents: Any) -> tuple[Any, Any, Any, None]:
    to_end, to_outputs = cotangents
    whole, chunks = saved
    if whole is not None:
        return (*whole(_moving(to_end), _moving(to_outputs)), None)
    everything, starts, middle, first, rest = chunks
    length = static.chunk * _length(first) + (0 if rest is None else _length(rest))
    to_first, to_rest = _split(_moving(to_outputs), static.chunk, length)
    to_carry, to_shared, to_last = _moving(to_end), jax.tree.map(jnp.zeros_like, _moving(everything)), None
    if rest is not None:
        pull = _chunk_with_pullback(static, everything, middle, rest)[2]
        to_shared, to_carry, to_last = pull(to_carry, to_rest)

    def chunk(state: Any, now: Any) -> Any:
        to_after, total = state
        before, xs, to_out = now
        pull = _chunk_with_pullback(static, everything, before, xs)[2]
        more, to_before, to_xs = pull(to_after, to_out)
        return (to_before, jax.tree.map(jnp.add, total, more)), to_xs

    (to_carry, to_shared), to_inputs = jax.lax.scan(
        chunk, (to_carry, to_shared), (starts, first, to_first), reverse=True
    )
    return to_shared, to_carry, _join(to_inputs, to_last), None


def _moving(tree: Any) -> Any:
    """The part that has a gradient."""
    keep = lambda x: eqx.is_inexact_array(x)  # noqa: E731
    return eqx.filter(tree, keep)


class _Pull(eqx.Module):
    """Pulls the gradient back through one chunk: from its end and outputs to what was shared, its beginning and inputs."""

    chunk: Any
    sequences: Any
    operators: Any
    before: dict[str, jax.Array | None]

    def __call__(self, to_end: Any, to_outputs: Any) -> tuple[Any, Any, Any]:
        to_parameters, to_carry, to_inputs, to_hooks = self.chunk((to_end, to_outputs))
        moving, fixed = eqx.partition(self.operators, eqx.is_inexact_array)
        to_operators = {}
        for name, operator in moving.items():

            def products(operator: Any, name: str = name) -> jax.Array:
                whole = eqx.combine(operator, fixed[name])
                return whole.apply_sequence(self.sequences[name], self.before[name])

            if name in to_hooks:
                (to_operators[name],) = jax.vjp(products, operator)[1](to_hooks[name])
            else:
                to_operators[name] = jax.tree.map(jnp.zeros_like, operator)
        return (to_parameters, to_operators), to_carry, to_inputs


def _chunk_with_pullback(static: _Static, shared: Any, carry: Carry, inputs: Any) -> tuple[Carry, Any, _Pull]:
    parameters, operators = shared
    plain = _product(operators)
    moving, fixed = eqx.partition((parameters, carry, inputs), eqx.is_inexact_array)
    shapes: dict[str, jax.ShapeDtypeStruct] = {}

    def look(parameters: Any, carry: Any, now: Any) -> Any:
        def product(name: str, sent: jax.Array, ring: Ring | None = None) -> jax.Array:
            arrived = plain(name, sent, ring)
            shapes[name] = jax.ShapeDtypeStruct(arrived.shape, arrived.dtype)
            return arrived

        return static.step(parameters, product, carry, now)

    eqx.filter_eval_shape(look, parameters, carry, jax.tree.map(lambda x: x[0], inputs))
    length = _length(inputs)
    hooks = {name: jnp.zeros((length, *shape.shape), shape.dtype) for name, shape in shapes.items()}

    def run(moving_parameters: Any, moving_carry: Any, moving_inputs: Any, hooks: Any) -> Any:
        parameters, carry, inputs = eqx.combine((moving_parameters, moving_carry, moving_inputs), fixed)

        def step(state: Carry, now: Any) -> tuple[Carry, Any]:
            xs, hook = now
            used = {}

            def product(name: str, sent: jax.Array, ring: Ring | None = None) -> jax.Array:
                used[name] = sent
                return plain(name, sent, ring) + hook[name]

            if shapes:
                after, out = static.step(parameters, product, state, xs)
            else:  # a step without products is computed again sooner than what it keeps is read from memory
                after, out = jax.checkpoint(lambda p, s, x: static.step(p, product, s, x))(
                    parameters, state, xs
                )
            return after, (out, used)

        end, (outputs, used) = _scan_steps(step, carry, (inputs, hooks))
        end_moving, end_fixed = eqx.partition(end, eqx.is_inexact_array)
        out_moving, out_fixed = eqx.partition(outputs, eqx.is_inexact_array)
        return (end_moving, out_moving), (end_fixed, out_fixed, used)

    (end, outputs), pull, (end_fixed, out_fixed, used) = jax.vjp(run, *moving, hooks, has_aux=True)
    before = {name: static.past(carry, name) for name in shapes}
    whole = _Pull(pull, used, operators, before)
    return eqx.combine(end, end_fixed), eqx.combine(outputs, out_fixed), whole


_loop = partial(jax.custom_vjp, nondiff_argnums=(0,))(_primal)
_loop.defvjp(_forward, _backward)
