"""Reads the raw archives of the data folder; nothing else knows their quirks.

``celegans_connectome.tar.gz`` and ``celegans_dag2023.tar.gz`` are read in memory; names come out normalised.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.biology.archives import read_archive
from neurotwin.biology.recording import Recording
from neurotwin.biology.worm.names import normalise_name

CONNECTOME_ARCHIVE = "celegans_connectome.tar.gz"
RECORDINGS_ARCHIVE = "celegans_dag2023.tar.gz"

SECTION_LISTS = (
    "aconnectome_white_1986_whole.csv",
    "aconnectome_witvliet_2020_7.csv",
    "aconnectome_witvliet_2020_8.csv",
)
"""Those of the four lists summed in the atlas' ``chem`` that the folder has (White's L4 is not there)."""


def read_npz(data: bytes) -> dict[str, np.ndarray]:
    """Arrays of an npz file; pickled objects are refused."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def read_csv(data: bytes, separator: str = ",") -> list[list[str]]:
    """Rows of a text table as they stand, header included; ragged rows are the caller's business."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator))


def read_atlas(files: dict[str, bytes]) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Names and matrices ``[post, pre]`` of the signal-propagation atlas file."""
    arrays = read_npz(files["randi2023_funatlas_compact.npz"])
    return tuple(normalise_name(str(name)) for name in arrays.pop("neuron_ids")), arrays


