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
        Not a gzip file though its name says so, or not UTF-8.
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
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not UTF-8",
            got=f"{source}, byte {error.start}",
            expected="text in UTF-8",
            fix="convert it, as iconv -t UTF-8 does",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
