"""The compiled library of the event-driven path, by ctypes."""

from __future__ import annotations

import ctypes
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError, NeurotwinError

LIBRARY = Path(__file__).parent / "_native.so"
POINTER, INT, LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "events_descriptions": (ctypes.c_char_p, []),
    "events_new": (POINTER, [INT]),
    "events_delete": (None, [POINTER]),
    "events_population": (
        INT,
        [POINTER, INT, LONG, INT, INT, POINTER, POINTER, INT, INT, INT, POINTER, INT, POINTER, POINTER, LONG],
    ),
    "events_port": (INT, [POINTER, INT, INT, INT, POINTER, POINTER, INT, INT, INT, POINTER, LONG]),
    "events_connect": (None, [POINTER, INT, INT, POINTER, POINTER, POINTER, POINTER]),
    "events_run": (LONG, [POINTER, LONG, LONG, LONG, INT]),
    "events_spikes": (None, [POINTER, POINTER, POINTER, POINTER]),
    "events_failure": (LONG, [POINTER, POINTER, POINTER]),
    "events_gather": (None, [POINTER, POINTER, POINTER, LONG, INT]),
}


@cache
def library() -> ctypes.CDLL:
    """The library, its functions typed.

    Raises
    ------
    NeurotwinError
        If it was not built or does not load here: says how to mend it.
    """
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
        for name, (result, arguments) in SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise NeurotwinError(
            "the event-driven path cannot be used",
            got=str(error),
            fix="install neurotwin anew where a C++ compiler is present (in a checkout: python hatch_build.py), or use `simulate`",
        ) from error
    return loaded


def available() -> bool:
    """Whether the library can be used."""
    try:
        library()
    except NeurotwinError:
        return False
    return True


def cores() -> int:
    """How many threads the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Where its numbers begin; the array must outlive its use."""
    return ctypes.c_void_p(array.ctypes.data)


def gather(values: np.ndarray, index: np.ndarray, threads: int) -> np.ndarray:
    """``values[index]`` of one axis each, by several threads where the values are of four bytes; ``index`` must fit, int32."""
    if values.dtype.itemsize != 4 or index.dtype != np.int32:
        return values[index]
    values, index = np.ascontiguousarray(values), np.ascontiguousarray(index)
    found = np.empty(len(index), values.dtype)
    library().events_gather(pointer(values), pointer(index), pointer(found), len(index), threads)
    return found


@cache
def descriptions() -> tuple[dict[str, Any], ...]:
    """What is compiled in; each with its "number" among neurons or synapses."""
    known = json.loads(library().events_descriptions().decode())
    counts = {"neuron": 0, "synapse": 0}
    for one in known:
        one["number"] = counts[one["kind"]]
        counts[one["kind"]] += 1
    return tuple(known)


def description(key: str, variant: str) -> dict[str, Any]:
    """The kernel of a model, found by its key.

    Raises
    ------
    InputError
        If the model is not among those that are compiled in.
    """
    for one in descriptions():
        if one["key"] == key and one["variant"] == variant:
            return one
    raise InputError(
        "this model is not compiled into the event-driven path",
        got=key,
        expected=", ".join(sorted({one["key"].rsplit(".", 1)[-1] for one in descriptions()})),
        fix="use `neurotwin.network.engine.simulate`, which runs every model; or, in a checkout, register the model, run "
        "`python -m neurotwin.network.events.generate` and `python hatch_build.py`",
    )
