"""The brain of the fruit fly's larva, from the data folder: 3,013 neurons, every synapse seen in the electron microscope."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.biology.archives import read_archive
from neurotwin.biology.connectome import Connectome
from neurotwin.biology.sources import data_folder

ARCHIVE = "drosophila_larva.tar.gz"
TYPES = {"input": "sensory", "inter": "inter", "output": "motor"}
"""The table's word for where a neuron stands → ours. "motor" are all that leave the brain: descending neurons and motor neurons."""


def larva_connectome(data: str | Path | None = None) -> Connectome:
    """Neurons by their skeleton numbers, with class, side and type; chemical synapses without signs (no transmitters are known).

    Source: Winding et al. 2023, Science 379:eadd9330; nodes and edges as in neurodata/bilateral-connectome (MIT).

    Parameters
    ----------
    data
        Folder with ``drosophila_larva.tar.gz``; None takes ``NEUROTWIN_DATA``.

    Raises
    ------
    InputError
        There is no such folder or file.
    """
    folder = Path(data) if data is not None else data_folder()
    if folder is None:
        raise InputError(
            "the larva's connectome does not come with the package",
            got="no data folder",
            expected=ARCHIVE,
            fix="set NEUROTWIN_DATA to the folder that has it",
        )
    files = read_archive(folder, ARCHIVE)
    nodes = pd.read_csv(io.BytesIO(files["nodes.csv"]), index_col=0)
    edges = pd.read_csv(io.BytesIO(files["edges.csv"]), header=None, names=["pre", "post", "weight"])
    neurons = pd.DataFrame(
        {
            "name": [str(number) for number in nodes.index],
            "cell_class": nodes["class1"].astype(str).to_numpy(),
            "type": [TYPES[where] for where in nodes["io"]],
            "side": nodes["hemisphere"].astype(str).to_numpy(),
        }
    )
    synapses = pd.DataFrame(
        {
            "pre": edges["pre"].astype(str),
            "post": edges["post"].astype(str),
            "kind": "chemical",
            "weight": edges["weight"].astype(float),
        }
    )
    return Connectome(neurons, synapses)
