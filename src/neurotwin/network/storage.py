"""A twin on disk: safetensors for the numbers, JSON for the blueprint; never pickle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import write_atomic
from neurotwin.blueprint import Blueprint
from neurotwin.network.parameters import Cells, Parameters
from neurotwin.network.twin import Twin
from neurotwin.network.wiring import Wiring

FORMAT = "neurotwin.twin.1"


def leaf_names(tree: Any) -> dict[str, Any]:
    """Arrays of a pytree by their dotted path."""
    leaves = jax.tree_util.tree_flatten_with_path(eqx.filter(tree, eqx.is_array))[0]
    return {jax.tree_util.keystr(path).lstrip("."): leaf for path, leaf in leaves}


def save_arrays(tree: Any, path: str | Path, metadata: dict[str, str]) -> None:
    """Write all arrays of a pytree to one safetensors file, atomically."""
    from safetensors.numpy import save

    # not ascontiguousarray: it turns a scalar, such as the step of a fit, into a vector of length 1
    arrays = {name: np.asarray(leaf, order="C") for name, leaf in leaf_names(tree).items()}
    # one key: safetensors orders several at random, and equal twins are to be equal files
    write_atomic(path, save(arrays, metadata={"neurotwin": json.dumps(metadata, sort_keys=True)}))


def metadata_of(path: str | Path) -> dict[str, str]:
    """What :func:`save_arrays` was given beside the arrays; InputError where the file is missing or damaged."""
    if not Path(path).is_file():
        raise InputError("there is no such file", got=str(path), expected="a file .safetensors")
    with _opened(path) as stream:
        return _metadata(stream)


@contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    """A safetensors file; whatever goes wrong while it is open is an InputError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as stream:
            yield stream
    except (SafetensorError, OSError) as error:
        raise InputError(
            "the file cannot be read as safetensors", got=f"{path}: {error}", fix="check that it is complete"
        ) from None


def _metadata(stream: Any) -> dict[str, str]:
    return json.loads((stream.metadata() or {}).get("neurotwin", "{}"))


def load_arrays(like: Any, path: str | Path) -> tuple[Any, dict[str, str]]:
    """Read arrays into a pytree of the same structure; returns it and the file's metadata."""
    with _opened(path) as stream:
        metadata = _metadata(stream)
        arrays = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - not a mapping
    names = list(leaf_names(like))
    if sorted(arrays) != sorted(names):
        missing, extra = sorted(set(names) - set(arrays)), sorted(set(arrays) - set(names))
        raise InputError(
            "the file holds other arrays than expected", got=f"missing {missing[:5]}, extra {extra[:5]}"
        )
    dynamic, static = eqx.partition(like, eqx.is_array)
    structure = jax.tree_util.tree_structure(dynamic)
    filled = jax.tree_util.tree_unflatten(structure, [jnp.asarray(arrays[name]) for name in names])
    return eqx.combine(filled, static), metadata


def save_twin(twin: Twin, path: str | Path) -> None:
    """Write ``path`` (safetensors) with the blueprint, subjects and activation in its metadata."""
    metadata = {
        "format": FORMAT,
        "blueprint": twin.blueprint.to_json(),
        "subjects": json.dumps(list(twin.subjects)),
        "activation": twin.activation,
    }
    save_arrays({"parameters": twin.parameters, "wiring": twin.wiring}, path, metadata)


def load_twin(path: str | Path) -> Twin:
    """Read a twin; InputError when the file is missing, damaged or of another format."""
    if not Path(path).is_file():
        raise InputError(
            "there is no such file", got=str(path), expected="a twin.safetensors that save wrote"
        )
    tree, metadata = load_arrays({"parameters": _empty(Parameters), "wiring": _empty(Wiring)}, path)
    if metadata.get("format") != FORMAT:
        raise InputError("the file is not a twin of this format", got=metadata.get("format"), expected=FORMAT)
    return Twin(
        parameters=tree["parameters"],
        wiring=tree["wiring"],
        blueprint=Blueprint.from_json(metadata["blueprint"]),
        subjects=tuple(json.loads(metadata["subjects"])),
        activation=metadata["activation"],
    )


def _empty(kind: type) -> Any:
    """An instance whose arrays are placeholders, to name the leaves."""
    fields = {name: _empty(Cells) if name == "cells" else jnp.zeros(()) for name in kind.__dataclass_fields__}
    return kind(**fields)
