"""Digits by speech synthesizers: more voices to learn from, where there are few speakers."""

from __future__ import annotations

from importlib import resources

from neurotwin._base.errors import InputError
from neurotwin.biology import DataCard
from neurotwin.tasks.readers.cards import packaged
from neurotwin.tasks.readers.clips import Clips, read_clips


def synthetic_voices(classes: tuple[str, ...]) -> tuple[Clips, DataCard]:
    """The clips that come with the package, with labels "0" to "9", and where they are from.

    Raises
    ------
    InputError
        ``classes``, what the other clips say, are not digits.
    """
    card, folder = packaged("voices")
    with resources.as_file(folder / "voices.npz") as path:
        clips = read_clips(path)
    said = sorted(set(clips.labels))
    if not set(said) <= set(classes):
        raise InputError(
            "the synthetic voices say other words than the clips",
            got=f"classes {', '.join(classes[:12])}",
            expected=f"{', '.join(said)}, in English",
            fix="--option voices=none",
        )
    return clips, card
