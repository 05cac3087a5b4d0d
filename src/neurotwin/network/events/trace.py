"""Traces a model's step with JAX and writes its C++ functions."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from neurotwin.network.events.graph import Graph, is_linear
from neurotwin.network.events.models import key, parameters
from neurotwin.network.events.translate import Code, read_jaxpr, write_code
from neurotwin.network.neurons.base import Drive, Neuron
from neurotwin.network.synapses.base import Synapse

STEP, MEMBRANE = "dt_ms", "membrane_ms"
"""Names of what every step knows besides the model's own parameters."""


@dataclass(frozen=True)
class Kernel:
    """One step of one model, as C++.

    Attributes
    ----------
    name
        Name of its functions.
    kind
        "neuron" or "synapse".
    key
        See :func:`neurotwin.network.events.models.key`.
    variant
        Neuron: "current" or "conductance", what drives it. Synapse: "plain" or "membrane", whether it is integrated together with
        a linear membrane.
    parameters, states
        Names in the order in which the functions take them.
    conductance
        Whether a synapse gives a conductance besides its current.
    linear
        Whether a synapse is linear in its state and in what arrives, so that projections can share it.
    code
        The statements.
    """

    name: str
    kind: str
    key: str
    variant: str
    parameters: tuple[str, ...]
    states: tuple[str, ...]
    checked: tuple[str, ...]
    conductance: bool
    linear: bool
    code: Code

    def description(self) -> dict[str, Any]:
        """What the running program must know about the kernel."""
        names = ("kind", "key", "variant", "parameters", "states", "conductance", "linear")
        return {**{n: getattr(self, n) for n in names}, "hoisted": self.code.hoisted}

    def prepare_function(self) -> str:
        """C++ that computes what does not change during a simulation."""
        lines = "\n".join(f"    {line}" for line in self.code.prepare)
        return f"static void {self.name}_prepare(const double* p, double* h) {{\n    (void)p, (void)h;\n{lines}\n}}"

    def step_function(self) -> str:
        """C++ that advances a block of neurons by one step."""
        return self._neuron() if self.kind == "neuron" else self._synapse()

    def _neuron(self) -> str:
        *new, spike = self.code.outputs
        conducts = self.variant == "conductance"
        # What drives a neuron is checked too: a reset would hide what an infinite current did.
        checked = [f"n{k}" for k, name in enumerate(self.states) if name in self.checked]
        checked += ["current_", *(["conductance_"] if conducts else [])]
        finite = " | ".join(f"!(abs_({value}) <= largest)" for value in checked)
        return _function(
            f"static int {self.name}(const T* h, T* const* x, const T* current, const T* conductance, T* spike, int n)",
            [
                *self._pointers(),
                "const T largest = std::numeric_limits<T>::max();",
                "int fired = 0, bad = 0;",
            ],
            [
                *self._loads(),
                "const T current_ = current[i];",
                *(["const T conductance_ = conductance[i];"] if conducts else []),
                *self.code.body,
                *(f"const T n{k} = {value};" for k, value in enumerate(new)),
                f"const T s_ = {spike};",
                *(f"x{k}[i] = n{k};" for k in range(len(new))),
                "spike[i] = s_;",
                "fired |= s_ != T(0) ? 1 : 0;",
                f"bad |= {finite} ? 2 : 0;",
            ],
            ["return fired | bad;"],
        )

    def _synapse(self) -> str:
        *new, current, conductance = self.code.outputs
        stores = ["current[i] = current_in[i] + drive_;"]
        if self.conductance:
            stores += [f"const T opened_ = {conductance};", "conductance[i] = conductance_in[i] + opened_;"]
        return _function(
            f"static void {self.name}(const T* h, T* const* x, T* arrived, const T* v, const T* current_in, "
            "const T* conductance_in, T* current, T* conductance, int n)",
            self._pointers(),
            [
                *self._loads(),
                "const T arrived_ = arrived[i];",
                "const T v_ = v[i];",
                *self.code.body,
                *(f"const T n{k} = {value};" for k, value in enumerate(new)),
                f"const T drive_ = {current};",
                *stores,
                *(f"x{k}[i] = n{k};" for k in range(len(new))),
                "arrived[i] = T(0);",
            ],
            [],
        )

    def _pointers(self) -> list[str]:
        return [f"T* __restrict x{k} = x[{k}];" for k in range(len(self.states))]

    def _loads(self) -> list[str]:
        return [f"const T o{k} = x{k}[i];" for k in range(len(self.states))] + [
            f"const T q{k} = H({k});" for k in range(self.code.hoisted)
        ]


