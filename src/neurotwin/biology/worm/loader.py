"""``load("worm")``: the embedded worm, or more of it from the data folder."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from neurotwin._base.errors import InputError, unknown_name
from neurotwin.biology.biology import Biology
from neurotwin.biology.connectome import Connectome
from neurotwin.biology.recording import Recording
from neurotwin.biology.sources import data_folder
from neurotwin.biology.worm import embedded, raw

CONNECTOMES = ("white-witvliet", "cook2019")
"""Connectomes of the worm; the first is the default."""

EXTRASYNAPTIC = ("monoamine", "peptide")
"""Kinds of wireless pairs."""


def load_worm(
    worms: int | str = 2,
    connectome: str = "white-witvliet",
    extrasynaptic: Sequence[str] = EXTRASYNAPTIC,
    data: str | Path | None = None,
) -> Biology:
    """The hermaphrodite *C. elegans*.

    Parameters
    ----------
    worms
        How many recorded animals: 1 or 2 are embedded (those with the most identified neurons); more, or
        "all", are read from the data folder. Recordings are sorted by subject.
    connectome
        "white-witvliet": contacts summed over White 1986 (adult, L4) and Witvliet 2021 (datasets 7, 8), "
        "four partial
        reconstructions of four animals, as wormneuroatlas has them (ASHL → AVAL 26). "cook2019": Cook 2019's
        single whole-animal table (15).
    extrasynaptic
        Kinds of Bentley 2016 pairs to add as synapses with a free sign: "monoamine", "peptide"; ``()`` for
        none.
    data
        The data folder, instead of the one that ``NEUROTWIN_DATA`` names.

    Raises
    ------
    InputError
        A number of worms that does not exist, or worms beyond the embedded ones without a data folder.
    UnknownName
        No such connectome or kind.
    """
    if connectome not in CONNECTOMES:
        raise unknown_name("connectome of the worm", connectome, list(CONNECTOMES))
    if isinstance(extrasynaptic, str):
        fix = f"write ({extrasynaptic!r},), or () for none"
        raise InputError("extrasynaptic is a list of kinds", got=repr(extrasynaptic), fix=fix)
    for kind in extrasynaptic:
        if kind not in EXTRASYNAPTIC:
            raise unknown_name("extrasynaptic kind", kind, list(EXTRASYNAPTIC))
    neurons = embedded.neurons()
    recordings = _recordings(_checked_number(worms), tuple(neurons["name"]), data)
    tables = [embedded.connectome_table(connectome)]
    if extrasynaptic:
        tables.append(embedded.extrasynaptic_table(tuple(extrasynaptic)))
    used = [
        "cells",
        connectome,
        "fenyves2020",
        *(["bentley2016"] if extrasynaptic else []),
        "dag2023",
        "randi2023",
    ]
    cards = embedded.cards()
    return Biology(
        name="worm",
        connectome=Connectome(neurons, pd.concat(tables, ignore_index=True)),
        recordings=recordings,
        perturbations=embedded.perturbations(),
        cards=tuple(cards[name] for name in used),
    )


def _checked_number(worms: object) -> int | None:
    """The number of worms, None for all."""
    if worms == "all":
        return None
    expected = 'a whole number from 1, or "all"'
    try:
        if isinstance(worms, bool):
            raise TypeError
        number = operator.index(worms)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(
            "this is no number of worms", got=repr(worms), expected=expected, fix="worms=2"
        ) from None
    if number < 1:
        raise InputError("this is no number of worms", got=number, expected=expected, fix="worms=2")
    return number


def _recordings(number: int | None, names: tuple[str, ...], data: str | Path | None) -> tuple[Recording, ...]:
    # most identified neurons first, so that asking for one more worm keeps those one had
    here = sorted(embedded.recordings(), key=_by_identities)
    if number is not None and number <= len(here):
        return tuple(sorted(here[:number], key=lambda recording: recording.subject))
    folder = Path(data) if data is not None else data_folder()
    if folder is None:
        raise InputError(
            f"the package carries {len(here)} recorded worms; the others are read from a data folder, and "
            "none is set",
            got=f"worms={'all' if number is None else number}",
            expected=f"worms from 1 to {len(here)}, or a folder with {raw.RECORDINGS_ARCHIVE}",
            fix="set NEUROTWIN_DATA to that folder, or pass data=...",
        )
    own = {recording.subject for recording in here}
    read = [worm.recording for worm in raw.read_worms(folder, names)]
    everyone = here + sorted(
        (recording for recording in read if recording.subject not in own), key=_by_identities
    )
    if number is not None and number > len(everyone):
        expected = f'1 to {len(everyone)}, or "all"'
        raise InputError(
            "there are not so many recorded worms with identified neurons",
            got=number,
            expected=expected,
            fix=f"worms={len(everyone)}",
        )
    return tuple(sorted(everyone[:number], key=lambda recording: recording.subject))


def _by_identities(recording: Recording) -> tuple[int, str]:
    return -recording.n_neurons, recording.subject
