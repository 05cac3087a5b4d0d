"""Scalar expressions of one step: interned nodes, simplified as they are made, and which of them change during a simulation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

CONSTANT, INVARIANT, VARYING = 0, 1, 2

BOOLEAN_OPS = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "xor", "is_finite"}


@dataclass(frozen=True)
class Node:
    """One operation on nodes made before it; ``level`` says whether it is a number, depends on parameters, or on states."""

    op: str
    args: tuple[int, ...]
    value: float | bool | str | int | None
    level: int
    boolean: bool


@dataclass
class Graph:
    """Expressions of a step, each distinct one once.

    Simplified are: operations on numbers, neutral elements, ``0 · x`` (taken as 0 for every finite x), selections between
    equals. A state is divided by a parameter by multiplying with a reciprocal that is computed once, and a state times two
    parameters in turn is multiplied by their product; both move a result by rounding only.
    """

    nodes: list[Node] = field(default_factory=list)
    known: dict[tuple, int] = field(default_factory=dict)

    def constant(self, value: float | bool) -> int:
        """A number."""
        boolean = isinstance(value, bool)
        return self._intern("constant", (), value if boolean else float(value), CONSTANT, boolean)

    def parameter(self, name: str) -> int:
        """A value that stays as it is for a whole simulation."""
        return self._intern("input", (), name, INVARIANT, False)

    def variable(self, name: str) -> int:
        """A value that differs from step to step."""
        return self._intern("input", (), name, VARYING, False)

    def apply(self, op: str, *args: int, value: int | None = None) -> int:
        """The node for ``op(*args)``; ``value`` is a static integer (a power)."""
        simple = self._simplified(op, args, value)
        if simple is not None:
            return simple
        level = max(self.nodes[a].level for a in args)
        boolean = op in BOOLEAN_OPS or (op == "select" and self.nodes[args[1]].boolean)
        if op in ("add", "mul", "max", "min", "and", "or", "eq", "ne"):
            args = tuple(sorted(args))
        return self._intern(op, args, value, level, boolean)

    def needed(self, outputs: Iterable[int]) -> list[int]:
        """Nodes that the outputs depend on, in an order in which they can be computed."""
        seen: set[int] = set()
        waiting = list(outputs)
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(self.nodes[node].args)
        return sorted(seen)

    def _intern(self, op: str, args: tuple[int, ...], value: object, level: int, boolean: bool) -> int:
        key = (op, args, repr(value), level)
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(Node(op, args, value, level, boolean))  # pyright: ignore[reportArgumentType]
        return self.known[key]

    def _is(self, node: int, number: float) -> bool:
        return self.nodes[node].level == CONSTANT and self.nodes[node].value == number

    def _simplified(self, op: str, args: tuple[int, ...], value: int | None) -> int | None:
        nodes = [self.nodes[a] for a in args]
        if all(n.level == CONSTANT for n in nodes) and op in _FOLD:
            try:
                return self.constant(_FOLD[op](*[n.value for n in nodes]))
            except (ZeroDivisionError, OverflowError, ValueError):
                return None
        if op == "copy":
            return args[0]
        if op == "as_real":
            return None if nodes[0].boolean else args[0]
        if op == "as_boolean":
            return args[0] if nodes[0].boolean else self.apply("ne", args[0], self.constant(0.0))
        if op == "select":
            if args[1] == args[2]:
                return args[1]
            if nodes[0].level == CONSTANT:
                return args[1] if nodes[0].value else args[2]
        if op in ("mul", "div", "add", "sub"):
            return self._arithmetic(op, args[0], args[1])
        if op == "neg" and nodes[0].op == "neg":
            return nodes[0].args[0]
        if op == "integer_pow" and value in (0, 1):
            return self.constant(1.0) if value == 0 else args[0]
        return None

    def _arithmetic(self, op: str, a: int, b: int) -> int | None:
        if op == "add":
            return b if self._is(a, 0.0) else a if self._is(b, 0.0) else None
        if op == "sub":
            return a if self._is(b, 0.0) else self.apply("neg", b) if self._is(a, 0.0) else None
        if op == "div":
            if self._is(b, 1.0) or self._is(a, 0.0):
                return a
            if self.nodes[a].level == VARYING and self.nodes[b].level < VARYING:
                return self.apply("mul", a, self.apply("div", self.constant(1.0), b))
            return None
        if self._is(a, 0.0) or self._is(b, 0.0):
            return self.constant(0.0)
        if self._is(a, 1.0):
            return b
        if self._is(b, 1.0):
            return a
        return self._product(a, b)

    def _product(self, a: int, b: int) -> int | None:
        """(state · parameter) · parameter as state · (parameter · parameter)."""
        if self.nodes[a].level == self.nodes[b].level:
            return None
        if self.nodes[a].level < self.nodes[b].level:
            a, b = b, a
        inner = self.nodes[a]
        if inner.level != VARYING or inner.op != "mul":
            return None
        for state, parameter in (inner.args, inner.args[::-1]):
            if self.nodes[parameter].level < VARYING <= self.nodes[state].level:
                return self.apply("mul", state, self.apply("mul", parameter, b))
        return None


def _round_to_even(x: float) -> float:
    return float(round(x))


_FOLD = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "abs": abs,
    "max": max,
    "min": min,
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "sqrt": math.sqrt,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: bool(a and b),
    "or": lambda a, b: bool(a or b),
    "not": lambda a: not a,
    "as_real": float,
    "as_boolean": bool,
    "round": _round_to_even,
}


def is_linear(graph: Graph, outputs: Iterable[int], variables: set[str]) -> bool:
    """Whether every output is a linear form of the named inputs (no constant term), whatever the other inputs are."""
    outputs = list(outputs)
    degree: dict[int, str] = {}
    for index in graph.needed(outputs):
        node = graph.nodes[index]
        parts = [degree[a] for a in node.args]
        if node.op == "input" and node.value in variables:
            degree[index] = "linear"
        elif node.op == "constant" and node.value == 0.0 and not node.boolean:
            degree[index] = "zero"
        elif all(p in ("free", "zero") for p in parts):
            degree[index] = (
                "zero" if parts and all(p == "zero" for p in parts) and node.op == "neg" else "free"
            )
        else:
            degree[index] = _degree(node.op, parts)
    return all(degree[o] in ("linear", "zero") for o in outputs)


def _degree(op: str, parts: list[str]) -> str:
    homogeneous = {"linear", "zero"}
    if op == "neg" and parts[0] in homogeneous:
        return "linear"
    if op in ("add", "sub") and set(parts) <= homogeneous:
        return "linear"
    if op == "mul" and sorted(parts) in (["free", "linear"], ["linear", "zero"]):
        return "linear"
    if op == "div" and parts[0] == "linear" and parts[1] == "free":
        return "linear"
    if op == "select" and parts[0] == "free" and set(parts[1:]) <= homogeneous:
        return "linear"
    return "other"
