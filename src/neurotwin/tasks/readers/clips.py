"""Recorded speech with a label and a speaker for each clip: npz files, and folders of wav files in two layouts."""

from __future__ import annotations

import csv
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.plain import utf8_of
from neurotwin.tasks.sound import to_rate

LABELS = ("digit", "emotion", "label")
"""Names under which an npz may keep the labels."""
SPEAKERS, TESTED = "speakers.csv", "test_speakers.txt"
UNKNOWN = "unknown"
"""The speaker of all clips where nobody said who speaks."""
NAMED = {
    "digit_speaker_take, as in FSDD": re.compile(r"(?P<label>\d)_(?P<speaker>.+)_\d+\.wav"),
    "speaker, sentence, emotion and take, as in EMO-DB (03a01Fa.wav)": re.compile(
        r"(?P<speaker>\d\d)[ab]\d\d(?P<label>[A-Z])[a-z]?\.wav"
    ),
}
"""Ways to name wav files so that the name tells label and speaker."""
SHORTEST_MS = 20
MOST_S = 30


@dataclass(frozen=True, eq=False)
class Clips:
    """What was read.

    Attributes
    ----------
    waves
        ``[sample]`` each, at ``RATE_HZ``.
    labels, speakers
        Names, ``[clip]``.
    tested
        Speakers who are to be the test part; empty where the files do not say.
    layout
        What kind of files these are, for people.
    """

    waves: tuple[np.ndarray, ...]
    labels: np.ndarray
    speakers: np.ndarray
    tested: tuple[str, ...]
    layout: str


def read_clips(path: Path) -> Clips:
    """Speech from a file or a folder.

    Parameters
    ----------
    path
        ``.npz`` with ``audio`` (``[clip, sample]``, or all clips one after the other with their ``length``), ``rate`` (Hz),
        ``speaker``, one of ``LABELS``, and perhaps ``test_speaker`` (names). Or a folder of wav files: named in one of the ways of
        ``NAMED``, or ``CLASS/*.wav`` with ``speakers.csv`` (columns file and speaker; the file as ``CLASS/name.wav``).
        ``test_speakers.txt`` in a folder names those who are tested, one a line.

    Raises
    ------
    InputError
        Nothing that can be read, a broken or an empty file, arrays that do not fit together, a clip without a speaker …
    """
    if not path.exists():
        raise InputError(
            "there is no such file or folder",
            got=str(path),
            expected="an npz, or a folder of wav files",
            fix="mend --data",
        )
    if path.is_dir():
        return _folder(path)
    if path.suffix == ".npz":
        return _npz(path)
    raise InputError(
        "the file is of no kind that is read",
        got=str(path),
        expected=".npz, or a folder of wav files",
        fix="mend --data",
    )


def _npz(path: Path) -> Clips:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            "the file cannot be read as npz", got=f"{path}: {error}", fix="check that it is complete"
        ) from None
    label = next((name for name in LABELS if name in arrays), None)
    if label is None or not {"audio", "rate", "speaker"} <= set(arrays):
        raise InputError(
            "the npz has no clips by a known name",
            got=", ".join(arrays) or "no arrays",
            expected=f"audio, rate, speaker and one of {', '.join(LABELS)}",
            fix="save the arrays by these names",
        )
    audio, labels, speakers = arrays["audio"], arrays[label], arrays["speaker"]
    if audio.ndim == 1 and "length" in arrays:
        ends = np.cumsum(arrays["length"].astype(np.int64))
        if len(ends) == 0 or ends[-1] != len(audio) or (arrays["length"] <= 0).any():
            raise InputError(
                "the lengths of the clips do not fill the audio",
                got=f"{ends[-1] if len(ends) else 0} samples in {len(ends)} clips, {len(audio)} in audio",
                expected="lengths > 0 whose sum is the number of samples",
            )
        clips = np.split(audio, ends[:-1])
    elif audio.ndim == 2:
        clips = list(audio)
    else:
        raise InputError(
            "the audio has a shape that is not read",
            got=audio.shape,
            expected="[clip, sample], or [sample] with length",
        )
    if not len(clips) == labels.size == speakers.size:
        raise InputError(
            "clips, labels and speakers differ in number",
            got=f"{len(clips)} clips, {labels.size} labels, {speakers.size} speakers",
            expected="one label and one speaker for each clip",
        )
    if arrays["rate"].size != 1:
        raise InputError(
            "the npz has several rates", got=arrays["rate"].shape, expected="one rate for all clips"
        )
    rate_Hz = int(arrays["rate"].ravel()[0])
    waves = tuple(_checked(f"clip {i} of {path}", clip, rate_Hz) for i, clip in enumerate(clips))
    tested = (
        tuple(str(name) for name in np.atleast_1d(arrays["test_speaker"])) if "test_speaker" in arrays else ()
    )
    return Clips(waves, labels.astype(str), speakers.astype(str), tested, "npz")


