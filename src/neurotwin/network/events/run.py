"""Large spiking networks without gradients: the engine's networks, run event by event in C++."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurotwin._base.errors import DivergenceError, InputError, unknown_name
from neurotwin.network.engine.network import Network, Population, Projection, Source
from neurotwin.network.engine.weights import Dense, Sparse
from neurotwin.network.events import native
from neurotwin.network.events.models import key, parameters
from neurotwin.network.events.native import gather, pointer

PIECE = 1 << 16
"""Numbers that are converted at a time."""


@dataclass(frozen=True)
class Events:
    """Spikes of a run, and its state at the end.

    Attributes
    ----------
    time_ms, index
        Population → time (ms after the beginning of the first run) and neuron of each spike, sorted by time, then neuron.
    final
        Hand it to the next run as ``initial`` to go on.
    """

    time_ms: dict[str, np.ndarray]
    index: dict[str, np.ndarray]
    final: dict[str, Any] = field(repr=False)

    def rate_hz(self, population: str, size: int, duration_ms: float) -> float:
        """Mean rate of a population of ``size`` neurons."""
        if population not in self.time_ms:
            raise unknown_name("population", population, sorted(self.time_ms))
        return 1e3 * len(self.time_ms[population]) / (size * duration_ms)


def simulate_events(
    network: Network,
    inputs: Mapping[str, ArrayLike] | None = None,
    *,
    dt_ms: float,
    n_steps: int,
    initial: Mapping[str, Any] | None = None,
    threads: int | None = None,
    dtype: Any = np.float32,
) -> Events:
    """Simulate a network of spiking neurons; the same equations as ``simulate``, generated from them.

    Cost grows with neurons × steps, and with the spikes times the synapses that they reach. The same arguments give the same
    spikes, whatever the number of threads.

    Parameters
    ----------
    network
        Spiking populations and ``Source`` s; dense or sparse weights with fixed delays (one a synapse or one a projection);
        synapses that spikes drive. Learning rules, release models and gap junctions are the engine's.
    inputs
        Current into each neuron, pA, [N] or [T, N]; spikes of a ``Source``, [T, N] of 0 and 1.
    dt_ms, n_steps
        Step and number of steps.
    initial
        ``final`` of an earlier run, or states to begin with, population → state → [N] (others at rest).
    threads
        As many as the process may use by default.
    dtype
        float32 or float64.

    Raises
    ------
    InputError
        If something does not fit, a model is not compiled in, or the network needs what only the engine has.
    DivergenceError
        If a state leaves the finite numbers: names population, neuron and time.
    """
    real = np.dtype(dtype)
    if real not in (np.float32, np.float64):
        raise InputError("not a type to simulate in", got=str(real), expected="float32 or float64")
    if not (np.isfinite(dt_ms) and dt_ms > 0):
        raise InputError("the step is not a positive time", got=f"dt_ms = {dt_ms}", expected="ms, > 0")
    if n_steps < 1:
        raise InputError("nothing to simulate", got=f"{n_steps} steps", expected="1 or more")
    if threads is not None and threads < 1:
        raise InputError("a simulation needs a thread", got=threads, expected="1 or more")
    threads = threads or native.cores()
    return _Run(network, dict(inputs or {}), dt_ms, n_steps, dict(initial or {}), real, threads).events()


class _Run:
    """The arrays of one run; they stay alive as long as it does."""

    def __init__(
        self,
        network: Network,
        inputs: dict[str, Any],
        dt_ms: float,
        n_steps: int,
        initial: dict[str, Any],
        real: Any,
        threads: int,
    ) -> None:
        self.network, self.dt_ms, self.n_steps = network, dt_ms, n_steps
        self.real, self.threads = real, threads
        self.library = native.library()
        self.handle = ctypes.c_void_p(self.library.events_new(int(real == np.float64)))
        self.kept: list[Any] = []
        self.start = int(initial.get("step", 0))
        self.states: dict[str, dict[str, np.ndarray]] = {}
        self.shortest, self.ports = n_steps, {}
        try:
            for name in inputs:
                network.population(name)
            owners = [p.name for p in network.populations] + [p.label for p in network.projections] + ["step"]
            for name in initial:
                if name not in owners:
                    raise unknown_name("population or projection in the initial state", name, owners)
            conducting = {p.post for p in network.projections if _synapse(p, None)["conductance"]}
            for population in network.populations:
                self._population(population, inputs, initial, population.name in conducting)
            self.delays = [self._delays(projection) for projection in network.projections]
            for projection, delay in zip(network.projections, self.delays, strict=True):
                self._projection(projection, delay, initial)
        except BaseException:
            self.library.events_delete(self.handle)
            raise

    def events(self) -> Events:
        """Run, and collect."""
        try:
            count = self.library.events_run(
                self.handle, self.start, self.n_steps, self.shortest + 1, self.threads
            )
            self._check()
            step, population, neuron = (
                np.empty(count, np.int64),
                np.empty(count, np.int32),
                np.empty(count, np.int32),
            )
            self.library.events_spikes(self.handle, *(pointer(a) for a in (step, population, neuron)))
        finally:
            self.library.events_delete(self.handle)
        time_ms, index = {}, {}
        for number, one in enumerate(self.network.populations):
            of = population == number
            order = np.lexsort((neuron[of], step[of]))
            time_ms[one.name] = self.dt_ms * (step[of][order] + 1)
            index[one.name] = neuron[of][order]
        return Events(time_ms, index, {**self.states, "step": self.start + self.n_steps})

    def _check(self) -> None:
        population, neuron = ctypes.c_int32(), ctypes.c_int32()
        step = self.library.events_failure(self.handle, ctypes.byref(population), ctypes.byref(neuron))
        if step < 0:
            return
        name = self.network.populations[population.value].name
        arriving = [p.label for p in self.network.projections if p.post == name and p.label in self.states]
        bad = [
            f"state {state!r} of {owner!r}, "
            for owner in (name, *arriving)
            for state, values in self.states[owner].items()
            if state != "ring" and not np.isfinite(values[neuron.value])
        ]
        at_ms = (step + 1) * self.dt_ms
        raise DivergenceError(
            "the simulation left the finite numbers",
            got=f"{''.join(bad) or f'{name!r}, '}neuron {neuron.value}, at {at_ms:g} ms",
            fix="use a smaller dt_ms, a method of higher order, or smaller inputs and weights",
        )

    def _population(
        self, population: Population, inputs: dict[str, Any], initial: dict[str, Any], conducts: bool
    ) -> None:
        name, n = population.name, population.size
        given = self._input(name, n, inputs.get(name))
        if isinstance(population.neuron, Source):
            spikes = np.zeros((0, n)) if given is None else given
            step, neuron = (np.ascontiguousarray(a) for a in np.nonzero(spikes))
            step, neuron = (
                self._keep((step + self.start).astype(np.int64)),
                self._keep(neuron.astype(np.int32)),
            )
            self.library.events_population(
                self.handle,
                -1,
                n,
                -1,
                0,
                None,
                None,
                0,
                0,
                0,
                None,
                0,
                pointer(step),
                pointer(neuron),
                len(step),
            )
            self.states[name] = {}
            return
        kernel = native.description(key(population.neuron), "conductance" if conducts else "current")
        rest = population.neuron.initial()
        states = self._states(name, kernel["states"], n, rest, initial)
        table, per_neuron = self._table(
            kernel, {**parameters(population.neuron), "dt_ms": np.float64(self.dt_ms)}, n
        )
        current = None if given is None else self._keep(np.ascontiguousarray(given, self.real))
        self.library.events_population(
            self.handle,
            kernel["number"],
            n,
            kernel["states"].index("v"),
            len(states),
            self._pointers(states),
            pointer(table),
            len(kernel["parameters"]),
            per_neuron,
            kernel["hoisted"],
            None if current is None else pointer(current),
            int(current is not None and current.ndim == 2),
            None,
            None,
            0,
        )

    def _input(self, name: str, n: int, value: Any) -> np.ndarray | None:
        if value is None:
            return None
        given = np.asarray(value)
        if given.shape not in ((n,), (self.n_steps, n)):
            raise InputError(
                f"the input of {name!r} does not fit",
                got=f"shape {given.shape}",
                expected=f"({n},) or ({self.n_steps}, {n})",
            )
        if not np.isfinite(given).all():
            raise InputError(
                f"the input of {name!r} is not finite",
                got=f"{int((~np.isfinite(given)).sum())} of {given.size}",
            )
        return given

    def _states(
        self, owner: str, names: list[str], n: int, rest: Mapping[str, Any], initial: dict[str, Any]
    ) -> list[np.ndarray]:
        begun = initial.get(owner, {})
        for name in begun:
            if name not in names and name != "ring":
                raise unknown_name(f"state of {owner!r}", name, names)
        made = {
            name: np.array(
                np.broadcast_to(np.asarray(begun.get(name, rest[name]), self.real), (n,)), order="C"
            )
            for name in names
        }
        self.states[owner] = made
        return list(made.values())

    def _table(self, kernel: dict[str, Any], values: dict[str, Any], n: int) -> tuple[np.ndarray, int]:
        """Parameters as the kernel takes them, float64 [parameters, 1 or N]."""
        per_neuron = any(np.ndim(values[name]) for name in kernel["parameters"])
        rows = [np.broadcast_to(values[name], (n if per_neuron else 1,)) for name in kernel["parameters"]]
        return self._keep(np.ascontiguousarray(rows, np.float64)), int(per_neuron)

    def _delays(self, projection: Projection) -> np.ndarray:
        """Delay of each synapse in steps, by sender; checks what the event-driven path cannot do."""
        unfit = {
            "a learning rule": projection.rule is not None,
            "a release model": projection.release is not None,
            f"{type(projection.weights).__name__} weights": not isinstance(
                projection.weights, Dense | Sparse
            ),
            "learned delays": getattr(projection.weights, "trained_delays", False),
        }
        found = [what for what, is_there in unfit.items() if is_there]
        if found:
            raise InputError(
                "the event-driven path cannot run this projection",
                got=f"{projection.label}: {', '.join(found)}",
                fix="use `neurotwin.network.engine.simulate`",
            )
        each = getattr(projection.weights, "delays_ms", None)
        if each is None and projection.delay_ms is None:
            delay = np.zeros(1)
        else:
            delay = np.atleast_1d(np.asarray(projection.delay_ms if each is None else each))
            if delay.size and delay.min() < (1 - 1e-5) * self.dt_ms:
                raise InputError(
                    "a delay is shorter than the step",
                    got=f"{delay.min():g} ms in {projection.label} with a step of {self.dt_ms:g} ms",
                    expected="at least one step",
                    fix="use a smaller dt_ms, a longer delay, or none",
                )
        steps = np.empty(len(delay), np.int32)
        for first in range(0, len(delay), PIECE):  # in pieces that a cache holds
            piece = np.asarray(delay[first : first + PIECE], np.float64)
            steps[first : first + PIECE] = np.round(piece / self.dt_ms)
        if steps.size:
            self.shortest = min(self.shortest, int(steps.min()))
        return steps

    def _projection(self, projection: Projection, delay: np.ndarray, initial: dict[str, Any]) -> None:
        start, post, weight, by_pre = _by_sender(projection.weights, self.threads)
        delays = (
            gather(delay, by_pre, self.threads)
            if len(delay) == len(by_pre) and len(delay) > 1
            else np.broadcast_to(delay, len(post))
        )
        arrays = [
            self._keep(np.ascontiguousarray(a, kind))
            for a, kind in ((start, np.int64), (post, np.int32), (delays, np.int32), (weight, self.real))
        ]
        number = [p.name for p in self.network.populations].index(projection.pre)
        self.library.events_connect(
            self.handle, number, self._port(projection, initial), *map(pointer, arrays)
        )

    def _port(self, projection: Projection, initial: dict[str, Any]) -> int:
        """Where it arrives: projections with equal linear synapses onto one population share it."""
        post = self.network.population(projection.post)
        if isinstance(post.neuron, Source):
            raise InputError("a source receives nothing", got=projection.label)
        membrane = post.neuron.membrane_ms()
        kernel = _synapse(projection, membrane)
        values = {**parameters(projection.synapse), "dt_ms": np.float64(self.dt_ms)}
        values["membrane_ms"] = np.float64(1.0) if membrane is None else np.asarray(membrane, np.float64)
        same = (projection.post, kernel["key"], *(values[k].tobytes() for k in sorted(values)))
        if kernel["linear"] and same in self.ports:
            return self.ports[same]
        sharing = [
            delay
            for other, delay in zip(self.network.projections, self.delays, strict=True)
            if other.post == projection.post and key(other.synapse) == key(projection.synapse)
        ]
        slots = 1 + max(int(d.max(initial=0)) for d in sharing)
        states = self._states(
            projection.label, kernel["states"], post.size, projection.synapse.initial(), initial
        )
        ring = np.zeros((slots, post.size), self.real)
        before = initial.get(projection.label, {}).get("ring")
        if before is not None:
            ring[:] = before
        self.states[projection.label]["ring"] = ring
        table, per_neuron = self._table(kernel, values, post.size)
        number = self.library.events_port(
            self.handle,
            [p.name for p in self.network.populations].index(projection.post),
            kernel["number"],
            len(states),
            self._pointers(states),
            pointer(table),
            len(kernel["parameters"]),
            per_neuron,
            kernel["hoisted"],
            pointer(ring),
            slots,
        )
        self.ports[same] = number
        return number

    def _keep(self, array: np.ndarray) -> np.ndarray:
        self.kept.append(array)
        return array

    def _pointers(self, arrays: list[np.ndarray]) -> Any:
        made = (ctypes.c_void_p * max(len(arrays), 1))(*(a.ctypes.data for a in arrays))
        self.kept += [made, *arrays]
        return made


def _synapse(projection: Projection, membrane: Any) -> dict[str, Any]:
    return native.description(key(projection.synapse), "plain" if membrane is None else "membrane")


def _by_sender(weights: Any, threads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First synapse of each sender, receiver and weight of each synapse, and their places among the weights' own."""
    if isinstance(weights, Dense):
        pre, post = np.nonzero(np.asarray(weights.values).T)
        start = np.searchsorted(pre, np.arange(weights.shape[1] + 1))
        return start, post, np.asarray(weights.values)[post, pre], np.arange(len(post))
    by_pre = np.asarray(weights.pattern.by_pre)
    return (
        np.asarray(weights.pattern.columns),
        np.asarray(weights.pattern.by_pre_post),
        gather(np.asarray(weights.values), by_pre, threads),
        by_pre,
    )
