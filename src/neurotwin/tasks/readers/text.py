"""One text as windows of characters: the beginning to learn from, the end to be tested on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.plain import text_of

WINDOW = 128
"""Characters that a network sees at once."""
CONTEXT = 64
"""Of a window of the validation or test part so many come first that were asked before: only those behind them are asked."""
BLOCK = 16
"""Windows in a row that a bootstrap draws together: 1,024 characters."""
VALIDATION = TEST = 0.05
OTHER = "\N{REPLACEMENT CHARACTER}"
"""Character number 0: all that the alphabet does not hold."""
ALPHABET = 512
"""The alphabet holds so many characters at most: the most frequent ones of the training part."""
LEAST = 2 * round(WINDOW / TEST)
"""Characters that a text must have: two windows for the test part."""
PAD = -1
"""Answer of a place that is not asked for."""
SUFFIXES = (".txt", ".txt.gz")


def read_text(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Windows of one text: ``x`` int32 ``[window, place]``, numbers in ``facts["characters"]``; ``y`` the characters that follow.

    The first 90 % are the training part, in windows that do not overlap; then 5 % each for validation and test, where windows
    overlap by ``CONTEXT`` so that every character but a part's first is asked for once, after ``CONTEXT`` characters or more
    (fewer in the part's first window).

    Parameters
    ----------
    path
        A file ``.txt`` or ``.txt.gz``, UTF-8. There is no sample: None is refused.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        No file, not text, too short, or one character only.
    """
    if path is None:
        raise InputError(
            "the task text comes with no sample",
            expected="a text in UTF-8, .txt or .txt.gz",
            fix="name one: --data tinyshakespeare.txt.gz (in the data folder), or a file of your own",
        )
    if path.is_dir() or not path.name.endswith(SUFFIXES):
        raise InputError(
            "this is not a text file",
            got=str(path),
            expected=" or ".join(SUFFIXES),
            fix="name one file by --data",
        )
    text = text_of(path.read_bytes(), path.name)
    if len(text) < LEAST:
        raise InputError(
            "the text is too short",
            got=f"{path}: {len(text):,} characters",
            expected=f"{LEAST:,} or more, so that 5 % of them make a test part",
        )
    cuts = [round(len(text) * (1 - VALIDATION - TEST)), round(len(text) * (1 - TEST))]
    pieces = {"train": text[: cuts[0]], "validation": text[cuts[0] : cuts[1]], "test": text[cuts[1] :]}
    counts = Counter(pieces["train"])
    if len(counts) < 2:
        raise InputError(
            "the text has one character only", got=repr(text[0]), expected="two or more different ones"
        )
    frequent = sorted(counts, key=lambda c: (-counts[c], c))[: ALPHABET - 1]
    characters = OTHER + "".join(sorted(c for c in frequent if c != OTHER))
    numbers = {name: numbers_of(piece, characters) for name, piece in pieces.items()}
    told = (
        f"contiguous: the first {cuts[0]:,} characters for training, the next {cuts[1] - cuts[0]:,} for validation, the last "
        f"{len(text) - cuts[1]:,} for the test; {len(characters) - 1} different characters, and one number for all others "
        f"({(numbers['test'] == 0).mean():.2%} of the test part); the examples are windows of {WINDOW} characters, of which those "
        f"for validation and test overlap by {CONTEXT}, so that each character is asked for once and in context"
    )
    return TaskData(
        _without_overlap(numbers["train"]),
        _overlapping("validation", numbers["validation"]),
        _overlapping("test", numbers["test"]),
        split=told,
        cards=(_card(path),),
        allow_leaks=allow_leaks,
        facts={"characters": characters},
    )


def numbers_of(text: str, characters: str) -> np.ndarray:
    """Each character's place in ``characters``, int32 ``[character]``; 0 for those that are not there."""
    place = {character: i for i, character in enumerate(characters)}
    return np.array([place.get(character, 0) for character in text], np.int32)


def _without_overlap(numbers: np.ndarray) -> Examples:
    n = (len(numbers) - 1) // WINDOW
    return Examples(numbers[: n * WINDOW].reshape(n, WINDOW), numbers[1 : n * WINDOW + 1].reshape(n, WINDOW))


def _overlapping(part: str, numbers: np.ndarray) -> Examples:
    last = len(numbers) - 1 - WINDOW
    starts = np.unique(np.append(np.arange(0, last, WINDOW - CONTEXT), last))
    x = np.stack([numbers[start : start + WINDOW] for start in starts])
    y = np.stack([numbers[start + 1 : start + 1 + WINDOW] for start in starts])
    asked_before = np.append(0, starts[:-1] + WINDOW - starts[1:])
    y[np.arange(WINDOW) < asked_before[:, None]] = PAD
    blocks = [f"{part} block {i // BLOCK}" for i in range(len(starts))]
    return Examples(x, y, np.array(blocks))


def _card(path: Path) -> DataCard:
    done = ("Line ends brought to line feeds; nothing else was changed.",)
    return own_files(path, path.name, sha256_of(path), done)
