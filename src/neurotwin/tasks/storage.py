"""A trained network on disk: safetensors for the numbers, JSON for what it takes to build it again; never pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax

from neurotwin._base.errors import InputError
from neurotwin.network.storage import load_arrays, metadata_of, save_arrays
from neurotwin.tasks.task import TASKS, Spec

FORMAT = "neurotwin.task.1"


def save_network(
    network: Any, path: str | Path, *, task: str, model: str, spec: Spec, classes: tuple[str, ...]
) -> None:
    """Write a network that ``TASKS[task].models[model]`` built from ``spec``."""
    about = {"task": task, "model": model, "spec": spec, "classes": list(classes)}
    save_arrays(network, path, {"format": FORMAT, "about": json.dumps(about, sort_keys=True)})


def load_network(path: str | Path) -> tuple[Any, dict[str, Any]]:
    """Read what :func:`save_network` wrote: the network, and a dict of task, model, spec and classes.

    Raises
    ------
    InputError
        No such file, damaged, or of another format.
    """
    metadata = metadata_of(path)
    if metadata.get("format") != FORMAT:
        raise InputError("the file is not a task's network", got=metadata.get("format"), expected=FORMAT)
    about = json.loads(metadata["about"])
    like = TASKS[about["task"]].models[about["model"]].build(about["spec"], jax.random.key(0))
    return load_arrays(like, path)[0], about