def _function(head: str, before: list[str], inside: list[str], after: list[str]) -> str:
    lines = [f"    {line}" for line in before]
    lines += [
        "#pragma GCC ivdep",
        "    for (int i = 0; i < n; ++i) {",
        *(f"        {line}" for line in inside),
        "    }",
    ]
    lines += [f"    {line}" for line in after]
    return f"{head} {{\n" + "\n".join(lines) + "\n}"


def trace(model: Neuron | Synapse) -> list[Kernel]:
    """Kernels of a model, one for each variant.

    Raises
    ------
    Untranslatable
        If its equations use what has no C++.
    """
    with _double_precision():
        if isinstance(model, Neuron):
            return [_neuron(model, "current"), _neuron(model, "conductance")]
        return [_synapse(model, "plain"), _synapse(model, "membrane")]


def _neuron(model: Neuron, variant: str) -> Kernel:
    names, states = tuple(parameters(model)), tuple(model.initial())
    conducts = variant == "conductance"

    def step(p: Any, x: Any, current: Any, conductance: Any, dt: Any) -> Any:
        drive = Drive(current, conductance if conducts else 0.0)
        new, spike = dataclasses.replace(model, **p).update(x, drive, dt)
        return [jnp.asarray(new[s], float) for s in states], spike

    graph = Graph()
    closed = jax.make_jaxpr(step)(_zeros(names), _zeros(states), 0.0, 0.0, 0.0)
    variables = {
        **{s: f"o{k}" for k, s in enumerate(states)},
        "current": "current_",
        "conductance": "conductance_",
    }
    inputs = _inputs(graph, names, states)
    drive = [graph.variable(">current"), graph.variable(">conductance")]
    outputs = read_jaxpr(graph, closed, [*inputs, *drive, graph.parameter(STEP)])
    code = write_code(
        graph, outputs, _places((*names, STEP)), {_prefixed(n): v for n, v in variables.items()}
    )
    checked = tuple(s for s in states if s not in model.discrete)
    all_parameters = (*names, STEP)
    return Kernel(
        _name(model, variant),
        "neuron",
        key(model),
        variant,
        all_parameters,
        states,
        checked,
        False,
        False,
        code,
    )


def _synapse(model: Synapse, variant: str) -> Kernel:
    names, states = tuple(parameters(model)), tuple(model.initial())
    joint = variant == "membrane"

    def step(p: Any, x: Any, arrived: Any, v: Any, dt: Any, membrane: Any) -> Any:
        made = dataclasses.replace(model, **p)
        new, drive = made.step(x, arrived, v, dt, membrane_ms=membrane if joint else None)
        return [jnp.asarray(new[s], float) for s in states], drive.current, drive.conductance

    graph = Graph()
    closed = jax.make_jaxpr(step)(_zeros(names), _zeros(states), 0.0, 0.0, 0.0, 1.0)
    inputs = _inputs(graph, names, states)
    rest = [
        graph.variable(">arrived"),
        graph.variable(">v"),
        graph.parameter(STEP),
        graph.parameter(MEMBRANE),
    ]
    outputs = read_jaxpr(graph, closed, [*inputs, *rest])
    linear = is_linear(graph, outputs, {*map(_prefixed, states), ">arrived"})
    conductance = graph.nodes[outputs[-1]].value != 0.0
    variables = {_prefixed(s): f"o{k}" for k, s in enumerate(states)} | {">arrived": "arrived_", ">v": "v_"}
    every = (*names, STEP, MEMBRANE)
    code = write_code(graph, outputs, _places(every), variables)
    return Kernel(
        _name(model, variant), "synapse", key(model), variant, every, states, (), conductance, linear, code
    )


def _double_precision() -> Any:
    """The context in which JAX computes in double; its name moved between versions."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64  # pyright: ignore[reportAttributeAccessIssue]

    return enable_x64()


def _prefixed(name: str) -> str:
    """Variables and parameters may have the same name."""
    return f">{name}"


def _zeros(names: tuple[str, ...]) -> dict[str, Any]:
    return dict.fromkeys(names, jnp.zeros(()))


def _inputs(graph: Graph, names: tuple[str, ...], states: tuple[str, ...]) -> list[int]:
    """In the order in which JAX flattens dictionaries."""
    return [graph.parameter(n) for n in sorted(names)] + [
        graph.variable(_prefixed(s)) for s in sorted(states)
    ]


def _places(names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"p[{k}]" for k, name in enumerate(names)}


def _name(model: Neuron | Synapse, variant: str) -> str:
    settings = dict.fromkeys(setting for form in getattr(model, "forms", ()) for setting in form)
    static = [str(getattr(model, setting)) for setting in settings]
    words = [type(model).__name__, *static, *([model.method] if isinstance(model, Neuron) else []), variant]
    return re.sub(r"\W", "_", "_".join(words)).lower()
