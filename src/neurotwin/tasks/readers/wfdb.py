"""PhysioNet's WFDB records: a header and the samples beside it (ECG …).

After the WFDB Applications Guide, header(5) and signal(5), by G. B. Moody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from neurotwin._base.errors import InputError

HEADER, SAMPLES = ".hea", ".dat"
FORMATS = {"212": 12, "16": 16}
"""Formats that are read → bits of a sample."""
SCALE = re.compile(r"(?P<gain>[\d.eE+]+)(\((?P<baseline>-?\d+)\))?(/(?P<unit>\S+))?")
USUAL_GAIN = 200.0
"""Steps a unit where a header gives 0."""


class Signal(NamedTuple):
    """A line of the header: where it is stored, how a step becomes a value, and the sum of its steps."""

    file: str
    format: str
    gain: float
    baseline: int
    unit: str
    checksum: int
    label: str


def read_wfdb(name: str, content: Mapping[str, bytes]) -> tuple[dict[str, np.ndarray], str]:
    """Label → values ``[time]`` in the signal's unit, and a sentence with rate and units.

    Parameters
    ----------
    name
        Path of the header, a key of ``content``.
    content
        Path → bytes, of the header and of the file of samples that has its name.

    Raises
    ------
    InputError
        What is no header, another format than ``FORMATS``, samples that are missing or whose sum is another than the header says.
    """
    rate_Hz, length, signals = _header(name, content[name].decode("utf-8", "replace"))
    beside = str(PurePosixPath(name).with_suffix(SAMPLES))
    kinds, files = {one.format for one in signals}, {one.file for one in signals}
    if len(kinds) != 1 or not kinds <= set(FORMATS) or files != {PurePosixPath(beside).name}:
        raise InputError(
            "the signals are stored in a way that is not read",
            got=f"{name}: format {', '.join(sorted(kinds))} in {', '.join(sorted(files))}",
            expected=f"format {' or '.join(FORMATS)}, all in {PurePosixPath(beside).name}",
            fix="convert it to a table (.csv)",
        )
    (kind,) = kinds
    stored = np.frombuffer(content.get(beside, b""), np.uint8)
    expected = -(-len(signals) * length * FORMATS[kind] // 8)
    if len(stored) < expected:
        raise InputError(
            "the samples are not all there",
            got=f"{beside}: {len(stored):,} bytes",
            expected=f"{expected:,}",
            fix="fetch it again",
        )
    steps = _steps(stored[:expected], kind)[: len(signals) * length].reshape(length, len(signals))
    for one, column in zip(signals, steps.T, strict=True):
        if (int(column.sum()) - one.checksum) % 65536:
            raise InputError(
                "the samples are not those of the header",
                got=f"{beside}: another checksum of {one.label}",
                fix="fetch it again",
            )
    values = {
        one.label: (column - one.baseline) / one.gain for one, column in zip(signals, steps.T, strict=True)
    }
    return values, f"{rate_Hz:g} rows a second; {', '.join(f'{one.label} in {one.unit}' for one in signals)}."


def _header(name: str, text: str) -> tuple[float, int, list[Signal]]:
    """Rate in Hz, number of samples of each signal, the signals."""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        count, rate_Hz, length = int(lines[0][1]), float(lines[0][2].partition("/")[0]), int(lines[0][3])
        signals = [_signal(words) for words in lines[1 : count + 1]]
    except (IndexError, ValueError) as error:
        raise InputError(
            "the header cannot be read", got=f"{name}: {error}", expected="a WFDB header"
        ) from None
    if count < 1 or length < 1 or len({one.label for one in signals}) != count:
        raise InputError(
            "the header does not describe its signals",
            got=f"{name}: {len(signals)} signals of {length} samples",
            expected=f"{max(count, 1)}, each with a name of its own",
        )
    return rate_Hz, length, signals


def _signal(words: list[str]) -> Signal:
    """Of a line's words; ``ValueError`` or ``IndexError`` where they are not those of a signal."""
    scale = SCALE.fullmatch(words[2])
    if scale is None:
        raise ValueError(f"a gain of {words[2]}")
    baseline = int(words[4] if scale["baseline"] is None else scale["baseline"])
    gain = float(scale["gain"]) or USUAL_GAIN
    return Signal(
        words[0], words[1], gain, baseline, scale["unit"] or "mV", int(words[6]), " ".join(words[8:])
    )


def _steps(stored: np.ndarray, kind: str) -> np.ndarray:
    """Whole numbers in their order; of format 212 two samples of 12 bits are in three bytes."""
    if kind == "16":
        return stored.view("<i2").astype(np.int64)
    triples = np.pad(stored, (0, -len(stored) % 3)).reshape(-1, 3).astype(np.int64)
    first = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    second = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    steps = np.stack([first, second], axis=1).ravel()
    return np.where(steps >= 2048, steps - 4096, steps)