def read_edge_lists(files: dict[str, bytes], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Chemical and electrical contacts ``[post, pre]`` summed over :data:`SECTION_LISTS`.

    A gap junction is written from one end in these lists, so each list is made symmetric by the larger of the
    two directions before it is added (as wormneuroatlas does, ``NeuroAtlas._get_aconnectome_witvliet``).
    """
    index = {name: i for i, name in enumerate(names)}
    chemical, electrical = np.zeros((len(names),) * 2), np.zeros((len(names),) * 2)
    for list_name in SECTION_LISTS:
        junctions = np.zeros_like(electrical)
        for pre, post, kind, contacts in read_csv(files[list_name], "\t")[1:]:
            row, column = index.get(normalise_name(post)), index.get(normalise_name(pre))
            if row is not None and column is not None:
                target = chemical if kind == "chemical" else junctions
                target[row, column] += float(contacts)
        electrical += np.maximum(junctions, junctions.T)
    return chemical, electrical


def read_cook(files: dict[str, bytes], kind: str) -> pd.DataFrame:
    """Cook 2019 edges as ``pre, post, weight``, every cell type included."""
    name = {
        "chemical": "cook2019_hermaphrodite_chemical.csv",
        "electrical": "cook2019_hermaphrodite_gap_jn_symmetric.csv",
    }
    rows = read_csv(files[name[kind]])[1:]
    return pd.DataFrame(
        [(normalise_name(pre), normalise_name(post), float(weight)) for pre, post, weight in rows],
        columns=["pre", "post", "weight"],
    )


def read_predictions(files: dict[str, bytes]) -> dict[tuple[str, str], str]:
    """(pre, post) → "+", "-", "complex" or "no pred" (Fenyves 2020)."""
    rows = read_csv(files["fenyves2020_synapse_signs.csv"])[1:]
    return {(normalise_name(row[0]), normalise_name(row[3])): row[6] for row in rows}


def read_transmitters(files: dict[str, bytes]) -> dict[str, tuple[str, str]]:
    """Neuron → (dominant transmitter, all of them run together); "" where unknown (Fenyves 2020)."""
    rows = read_csv(files["fenyves2020_neurotransmitters.csv"])[1:]
    return {normalise_name(row[0]): (row[1], row[3]) for row in rows}


def read_cell_types(files: dict[str, bytes]) -> dict[str, str]:
    """Neuron → the cell table's 'Type'. Some male cells have a sixth field; only the first two are used."""
    return {normalise_name(row[0]): row[1] for row in read_csv(files["all_cell_info.csv"])[1:]}


@dataclass(frozen=True)
class Extrasynaptic:
    """Bentley 2016 pairs of one kind (``pre``, ``post``, ``weight``) and what was left out."""

    table: pd.DataFrame
    lines: int
    outside: int
    to_self: int


def read_extrasynaptic(files: dict[str, bytes], kind: str, names: tuple[str, ...]) -> Extrasynaptic:
    """Pairs (transmitter in the one, receptor in the other); weight = distinct combinations of the two.

    The neuropeptide list has a fifth field (another name of the receptor gene, often empty), which does not
    make a combination.
    """
    name = {
        "monoamine": "esconnectome_monoamines_Bentley_2016.csv",
        "peptide": "esconnectome_neuropeptides_Bentley_2016.csv",
    }
    known, combinations = set(names), defaultdict(set)
    rows = [row for row in read_csv(files[name[kind]]) if row and not row[0].startswith("#")]
    outside = set()
    for row in rows:
        pre, post = normalise_name(row[0]), normalise_name(row[1])
        if pre in known and post in known:
            combinations[pre, post].add((row[2].strip(), row[3].strip()))
        else:
            outside.add((pre, post))
    own = sum(pre == post for pre, post in combinations)
    pairs = [(pre, post, float(len(c))) for (pre, post), c in combinations.items() if pre != post]
    return Extrasynaptic(pd.DataFrame(pairs, columns=["pre", "post", "weight"]), len(rows), len(outside), own)


@dataclass(frozen=True)
class LabelledWorm:
    """A recording and what became of its labels."""

    recording: Recording
    traces: int
    ambiguous: int
    duplicates: int
    irregular_frames: int
    longest_gap_ms: float


def read_worm(data: bytes, subject: str, names: tuple[str, ...]) -> LabelledWorm | None:
    """One recording of Dag et al. 2023, identified neurons only; None where no neuron was identified.

    Activity is the file's ``trace_F_F20`` and not its ``trace_z``: that one is z-scored over the whole
    recording and so carries the mean and spread of the test stretch into training. (``trace_F_F20`` has mean
    1 in every neuron, so it is F over its mean whatever its name; a scale cancels when
    ``Recording.standardised`` divides by the training stretch's sd.)

    A label with "?" names no single neuron and is dropped. Of two traces with one label the more confident is
    kept; both are dropped where they tie. A label that is no neuron of the connectome is an ``InputError``.
    """
    arrays = read_npz(data)
    labels = [normalise_name(str(label)) for label in arrays["label"]]
    columns: dict[str, list[int]] = defaultdict(list)
    for column, label in enumerate(labels):
        if label and "?" not in label:
            columns[label].append(column)
    if not columns:
        return None
    strange = sorted(set(columns) - set(names))
    if strange:
        raise InputError(
            "a recording labels cells that are no neurons of the worm", got=f"{subject}: {', '.join(strange)}"
        )
    chosen: dict[str, int] = {}
    for label, candidates in columns.items():
        confidence = arrays["label_confidence"][candidates]
        best = np.flatnonzero(confidence == confidence.max())
        if len(best) == 1:
            chosen[label] = candidates[int(best[0])]
    ordered = [name for name in names if name in chosen]
    interval_ms = 1000 * np.diff(arrays["time_s"])
    recording = Recording(
        activity=arrays["trace_F_F20"][:, [chosen[name] for name in ordered]],
        names=tuple(ordered),
        # a tenth of a microsecond is below the clock's own precision, and makes equal worms equal
        dt_ms=round(float(np.median(interval_ms)), 4),
        kind="calcium",
        subject=subject,
    )
    return LabelledWorm(
        recording=recording,
        traces=len(labels),
        ambiguous=sum("?" in label for label in labels),
        duplicates=sum(len(found) for found in columns.values()) - len(chosen),
        irregular_frames=int((np.abs(interval_ms - np.median(interval_ms)) > 50).sum()),
        longest_gap_ms=float(interval_ms.max()),
    )


def read_worms(folder: str | Path, names: tuple[str, ...]) -> list[LabelledWorm]:
    """All recordings with identified neurons, sorted by subject."""
    files = read_archive(folder, RECORDINGS_ARCHIVE)
    worms = [
        read_worm(files[name], Path(name).stem, names) for name in sorted(files) if name.endswith(".npz")
    ]
    return [worm for worm in worms if worm is not None]
