"""CoNLL files: a token a line, its tag in the last column, an empty line between sentences."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.plain import utf8_of
from neurotwin.tasks.tagging import TAG, scheme_of, spans_of, to_iob2

DOCUMENT = "-DOCSTART-"


@dataclass(frozen=True)
class Sentence:
    """Tokens, their tags in IOB2, and the number of the document (from 0; documents begin at ``-DOCSTART-``)."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    document: int


@dataclass(frozen=True)
class ConllFile:
    """What a file holds, the scheme that it was written in, and whether it marks documents."""

    sentences: tuple[Sentence, ...]
    scheme: str
    documents: bool


def read_conll(data: bytes, source: str) -> ConllFile:
    """A file's sentences, with tags converted to IOB2.

    Parameters
    ----------
    data
        The file: UTF-8; two columns or more, the token first and the tag last, parted by tabs or by spaces. A line that begins
        with ``# `` and ends in no tag is a comment.
    source
        Its name, for errors.

    Raises
    ------
    InputError
        Not UTF-8, no sentence, lines with another number of columns, tags that are none, tags that follow no scheme.
    """
    rows = _rows(utf8_of(data, source))
    if not rows:
        raise InputError(
            "the file holds no sentence", got=source, expected="a token and its tag on each line"
        )
    _check(rows, source)
    sentences: list[tuple[int, list[tuple[int, list[str]]]]] = []
    document, open_ = 0, False
    marked = any(columns[0] == DOCUMENT for _, columns in rows if columns)
    for number, columns in rows:
        if not columns:
            open_ = False
        elif columns[0] == DOCUMENT:
            document, open_ = document + 1, False
        else:
            if not open_:
                sentences.append((document, []))
            open_ = True
            sentences[-1][1].append((number, columns))
    if not sentences:
        raise InputError(
            "the file holds no sentence", got=source, expected="a token and its tag on each line"
        )
    tags = [[columns[-1] for _, columns in lines] for _, lines in sentences]
    scheme = scheme_of(tags, [[number for number, _ in lines] for _, lines in sentences], source)
    found = tuple(
        Sentence(tuple(columns[0] for _, columns in lines), tuple(to_iob2(len(own), spans_of(own))), document)
        for (document, lines), own in zip(sentences, tags, strict=True)
    )
    return ConllFile(found, scheme, marked)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Line number and columns; no columns where the line is empty. Nothing at all where every line is empty."""
    lines = text.replace("\r\n", "\n").split("\n")
    split = re.compile(r"\t" if any("\t" in line.strip() for line in lines) else r"[ \t]+")
    rows = []
    for number, line in enumerate(lines, 1):
        columns = split.split(line.strip(" \t\r")) if line.strip() else []
        if line.startswith("# ") and not TAG.fullmatch(columns[-1]):
            continue
        rows.append((number, columns))
    return rows if any(columns for _, columns in rows) else []


def _check(rows: list[tuple[int, list[str]]], source: str) -> None:
    filled = [(number, columns) for number, columns in rows if columns and columns[0] != DOCUMENT]
    width = Counter(len(columns) for _, columns in filled).most_common(1)[0][0] if filled else 2
    for number, columns in filled:
        if len(columns) != width or width < 2:
            few = len(columns) < max(width, 2)
            raise InputError(
                "a line lacks its tag" if few else "a line has unknown columns",
                got=f"{source}, line {number}: {len(columns)} column{'s' * (len(columns) != 1)}: {' '.join(columns)[:60]}",
                expected=f"{max(width, 2)} columns as on the other lines: the token first, the tag last",
                fix="mend the line; all lines of a file have the same columns",
            )
        if not TAG.fullmatch(columns[-1]):
            raise InputError(
                "a tag cannot be read",
                got=f"{source}, line {number}: {columns[-1]!r} in the last column",
                expected="O, B-TYPE, I-TYPE, or also E-TYPE and S-TYPE",
                fix="put the tag into the last column",
            )
