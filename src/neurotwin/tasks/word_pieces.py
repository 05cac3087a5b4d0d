"""Words as word pieces: BERT's basic tokenisation, then the longest pieces that match (Devlin et al. 2019; Wu et al. 2016)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

UNKNOWN, BEGIN, END, PADDING = "[UNK]", "[CLS]", "[SEP]", "[PAD]"
SPECIAL = (UNKNOWN, BEGIN, END, PADDING)
INSIDE = "##"
"""Begins a piece that begins no token."""
LONGEST = 100
"""Characters; a longer token is unknown, as in BERT."""
IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
"""Code points that are tokens by themselves."""


class WordPieces:
    """The pieces of a word.

    Parameters
    ----------
    vocabulary
        Pieces in the order of their numbers.
    lower, strip_accents
        Whether letters are made small, and accents taken off.

    Examples
    --------
    >>> pieces = WordPieces(["[UNK]", "mu", "##nich", "-", "##s"], lower=True, strip_accents=True)
    >>> pieces("Münich-")
    (1, 2, 3)
    """

    def __init__(self, vocabulary: Sequence[str], lower: bool, strip_accents: bool) -> None:
        self._number = {piece: i for i, piece in enumerate(vocabulary)}
        self._lower, self._strip = lower, strip_accents
        self._known: dict[str, tuple[int, ...]] = {}

    def number(self, piece: str) -> int:
        """Of a piece in the vocabulary."""
        return self._number[piece]

    def __call__(self, word: str) -> tuple[int, ...]:
        """Numbers of its pieces: one at least, that of the unknown piece where nothing is left of the word."""
        found = self._known.get(word)
        if found is None:
            parts = [piece for token in self._tokens(word) for piece in self._pieces(token)]
            found = self._known[word] = tuple(parts) or (self._number[UNKNOWN],)
        return found

    def _tokens(self, word: str) -> Iterable[str]:
        """Cleaned, and split at spaces, punctuation and ideographs."""
        kept = "".join(" " if c.isspace() else c for c in word if c.isspace() or not _is_control(c))
        if self._strip:
            kept = "".join(c for c in unicodedata.normalize("NFD", kept) if unicodedata.category(c) != "Mn")
        if self._lower:
            kept = kept.lower()
        return "".join(f" {c} " if _is_punctuation(c) or _is_ideograph(c) else c for c in kept).split()

    def _pieces(self, token: str) -> list[int]:
        """The longest piece that the rest begins with, again and again; unknown as a whole where there is none."""
        unknown = [self._number[UNKNOWN]]
        if len(token) > LONGEST:
            return unknown
        found, start = [], 0
        while start < len(token):
            for end in range(len(token), start, -1):
                number = self._number.get((INSIDE if start else "") + token[start:end])
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return unknown
        return found


def _is_control(c: str) -> bool:
    return c == "\ufffd" or unicodedata.category(c).startswith("C")


def _is_punctuation(c: str) -> bool:
    # of ASCII all signs count, "$" and "^" too
    return (c.isascii() and c.isprintable() and not c.isalnum() and c != " ") or unicodedata.category(
        c
    ).startswith("P")


def _is_ideograph(c: str) -> bool:
    return any(low <= ord(c) <= high for low, high in IDEOGRAPHS)
