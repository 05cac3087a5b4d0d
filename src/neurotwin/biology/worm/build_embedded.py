"""Re-creates the embedded worm data from the data folder, byte for byte the same on every run.

``python -m neurotwin.biology.worm.build_embedded --data ../shared/data`` (``--out DIR`` to write elsewhere).
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of, write_atomic
from neurotwin.biology.archives import read_archive
from neurotwin.biology.connectome import Connectome
from neurotwin.biology.tables import column, rows
from neurotwin.biology.worm import raw
from neurotwin.biology.worm.cards import Facts, MatrixFacts, worm_cards
from neurotwin.biology.worm.embedded import FOLDER
from neurotwin.biology.worm.names import cell_class, neuron_type, side
from neurotwin.biology.worm.signs import sign_table

if TYPE_CHECKING:
    from h5py import Group

EMBEDDED_WORMS = 2


def build(folder: str | Path) -> dict[str, bytes]:
    """File name → bytes of everything in ``data/``, from the raw archives in ``folder``."""
    files = read_archive(folder, raw.CONNECTOME_ARCHIVE)
    names, atlas = raw.read_atlas(files)
    neurons = neuron_table(files, names)
    transmitters = dict(zip(neurons["name"], neurons["transmitters"], strict=True))
    predictions = raw.read_predictions(files)
    white, white_facts = white_witvliet(files, names, atlas)
    cook, cook_facts = cook2019(files, names)
    out = {"neurons.csv": _csv(neurons)}
    rules: dict[str, dict[str, int]] = {}
    for name, table in (("white-witvliet", white), ("cook2019", cook)):
        connectome = Connectome(neurons, with_signs(table, names, predictions, transmitters))
        rules[name] = connectome.sign_rules("chemical")
        out[f"connectome_{name}.csv"] = _csv(_halved(connectome))
    wireless = {kind: raw.read_extrasynaptic(files, kind, names) for kind in ("monoamine", "peptide")}
    both = pd.concat([found.table.assign(kind=kind) for kind, found in wireless.items()], ignore_index=True)
    pairs = Connectome(neurons, both).synapses
    out["extrasynaptic.csv"] = _csv(pairs.loc[:, ["pre", "post", "kind", "weight"]].astype({"weight": int}))
    worms = raw.read_worms(folder, names)
    chosen = sorted(worms, key=lambda worm: (-worm.recording.n_neurons, worm.recording.subject))[
        :EMBEDDED_WORMS
    ]
    out["worms.h5"] = _worms_file(chosen)
    out["atlas.h5"] = _atlas_file(names, atlas)
    facts = Facts(
        hashes={
            name: sha256_of(Path(folder) / name) for name in (raw.CONNECTOME_ARCHIVE, raw.RECORDINGS_ARCHIVE)
        },
        white=white_facts,
        cook=cook_facts,
        sign_rules=rules,
        extrasynaptic=wireless,
        worms=worms,
        embedded=[worm.recording.subject for worm in chosen],
    )
    cards = [card.to_dict() for card in worm_cards(facts)]
    out["cards.json"] = (json.dumps(cards, indent=1, ensure_ascii=False) + "\n").encode()
    return out


def neuron_table(files: dict[str, bytes], names: tuple[str, ...]) -> pd.DataFrame:
    """name, cell_class, type, transmitter (dominant), transmitters (all of them, run together), side."""
    types, transmitters = raw.read_cell_types(files), raw.read_transmitters(files)
    entries = []
    for name in names:
        kind = neuron_type(types.get(name, ""))
        if not kind:
            raise InputError("the cell table gives no type that is known", got=f"{name}: {types.get(name)!r}")
        dominant, everything = transmitters[name]
        entries.append((name, cell_class(name, names), kind, dominant, everything, side(name, names)))
    return pd.DataFrame(
        entries, columns=["name", "cell_class", "type", "transmitter", "transmitters", "side"]
    )


def white_witvliet(
    files: dict[str, bytes], names: tuple[str, ...], atlas: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, MatrixFacts]:
    """The atlas' wiring with AWCL, AWCR and VD9 mended from the edge lists, as ``pre, post, kind, weight``.

    wormneuroatlas looks up each name of a list, gets −1 for a name that is not among its 300 (muscles, glia,
    CAN, and AWCL and AWCR, which it calls AWCOFF and AWCON), and uses −1 as an index. So AWC's rows and
    columns stay empty, and all these contacts pile up in the last row and column, which are VD9's: 4,141
    contacts onto it, against 659 for the next neuron. Everywhere else the matrix must be at least the sum of
    the lists that we have; what it has more is White's L4 larva, which is of the nerve ring and so has no
    part in VD9.
    """
    chemical, electrical = (atlas[name].astype(np.float64) for name in ("chem", "gap"))
    listed_chemical, listed_electrical = raw.read_edge_lists(files, names)
    is_awc, is_vd9 = np.isin(names, ("AWCL", "AWCR")), np.array(names) == "VD9"
    awc, vd9 = is_awc[:, None] | is_awc[None, :], is_vd9[:, None] | is_vd9[None, :]
    mended = awc | vd9
    remainder = np.where(mended, 0, chemical - listed_chemical)
    if chemical[awc].any() or electrical[awc].any() or names[-1] != "VD9":
        raise InputError(
            "the atlas' wiring no longer has the faults that are mended here",
            fix="mend less in white_witvliet",
        )
    if remainder.min() < 0 or np.where(mended, 0, electrical - listed_electrical).min() < 0:
        raise InputError(
            "the atlas' wiring is not the sum of the edge lists and White's L4", fix="check the orientation"
        )
    facts = MatrixFacts(
        chemical_before=int((chemical > 0).sum()),
        electrical_before=int((electrical > 0).sum()),
        remainder_pairs=int((remainder > 0).sum()),
        remainder_contacts=int(remainder.sum()),
        awc_chemical=int((listed_chemical[awc] > 0).sum()),
        awc_electrical=int((listed_electrical[awc] > 0).sum()),
        vd9_contacts_before=int(chemical[vd9].sum()),
        vd9_contacts_after=int(listed_chemical[vd9].sum()),
        vd9_pairs_before=int((chemical[vd9] > 0).sum()),
        vd9_pairs_after=int((listed_chemical[vd9] > 0).sum()),
        electrical_to_self=int((np.diag(electrical)[~is_vd9] > 0).sum()),
    )
    chemical[mended], electrical[mended] = listed_chemical[mended], listed_electrical[mended]
    np.fill_diagonal(electrical, 0)
    tables = [_edges(chemical, names, "chemical"), _edges(electrical, names, "electrical")]
    return pd.concat(tables, ignore_index=True), facts


def cook2019(files: dict[str, bytes], names: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cook 2019 among the 300 neurons, as ``pre, post, kind, weight``; and how many rows were left out."""
    facts: dict[str, int] = {}
    tables = []
    for kind in ("chemical", "electrical"):
        table = raw.read_cook(files, kind)
        pre, post = column(table, "pre").astype(str), column(table, "post").astype(str)
        inside = np.isin(pre, names) & np.isin(post, names)
        facts[f"{kind}_outside"] = int((~inside).sum())
        own = inside & (pre == post) & (kind == "electrical")
        facts[f"{kind}_to_self"] = int(own.sum())
        tables.append(rows(table, inside & ~own).assign(kind=kind))
    return pd.concat(tables, ignore_index=True), facts


