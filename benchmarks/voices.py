"""Digits by speech synthesizers, for the training part of spoken-digits: ``python -m benchmarks.voices FILE.npz``.

Made once; the file is kept in ``neurotwin/tasks/samples``. Needs Debian's flite, festival, festvox-kdlpc16k, festvox-us-slt-hts,
festvox-ru, libttspico-utils, rhvoice and rhvoice-english. The voices are of fifteen people, under licences that ask nothing of what
is said with them.
"""

# ruff: noqa: T201 - the terminal is its job
from __future__ import annotations

import argparse
import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from neurotwin.tasks.sound import RATE_HZ, to_rate

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FLITE = ("awb", "kal16", "rms", "slt")
FESTIVAL = {
    "cmu_us_slt_arctic_hts": WORDS,
    "ked_diphone": WORDS,
    "msu_ru_nsh_clunits": (
        *("з+иро", "у+ан", "т+у", "ср+и", "ф+ор"),
        *("ф+айв", "с+икс", "с+эвэн", "+эйт", "н+айн"),
    ),
}
"""Voices, and how they are made to say the English words: a plus before a stressed vowel."""
RHVOICE = ("alan", "bdl", "clb")
"""Its other voices' licences ask for more (evgeniy-eng, lyubov), or it is a voice of the others (slt)."""
PICO = {
    "en-US": WORDS,
    "en-GB": WORDS,
    "de-DE": ("siro", "wann", "tu", "sri", "fohr", "faif", "six", "ssewen", "äit", "nain"),
    "fr-FR": ("zirô", "ouann", "tou", "srî", "fôr", "faïve", "sixe", "sévène", "éïte", "naïne"),
    "it-IT": ("ziro", "uan", "tu", "tri", "for", "faiv", "sics", "seven", "eit", "nain"),
    "es-ES": ("siro", "uan", "tu", "zri", "for", "faiv", "sics", "seven", "eit", "nain"),
}
"""Voices of pico, and how they are made to say the English words: with an accent."""
STRETCHES = (0.8, 0.9, 1.0, 1.15, 1.3)
"""Of flite's and festival's durations."""
SPEEDS = (80, 100, 125)
"""Of pico, per cent."""
RATES = (80, 95, 110, 130)
"""Of rhvoice, per cent."""
KEPT_BITS = 10
"""Of a sample's sixteen: noise 60 dB below the loudest, and half the size."""
SILENCE = 0.005
"""Of the loudest sample: what is fainter at both ends is cut off."""


def commands(digit: int, wav: Path) -> Iterator[tuple[str, list[str], str]]:
    """Voice, command and its input, for each clip of a digit."""
    word = WORDS[digit]
    for voice, stretch in itertools.product(FLITE, STRETCHES):
        how = ["--setf", f"duration_stretch={stretch}"]
        yield f"flite {voice}", ["flite", "-voice", voice, *how, "-t", word, "-o", str(wav)], ""
    for voice, stretch in itertools.product(FESTIVAL, STRETCHES):
        how = ["-eval", f"(voice_{voice})", "-eval", f"(Parameter.set 'Duration_Stretch {stretch})"]
        yield f"festival {voice}", ["text2wave", *how, "-o", str(wav)], FESTIVAL[voice][digit]
    for voice, speed in itertools.product(PICO, SPEEDS):
        text = f'<speed level="{speed}">{PICO[voice][digit]}.</speed>'
        yield f"pico {voice}", ["pico2wave", "-l", voice, "-w", str(wav), text], ""
    for voice, rate in itertools.product(RHVOICE, RATES):
        yield f"rhvoice {voice}", ["RHVoice-test", "-p", voice, "-r", str(rate), "-o", str(wav)], word


def trimmed(wav: Path) -> np.ndarray:
    """A file's clip, ``[sample]`` at ``RATE_HZ``, int16 of which ``KEPT_BITS`` are used."""
    rate_Hz, wave = wavfile.read(wav)
    wave = to_rate(wave, rate_Hz)
    wave = wave / np.abs(wave).max()
    heard = np.flatnonzero(np.abs(wave) > SILENCE)
    step = 2 ** (16 - KEPT_BITS)
    return (np.round(wave[heard[0] : heard[-1] + 1] * (32767 // step)) * step).astype(np.int16)


def main() -> None:
    """Write the npz and say how large it is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.voices", description="Digits by synthesizers."
    )
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    clips, digits, speakers = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "word.wav"
        for digit in range(len(WORDS)):
            for voice, command, text in commands(digit, wav):
                subprocess.run(command, check=True, input=text.encode())
                clips.append(trimmed(wav))
                digits.append(digit)
                speakers.append(f"synthetic: {voice}")
    np.savez_compressed(
        path,
        audio=np.concatenate(clips),
        length=np.array([len(clip) for clip in clips], np.int32),
        digit=np.array(digits, np.uint8),
        speaker=np.array(speakers),
        rate=np.int32(RATE_HZ),
    )
    print(f"{len(clips)} clips of {len(set(speakers))} voices, {path.stat().st_size / 1e6:.2f} MB: {path}")


if __name__ == "__main__":
    main()
