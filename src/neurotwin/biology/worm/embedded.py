"""Reads the worm data that the package carries (``data/``, written by ``build_embedded``)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from neurotwin.biology.perturbations import Perturbations
from neurotwin.biology.provenance import DataCard
from neurotwin.biology.recording import Recording
from neurotwin.biology.tables import SYNAPSE_COLUMNS, column, rows

FOLDER = Path(__file__).parent / "data"


def neurons() -> pd.DataFrame:
    """The neuron table, in the order of every matrix."""
    return _table("neurons.csv")


def connectome_table(name: str) -> pd.DataFrame:
    """Chemical synapses and gap junctions (both directions) of "white-witvliet" or "cook2019".

    Delays are not known for the worm and stand at 0.
    """
    table = _table(f"connectome_{name}.csv").assign(delay_ms=0.0)
    there = rows(table, column(table, "kind") == "electrical")
    back = there.assign(pre=there["post"], post=there["pre"])
    return pd.concat([table, back], ignore_index=True).loc[:, list(SYNAPSE_COLUMNS)]


def extrasynaptic_table(kinds: tuple[str, ...]) -> pd.DataFrame:
    """Monoamine and peptide pairs of the kinds asked for, sign free."""
    table = _table("extrasynaptic.csv")
    table = rows(table, np.isin(column(table, "kind").astype(str), kinds))
    return table.assign(sign=0, sign_rule="extrasynaptic", delay_ms=0.0).loc[:, list(SYNAPSE_COLUMNS)]


def recordings() -> tuple[Recording, ...]:
    """The embedded recordings, sorted by subject."""
    import h5py

    with h5py.File(FOLDER / "worms.h5", "r") as file:
        return tuple(
            Recording(
                activity=_array(file, f"{subject}/activity"),
                names=tuple(name.decode() for name in _array(file, f"{subject}/names")),
                dt_ms=float(np.asarray(file[subject].attrs["dt_ms"])),
                kind="calcium",
                subject=subject,
            )
            for subject in sorted(file)
        )


def perturbations() -> Perturbations:
    """The wild-type signal-propagation atlas, rows respond, columns are stimulated.

    The orientation is the authors': "``occ1[i,j]`` is the number of times neuron i responded to stimulations
    of neuron j" (README of leiferlab/pumpprobe, the code behind Randi et al. 2023; its
    ``funatlas_plot_intensity_map.py`` labels the axes of the same map "stimulated" (x) and "responding" (y)),
    and wormneuroatlas gives "the average kernel for pair i<-j" (``NeuroAtlas.get_kernel``). The numbers
    agree: no pair has more trials than its column's neuron has with itself, which must hold if columns are
    stimulated; read the other way round, 5,315 of 25,172 pairs would break it.
    """
    import h5py

    with h5py.File(FOLDER / "atlas.h5", "r") as file:
        names = tuple(name.decode() for name in _array(file, "names"))
        amplitude, q, repeats = (_array(file, name) for name in ("amplitude", "q", "repeats"))
    return Perturbations(names, amplitude, q, repeats)


def cards() -> dict[str, DataCard]:
    """Name → data card."""
    entries = json.loads((FOLDER / "cards.json").read_text(encoding="utf-8"))
    return {entry["name"]: DataCard.from_dict(entry) for entry in entries}


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / name, keep_default_na=False)


def _array(file: object, path: str) -> np.ndarray:
    return np.asarray(file[path])  # type: ignore[index]
