"""The C++ kernels, if they were built with the package: ``csrc`` over XLA's foreign function interface."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

LIBRARY = Path(__file__).parent / "_native.so"
KERNELS = ("product", "scatter", "sampled", "events", "gather", "spread", "gathered", "lagged")
TYPES = {"float32": "f32", "float64": "f64"}
SYMBOLS = (
    *(f"{kernel}_{suffix}" for kernel in KERNELS for suffix in TYPES.values()),
    "correlate_f32",
    "to_weights_f32",
)


def available() -> bool:
    """Whether the C++ kernels can be used."""
    return not why_not()


def why_not() -> str:
    """Why the C++ kernels cannot be used here; "" where they can: built, loaded, and JAX computes on the processor."""
    device = jax.default_backend()
    return not_loaded() or ("" if device == "cpu" else f"JAX computes on {device}")


@cache
def not_loaded() -> str:
    """Why the library is not there; "" where it is."""
    if not LIBRARY.exists():
        return (
            "the package was built without its C++ kernels; they need a C++ compiler at installation "
            "(Debian: apt install g++, then install neurotwin anew; in a checkout: python hatch_build.py)"
        )
    try:
        library = ctypes.CDLL(str(LIBRARY))
        for symbol in SYMBOLS:
            capsule = jax.ffi.pycapsule(getattr(library, symbol))
            jax.ffi.register_ffi_target(f"neurotwin_{symbol}", capsule, platform="cpu")
        _try()
    except Exception as error:  # a library of another machine, Python or JAX must not stop anybody
        return (
            f"the C++ kernels do not load here ({error}); install neurotwin anew to build them for this JAX"
        )
    return ""


def _try() -> None:
    """Multiply one number: headers newer than the JAX here are noticed only by a call, and not by the registration."""
    with jax.ensure_compile_time_eval(), jax.default_device(jax.devices("cpu")[0]):
        starts, one, none = np.array([0, 1], np.int32), np.zeros(1, np.int32), np.zeros(0, np.int32)
        three, two = np.full(1, 3, np.float32), np.full((1, 1), 2, np.float32)
        given = [jnp.asarray(array) for array in (starts, one, none, three, two)]
        got = float(call("product", (1, 1), *given, like=given[-1])[0, 0])
    if got != 6:
        raise RuntimeError(f"3 × 2 gives {got:g}")


def call(
    kernel: str, shape: tuple[int, ...], *arrays: jax.Array, like: jax.Array, **settings: np.int64
) -> jax.Array:
    """One kernel's result of this shape, in the type of ``like``."""
    result = jax.ShapeDtypeStruct(shape, like.dtype)
    name = f"neurotwin_{kernel}_{TYPES[str(like.dtype)]}"
    # "expand_dims": under vmap what is not mapped keeps one element on that axis, and the kernel repeats it.
    method = "expand_dims" if kernel in ("product", "sampled") else "sequential"
    return jax.ffi.ffi_call(name, result, vmap_method=method)(*arrays, **settings)
