"""What an adaptation trained, on disk by itself: a small file that is put on the pre-trained network again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax

from neurotwin._base.errors import InputError
from neurotwin.network.storage import load_arrays, metadata_of, save_arrays
from neurotwin.tasks import Spec
from neurotwin.transfer.methods import METHODS, with_readout

FORMAT = "neurotwin.adapted.1"


def save_adapted(
    network: Any, trained: Any, path: str | Path, *, method: str, spec: Spec, classes: tuple[str, ...]
) -> None:
    """Write the numbers of ``network`` that ``trained`` names, and what it takes to put them back."""
    about = {"method": method, "spec": spec, "classes": list(classes)}
    save_arrays(
        eqx.filter(network, trained), path, {"format": FORMAT, "about": json.dumps(about, sort_keys=True)}
    )


def load_adapted(path: str | Path, pretrained: Any) -> tuple[Any, dict[str, Any]]:
    """Read what :func:`save_adapted` wrote, onto the network that was adapted.

    Parameters
    ----------
    path
        Of the small file.
    pretrained
        The network as it was before it got a new read-out.

    Returns
    -------
    network, about
        The adapted network, and a dict of method, spec and classes.

    Raises
    ------
    InputError
        No such file, damaged, or of another format; it belongs to another network.
    """
    metadata = metadata_of(path)
    if metadata.get("format") != FORMAT:
        raise InputError("the file is no adaptation", got=metadata.get("format"), expected=FORMAT)
    about = json.loads(metadata["about"])
    keys = jax.random.split(jax.random.key(0))
    network = with_readout(pretrained, about["spec"]["classes"], keys[0])
    adapted = METHODS[about["method"]].prepare(network, about["spec"], keys[1])
    moving, still = eqx.partition(adapted.network, adapted.trained)
    loaded = load_arrays(moving, path)[0]
    for old, new in zip(jax.tree.leaves(moving), jax.tree.leaves(loaded), strict=True):
        if old.shape != new.shape:
            raise InputError("the adaptation is of another network", got=new.shape, expected=old.shape)
    return eqx.combine(loaded, still), about
