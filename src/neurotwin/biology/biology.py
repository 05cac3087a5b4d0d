"""A biological neural network: what is known of it, in one place, under one set of names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from neurotwin._base.errors import InputError
from neurotwin.biology.connectome import Connectome
from neurotwin.biology.perturbations import Perturbations
from neurotwin.biology.provenance import DataCard
from neurotwin.biology.recording import Recording


@dataclass(frozen=True, eq=False)
class Biology:
    """Connectome, recordings and perturbations of one nervous system, aligned by neuron name.

    Parameters
    ----------
    name
        Of the nervous system ("worm").
    connectome
        Its neurons define the names and their order.
    recordings
        As recorded, one per animal; ``recordings_aligned`` has them over all neurons of the connectome.
    perturbations
        Responses to stimulation, or None; aligned to the connectome's names on construction.
    cards
        Where each part comes from.

    Raises
    ------
    InputError
        A recorded or stimulated neuron is not in the connectome, or two recordings name the same subject.
    """

    name: str
    connectome: Connectome
    recordings: tuple[Recording, ...] = ()
    perturbations: Perturbations | None = None
    cards: tuple[DataCard, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.recordings, Recording):
            raise InputError("recordings come as a tuple", got="one Recording", fix="write (recording,)")
        object.__setattr__(self, "recordings", tuple(self.recordings))
        object.__setattr__(self, "cards", tuple(self.cards))
        known = set(self.connectome.names)
        for number, recording in enumerate(self.recordings):
            who = recording.subject or f"number {number}"
            _refuse_unknown(f"recording {who}", [n for n in recording.names if n not in known])
        subjects = [recording.subject for recording in self.recordings if recording.subject]
        if len(set(subjects)) != len(subjects):
            raise InputError(
                "two recordings are of one subject", got=sorted(subjects), fix="join them, or rename one"
            )
        if self.perturbations is not None:
            _refuse_unknown("the perturbations", [n for n in self.perturbations.names if n not in known])
            object.__setattr__(self, "perturbations", self.perturbations.align(self.connectome.names))

    @cached_property
    def recordings_aligned(self) -> tuple[Recording, ...]:
        """Each recording over all neurons of the connectome; unrecorded ones are 0 and not observed."""
        return tuple(recording.align(self.connectome.names) for recording in self.recordings)

    def with_connectome(self, connectome: Connectome) -> Biology:
        """The same data on another wiring (a null): for controls."""
        return replace(self, connectome=connectome)

    def with_recordings(self, recordings: tuple[Recording, ...]) -> Biology:
        """The same wiring with other recordings (fewer animals, a shorter stretch)."""
        return replace(self, recordings=recordings)

    def recorded_by(self) -> pd.DataFrame:
        """bool table, neurons (rows, by name) × recordings (columns, by subject): who was recorded where."""
        aligned = self.recordings_aligned
        columns = [recording.subject or f"recording {i}" for i, recording in enumerate(aligned)]
        shape = (self.connectome.n_neurons, len(aligned))
        seen = np.stack([r.observed for r in aligned], axis=1) if aligned else np.zeros(shape, bool)
        return pd.DataFrame(seen, index=pd.Index(self.connectome.names, name="name"), columns=columns)

    def summary(self) -> dict[str, Any]:
        """Plain numbers for a scoreboard or a report."""
        recordings = [
            {
                "subject": recording.subject,
                "kind": recording.kind,
                "neurons": int(recording.observed.sum()),
                "frames": recording.n_frames,
                "dt_ms": recording.dt_ms,
            }
            for recording in self.recordings
        ]
        perturbations = None
        if self.perturbations is not None:
            measured = self.perturbations.measured
            perturbations = {
                "stimulated": int(measured.any(axis=0).sum()),
                "responding": int(measured.any(axis=1).sum()),
                "pairs": int(measured.sum()),
                "significant": int(self.perturbations.significant().sum()),
            }
        return {
            "name": self.name,
            "connectome": self.connectome.summary(),
            "recordings": recordings,
            "neurons_recorded": int(self.recorded_by().any(axis=1).sum()),
            "perturbations": perturbations,
            "cards": [card.name for card in self.cards],
        }

    def __repr__(self) -> str:
        parts = f"{self.connectome!r}, {len(self.recordings)} recordings, {self.perturbations!r}"
        return f"Biology({self.name!r}, {parts})"


def _refuse_unknown(where: str, names: list[str]) -> None:
    if names:
        got = ", ".join(names[:10]) + (f", … ({len(names)} in all)" if len(names) > 10 else "")
        fix = "rename them as the connectome does, or drop them with .select(...)"
        raise InputError(f"neurons of {where} are not in the connectome", got=got, fix=fix)