def with_signs(
    table: pd.DataFrame,
    names: tuple[str, ...],
    predictions: dict[tuple[str, str], str],
    transmitters: dict[str, str],
) -> pd.DataFrame:
    """The table with ``sign`` and ``sign_rule``: chemical by the rules of ``signs``, electrical +1."""
    signs = sign_table(zip(table["pre"], table["post"], strict=True), predictions, transmitters)
    electrical = (table["kind"] == "electrical").to_numpy()
    signs.loc[electrical, "sign"] = 1
    signs.loc[electrical, "sign_rule"] = "electrical"
    return table.reset_index(drop=True).join(signs)


def _edges(matrix: np.ndarray, names: tuple[str, ...], kind: str) -> pd.DataFrame:
    post, pre = np.nonzero(matrix)
    order = np.array(names, dtype=object)
    return pd.DataFrame({"pre": order[pre], "post": order[post], "kind": kind, "weight": matrix[post, pre]})


def _halved(connectome: Connectome) -> pd.DataFrame:
    """Synapses for the file: each gap junction once, no column that is constant."""
    table = connectome.synapses
    once = (table["kind"] != "electrical") | (table["pre"] < table["post"])
    return table.loc[once, ["pre", "post", "kind", "weight", "sign", "sign_rule"]].astype({"weight": int})


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def _worms_file(worms: list[raw.LabelledWorm]) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w", track_order=False) as file:
        for worm in sorted(worms, key=lambda worm: worm.recording.subject):
            recording = worm.recording
            group = file.create_group(recording.subject)
            group.attrs["dt_ms"] = recording.dt_ms
            _store(group, "activity", recording.activity)
            _store(group, "names", np.array(recording.names, dtype="S"))
    return buffer.getvalue()


def _atlas_file(names: tuple[str, ...], atlas: dict[str, np.ndarray]) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w", track_order=False) as file:
        _store(file, "names", np.array(names, dtype="S"))
        _store(file, "amplitude", atlas["wt_dFF"].astype(np.float32))
        _store(file, "q", atlas["wt_q"].astype(np.float32))
        _store(file, "repeats", atlas["wt_occ1"].astype(np.uint16))
    return buffer.getvalue()


def _store(group: Group, name: str, array: np.ndarray) -> None:
    # without times, so that the same numbers give the same bytes
    group.create_dataset(
        name, data=array, compression="gzip", compression_opts=9, shuffle=True, track_times=False
    )


def main(arguments: list[str] | None = None) -> None:
    """Command line: build, write atomically, print what was written."""
    parser = argparse.ArgumentParser(description="re-create the embedded worm data from the data folder")
    parser.add_argument(
        "--data", required=True, help="folder with celegans_connectome.tar.gz and celegans_dag2023.tar.gz"
    )
    parser.add_argument(
        "--out", default=str(FOLDER), help="where to write (default: the package's own data folder)"
    )
    chosen = parser.parse_args(arguments)
    Path(chosen.out).mkdir(parents=True, exist_ok=True)
    written = build(chosen.data)
    for name, content in written.items():
        write_atomic(Path(chosen.out) / name, content)
        sys.stdout.write(f"{len(content):>9,} bytes  {name}\n")
    sys.stdout.write(f"{sum(map(len, written.values())):>9,} bytes  in all\n")


if __name__ == "__main__":
    main()