def _folder(path: Path) -> Clips:
    files = sorted(path.glob("*.wav"))
    for layout, pattern in NAMED.items():
        found = [pattern.fullmatch(file.name) for file in files]
        matches = [match for match in found if match]
        if not matches:
            continue
        if len(matches) < len(files):
            raise InputError(
                "a file is named in another way than the others",
                got=str(files[found.index(None)]),
                expected=layout,
                fix="rename or remove it",
            )
        labels, speakers = (np.array([match[part] for match in matches]) for part in ("label", "speaker"))
        return Clips(_waves(files), labels, speakers, _tested(path), f"wav files named {layout}")
    files = sorted(path.glob("*/*.wav"))
    if not files:
        raise InputError(
            "the folder holds no clips",
            got=str(path),
            expected=f"CLASS/*.wav with speakers.csv, or wav files named {', or '.join(NAMED)}",
            fix="mend --data",
        )
    labels = np.array([file.parent.name for file in files])
    return Clips(_waves(files), labels, _speakers(path, files), _tested(path), "CLASS/*.wav")


def _speakers(path: Path, files: Sequence[Path]) -> np.ndarray:
    """From the table; ``UNKNOWN`` for all where there is none."""
    table = path / SPEAKERS
    if not table.is_file():
        return np.full(len(files), UNKNOWN)
    with table.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        if not {"file", "speaker"} <= set(rows.fieldnames or ()):
            raise InputError(
                f"{SPEAKERS} has not the columns that are read",
                got=", ".join(rows.fieldnames or ()) or "an empty file",
                expected="file, speaker",
            )
        told = {row["file"]: row["speaker"] for row in rows}
    names = [file.relative_to(path).as_posix() for file in files]
    missing = [name for name in names if not told.get(name)]
    if missing:
        raise InputError(
            f"clips without a speaker in {SPEAKERS}",
            got=f"{len(missing)} of {len(names)}: {', '.join(missing[:5])}",
            expected="a row with file and speaker for each clip",
            fix="add the rows, with the file as CLASS/name.wav",
        )
    return np.array([told[name] for name in names])


def _tested(path: Path) -> tuple[str, ...]:
    named = path / TESTED
    if not named.is_file():
        return ()
    return tuple(line.strip() for line in utf8_of(named.read_bytes(), TESTED).splitlines() if line.strip())


def _waves(files: Sequence[Path]) -> tuple[np.ndarray, ...]:
    return tuple(_wave(file) for file in files)


def _wave(file: Path) -> np.ndarray:
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks of other programs
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            rate_Hz, wave = wavfile.read(file)
    except (OSError, ValueError, EOFError, struct.error, wavfile.WavFileWarning) as error:
        raise InputError(
            "a clip cannot be read",
            got=f"{file}: {error}",
            expected="a whole wav file of plain samples (PCM or float)",
            fix="mend or remove it",
        ) from None
    return _checked(str(file), wave.mean(1) if wave.ndim == 2 else wave, rate_Hz)


def _checked(name: str, wave: np.ndarray, rate_Hz: int) -> np.ndarray:
    """Samples at the common rate, or why they cannot be used."""
    if not np.issubdtype(wave.dtype, np.number) or np.iscomplexobj(wave):
        raise InputError(f"the samples of {name} are not numbers", got=f"{wave.dtype} values")
    if not 1000 <= rate_Hz <= 192_000:
        raise InputError(
            f"the rate of {name} cannot be used", got=f"{rate_Hz} Hz", expected="1,000 to 192,000 Hz"
        )
    seconds = len(wave) / rate_Hz
    if not SHORTEST_MS / 1000 <= seconds <= MOST_S:
        raise InputError(
            f"{name} is too short or too long",
            got=f"{seconds:g} s",
            expected=f"{SHORTEST_MS / 1000:g} to {MOST_S} s: one utterance",
            fix="leave it out, or cut it",
        )
    if not np.isfinite(wave).all():
        raise InputError(f"{name} holds NaN or infinity", fix="leave it out")
    if np.ptp(wave) == 0:
        raise InputError(f"{name} is silent throughout", fix="leave it out")
    return to_rate(wave, rate_Hz)
