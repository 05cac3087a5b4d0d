"""From a traced JAX function to C++: a jaxpr of scalars becomes a graph, the graph becomes code.

What depends on parameters and the step alone is computed once, before the loop, in double precision (the "hoisted" values);
only what depends on states is left in the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from neurotwin._base.errors import NeurotwinError
from neurotwin.network.events.graph import CONSTANT, VARYING, Graph, Node


class Untranslatable(NeurotwinError):
    """A model uses an operation that has no C++ here; it runs in JAX alone."""


# Operations whose name and meaning are the same in the graph.
SAME = {
    "add", "sub", "mul", "neg", "abs", "max", "min", "lt", "le", "gt", "ge", "eq", "ne", "exp", "exp2", "expm1", "log", "log1p",
    "tanh", "logistic", "sqrt", "rsqrt", "cbrt", "sin", "cos", "tan", "atan", "atan2", "asin", "acos", "sinh", "cosh", "erf",
    "erfc", "floor", "ceil", "pow", "sign", "is_finite",
}  # fmt: skip
LOGICAL = {"and", "or", "not", "xor"}
IDENTITY = {
    "copy",
    "copy_p",
    "stop_gradient",
    "broadcast_in_dim",
    "reshape",
    "squeeze",
    "expand_dims",
    "optimization_barrier",
}
CALLS = {
    "pjit",
    "jit",
    "custom_jvp_call",
    "custom_vjp_call",
    "custom_vjp_call_jaxpr",
    "closed_call",
    "core_call",
    "checkpoint",
    "remat",
}


def read_jaxpr(graph: Graph, closed: ClosedJaxpr, inputs: Sequence[int]) -> list[int]:
    """Enter the equations of a jaxpr of scalars into a graph.

    Parameters
    ----------
    graph
        Where the nodes go.
    closed
        What ``jax.make_jaxpr`` returned.
    inputs
        One node for each input of the jaxpr.

    Returns
    -------
    One node for each output.

    Raises
    ------
    Untranslatable
        If an operation is not one on scalars, or is not known.
    """
    return _read(graph, closed.jaxpr, [_number(graph, c) for c in closed.consts], inputs)


def _read(graph: Graph, jaxpr: Jaxpr, consts: Sequence[int], inputs: Sequence[int]) -> list[int]:
    known: dict[Any, int] = dict(zip(jaxpr.constvars, consts, strict=True))
    known.update(zip(jaxpr.invars, inputs, strict=True))

    def node(atom: Any) -> int:
        return _number(graph, atom.val) if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        outputs = _equation(graph, equation, [node(a) for a in equation.invars])
        known.update(zip(equation.outvars, outputs, strict=True))
    return [node(a) for a in jaxpr.outvars]


def _number(graph: Graph, value: Any) -> int:
    array = np.asarray(value)
    if array.size != 1:
        raise Untranslatable("only numbers, not arrays, can be translated", got=f"shape {array.shape}")
    return graph.constant(bool(array.item()) if array.dtype == bool else float(array.item()))


def _equation(graph: Graph, equation: Any, args: list[int]) -> list[int]:
    name, params = equation.primitive.name, equation.params
    kind = equation.outvars[0].aval.dtype.kind if equation.outvars else ""
    if name in CALLS:
        inner = params.get("jaxpr") or params.get("call_jaxpr") or params.get("fun_jaxpr")
        if isinstance(inner, ClosedJaxpr):
            return read_jaxpr(graph, inner, args)
        return _read(graph, inner, [], args)  # pyright: ignore[reportArgumentType]
    if any(v.aval.size != 1 for v in equation.outvars):
        raise Untranslatable("only numbers, not arrays, can be translated", got=str(equation))
    if name in IDENTITY:
        return [graph.apply("copy", args[0])]
    if name in LOGICAL and kind != "b":
        raise Untranslatable("bitwise operations on integers are not translated", got=str(equation))
    if name in SAME or name in LOGICAL:
        return [graph.apply(name, *args)]
    rule = _RULES.get(name)
    if rule is None:
        raise Untranslatable(f"no C++ for the operation {name!r}", got=str(equation))
    return [rule(graph, args, params, kind)]


def _divide(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    if kind != "f":
        raise Untranslatable("division of integers is not translated")
    return graph.apply("div", *args)


def _select(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    if len(args) != 3:
        raise Untranslatable("a selection has two cases")
    return graph.apply("select", graph.apply("as_boolean", args[0]), args[2], args[1])


def _convert(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    if kind == "b":
        return graph.apply("as_boolean", args[0])
    return graph.apply("trunc" if kind in "iu" and not graph.nodes[args[0]].boolean else "as_real", args[0])


def _round(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    if int(params["rounding_method"]) != 1:
        raise Untranslatable("only rounding half to even is translated")
    return graph.apply("round", *args)


def _power(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    return graph.apply("integer_pow", *args, value=int(params["y"]))


def _square(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    return graph.apply("integer_pow", *args, value=2)


def _clamp(graph: Graph, args: list[int], params: dict, kind: str) -> int:
    low, x, high = args
    return graph.apply("min", graph.apply("max", x, low), high)


_RULES: dict[str, Callable[[Graph, list[int], dict, str], int]] = {
    "div": _divide,
    "add_any": lambda graph, args, params, kind: graph.apply("add", *args),
    "select_n": _select,
    "convert_element_type": _convert,
    "round": _round,
    "integer_pow": _power,
    "square": _square,
    "clamp": _clamp,
}


@dataclass(frozen=True)
class Code:
    """C++ of one function, cut in two.

    Attributes
    ----------
    prepare
        Statements that compute the hoisted values ``h[k]`` from ``p[k]`` (parameters), in double.
    body
        Statements of the loop; hoisted values are ``q[k]``, read before it: a read within a choice would keep the loop from
        being vectorised. outputs
        C++ expression of each output, valid after ``body``.
    hoisted
        How many hoisted values there are.
    """

    prepare: list[str]
    body: list[str]
    outputs: list[str]
    hoisted: int


def write_code(
    graph: Graph, outputs: Sequence[int], parameters: dict[str, str], variables: dict[str, str]
) -> Code:
    """C++ for the outputs; ``parameters`` and ``variables`` give the C++ expression of each input by name."""
    needed = graph.needed(outputs)
    nodes = graph.nodes
    varying = [i for i in needed if nodes[i].level == VARYING]
    used = {a for i in varying for a in nodes[i].args} | set(outputs)
    frontier = [i for i in needed if i in used and nodes[i].level not in (VARYING, CONSTANT)]
    place = {index: k for k, index in enumerate(frontier)}

    def before(index: int) -> str:
        node = nodes[index]
        if node.op == "input":
            return parameters[str(node.value)]
        return _literal(node, "double") if node.op == "constant" else f"a{index}"

    def inside(index: int) -> str:
        node = nodes[index]
        if index in place:
            return f"(q{place[index]} != T(0))" if node.boolean else f"q{place[index]}"
        if node.op == "input":
            return variables[str(node.value)]
        return _literal(node, "T") if node.op == "constant" else f"b{index}"

    prepare = [
        f"const {'bool' if nodes[i].boolean else 'double'} a{i} = {_expression(nodes[i], before, 'double')};"
        for i in graph.needed(frontier)
        if nodes[i].op not in ("input", "constant")
    ]
    prepare += [f"h[{k}] = {before(i)};" for k, i in enumerate(frontier)]
    body = [
        f"const {'bool' if nodes[i].boolean else 'T'} b{i} = {_expression(nodes[i], inside, 'T')};"
        for i in varying
        if nodes[i].op != "input"
    ]
    return Code(prepare, body, [inside(o) for o in outputs], len(frontier))


def _literal(node: Node, real: str) -> str:
    if node.boolean:
        return "true" if node.value else "false"
    value = float(node.value)  # pyright: ignore[reportArgumentType]
    if np.isnan(value):
        return f"{real}(NAN)"
    return f"{real}({'-' if value < 0 else ''}INFINITY)" if np.isinf(value) else f"{real}({value!r})"


_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
    "and": "&", "or": "|", "xor": "^",
}  # fmt: skip


def _expression(node: Node, name: Callable[[int], str], real: str) -> str:
    args = [name(a) for a in node.args]
    if node.op in _INFIX:
        return f"{args[0]} {_INFIX[node.op]} {args[1]}"
    if node.op == "neg":
        return f"-{args[0]}"
    if node.op == "not":
        return f"!{args[0]}"
    if node.op == "select":
        return f"{args[0]} ? {args[1]} : {args[2]}"
    if node.op == "as_real":
        return f"{args[0]} ? {real}(1) : {real}(0)"
    if node.op == "integer_pow":
        return _integer_power(args[0], int(node.value), real)  # pyright: ignore[reportArgumentType]
    return f"{node.op}_({', '.join(args)})"


def _integer_power(x: str, exponent: int, real: str) -> str:
    if exponent < 0:
        return f"{real}(1) / ({_integer_power(x, -exponent, real)})"
    if exponent == 1:
        return x
    half = _integer_power(x, exponent // 2, real)
    square = f"({half}) * ({half})" if exponent > 3 else f"{x} * {x}"
    return f"({square}) * {x}" if exponent % 2 else square
