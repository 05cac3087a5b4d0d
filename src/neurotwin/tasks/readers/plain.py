"""Files of plain text: UTF-8, packed by gzip or not."""

from __future__ import annotations

import gzip
import zlib

from neurotwin._base.errors import InputError


def text_of(data: bytes, source: str) -> str:
    """A file's text: unpacked where its name ends in ``.gz``, a byte order mark left out, every line ended by a line feed.

    Raises
    ------
    InputError
        Not a gzip file though its name says so, or not UTF-8 text.
    """
    if source.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(
                "the file cannot be unpacked",
                got=f"{source}: {error}",
                expected="a gzip file",
                fix="fetch it again",
            ) from None
    return utf8_of(data, source).replace("\r\n", "\n").replace("\r", "\n")


def utf8_of(data: bytes, source: str) -> str:
    """Bytes read as UTF-8, a byte order mark left out.

    Raises
    ------
    InputError
        They are not, or hold a zero byte, as no text does.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not UTF-8",
            got=f"{source}: byte {data[error.start]:#04x} at {error.start}",
            expected="UTF-8 text",
            fix="convert it: iconv -f latin1 -t utf-8 FILE",
        ) from None
    if "\0" in text:
        raise InputError("the file is not text", got=f"{source}: a zero byte", expected="UTF-8 text")
    return text
