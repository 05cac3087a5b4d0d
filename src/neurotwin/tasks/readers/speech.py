"""Speech as spectrograms, split so that who is tested was never heard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError, unknown_name
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.clips import UNKNOWN, Clips, read_clips
from neurotwin.tasks.readers.paths import sample
from neurotwin.tasks.readers.tables import names_of
from neurotwin.tasks.readers.voices import synthetic_voices
from neurotwin.tasks.sound import RATE_HZ, SILENCE_DB, spectrogram
from neurotwin.tasks.split import hold_out

SPLIT_SEED = 0
"""Of every split that is made here: it does not change with the seed of a run."""
TEST, VALIDATION = 0.2, 0.1
"""Share of the speakers that is tested; share of the training clips, or speakers, that is for validation."""
FEW_SPEAKERS = 10
"""With fewer, validation takes clips of the training speakers: every speaker is needed for training."""
VOICES = ("synthetic", "none")
PROCESSING = (
    f"Mixed to one channel and brought to {RATE_HZ} Hz.",
    f"Windows at both ends that are {-SILENCE_DB:.0f} dB below the loudest were cut off, and power is a share of the loudest.",
)
FSDD, EMODB = "fsdd_4speakers.npz", "emodb_7speakers.npz"
KNOWN = {
    FSDD: DataCard(
        name="fsdd",
        title="Free spoken digit dataset, 2,000 clips of 4 speakers",
        source="free-spoken-digit-dataset, four of its speakers, 8 kHz",
        version="",
        licence="CC BY-SA 4.0",
        citation="Zohar Jackson 2016, Spoken_Digit, github.com/Jakobovski/free-spoken-digit-dataset",
        url="https://github.com/Jakobovski/free-spoken-digit-dataset",
        sha256="9347756d95e6630c6829726661c9b2730fae0f53c2dc54c3671f08fa65fbc7d4",
        processing=PROCESSING,
        caveats=(
            "Its own test part (takes 0 to 4) has the same speakers as its training part and is not used here.",
            "Four speakers: how others are understood, children among them, is not shown.",
        ),
    ),
    EMODB: DataCard(
        name="emodb",
        title="Berlin database of emotional speech, 339 clips of 2 s by 7 of its 10 speakers",
        source="EMO-DB, seven of its speakers, 11,025 Hz, cut or filled to 2 s",
        version="",
        licence="none stated",
        citation="Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss 2005, Interspeech, 1517-1520",
        url="http://emodb.bilderbar.info",
        sha256="3c90a16afebaea88465347a74e8bc376e7a8e76609a3da9afc8fb62ad39ac3f4",
        processing=PROCESSING,
        caveats=(
            "Actors who play an emotion in ten given German sentences: what people do who feel it, is not shown.",
            "Three clips of four were longer than 2 s and lost their end.",
        ),
    ),
}
"""Cards of the files of the data folder, by name; recognised by their hash."""


def read_speech(
    path: Path | None,
    allow_leaks: bool = False,
    *,
    usual: str,
    tested: str = "",
    voices: str = "",
    names: Mapping[str, str] | None = None,
) -> TaskData:
    """Power spectrograms ``[window, frequency]`` with class numbers and speakers.

    Parameters
    ----------
    path
        As for :func:`neurotwin.tasks.readers.clips.read_clips`; None: ``usual`` in the data folder.
    allow_leaks
        Also split clips of one speaker, or of speakers whom nobody named.
    usual
        Name of the data folder's file.
    tested
        Speakers of the test part, between commas, in place of those that the files name or that are drawn.
    voices
        ``"synthetic"`` adds clips of speech synthesizers (:func:`neurotwin.tasks.readers.voices.synthetic_voices`) to the training
        part, ``"none"`` does not; the empty string adds them to FSDD.
    names
        What a label is called in reports, where it is not called by its name.

    Raises
    ------
    InputError
        No data, one speaker only, a tested speaker who is not there, voices that do not exist or say something else, and whatever
        ``read_clips`` and ``TaskData`` refuse.
    """
    if voices not in ("", *VOICES):
        raise unknown_name("voices", voices, list(VOICES))
    path = path or sample(usual, "recordings", "an npz, or a folder of wav files")
    clips = read_clips(path)
    card = _card(path, clips)
    classes, y = np.unique(clips.labels, return_inverse=True)
    speakers = np.unique(clips.speakers)
    sounds = [spectrogram(wave) for wave in clips.waves]
    if len(speakers) > 1:
        rows, test, told = _by_speaker(clips, tuple(names_of(tested)) or clips.tested)
    elif allow_leaks:
        rows, test = hold_out(y, TEST, seed=SPLIT_SEED)
        told = f"{TEST:.0%} of the clips of each class were drawn for the test part, of the same speaker as the others"
    else:
        nobody = speakers[0] == UNKNOWN
        raise InputError(
            "nobody says who speaks" if nobody else "there is one speaker only",
            got=f"{len(y)} clips" + ("" if nobody else f" of {speakers[0]}"),
            expected="two speakers or more, so that the tested one was never heard",
            fix="name the speakers in speakers.csv"
            if nobody
            else "add speakers, or force it with --allow-leaks",
        )
    train, validation, also = _validation(clips.speakers, y, rows)

    def examples(at: np.ndarray) -> Examples:
        return Examples([sounds[i] for i in at], y[at].astype(np.int32), clips.speakers[at])

    told = f"{told}; {also}"
    learned, cards = examples(train), (card,)
    if (voices or ("synthetic" if card is KNOWN[FSDD] else "none")) == "synthetic":
        made, made_card = synthetic_voices(tuple(map(str, classes)))
        learned = Examples(
            [*learned.x, *(spectrogram(wave) for wave in made.waves)],
            np.concatenate([learned.y, np.searchsorted(classes, made.labels).astype(np.int32)]),
            np.concatenate([clips.speakers[train], made.speakers]),
        )
        cards = (card, made_card)
        told += f"; {len(made.waves)} clips of {len(set(made.speakers))} synthetic voices were added to the training part"
    return TaskData(
        learned,
        examples(validation),
        examples(test),
        classes=tuple((names or {}).get(str(label), str(label)) for label in classes),
        split=told,
        cards=cards,
        allow_leaks=allow_leaks,
        validation_shares_groups=len(np.intersect1d(clips.speakers[train], clips.speakers[validation])) > 0,
    )


def _by_speaker(clips: Clips, tested: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows of the others, rows of the tested speakers, and how they were chosen."""
    speakers = np.unique(clips.speakers)
    if not tested:
        rows, test = hold_out(clips.labels, TEST, groups=clips.speakers, seed=SPLIT_SEED)
        who = ", ".join(np.unique(clips.speakers[test]))
        return rows, test, f"tested on {who}, drawn from {len(speakers)} speakers (always the same)"
    missing = sorted(set(tested) - set(speakers))
    if missing or len(set(tested)) == len(speakers):
        raise InputError(
            "the speakers to be tested cannot be used",
            got=", ".join(missing or tested) + ("" if missing else ": nobody is left to learn from"),
            expected=f"some of {', '.join(speakers[:20])}",
        )
    held = np.isin(clips.speakers, tested)
    said = f"tested on {', '.join(sorted(set(tested)))}, who were named, of {len(speakers)} speakers"
    return np.flatnonzero(~held), np.flatnonzero(held), said


def _validation(speakers: np.ndarray, y: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Training rows, validation rows, and how they were chosen."""
    many = len(np.unique(speakers)) >= FEW_SPEAKERS
    stay, held = hold_out(y[rows], VALIDATION, groups=speakers[rows] if many else None, seed=SPLIT_SEED)
    if many:
        return rows[stay], rows[held], f"{VALIDATION:.0%} of the other speakers were drawn for validation"
    return (
        rows[stay],
        rows[held],
        f"{VALIDATION:.0%} of the others' clips of each class were drawn for validation: it has the training speakers, so that "
        "its numbers are better than those of the test",
    )


def _card(path: Path, clips: Clips) -> DataCard:
    digest = sha256_of(path) if path.is_file() else ""
    for card in KNOWN.values():
        if card.sha256 == digest:
            return card
    title = f"{path.name} ({clips.layout}), {len(clips.waves):,} clips of {len(np.unique(clips.speakers)):,} speakers"
    return own_files(path, title, digest, PROCESSING)
