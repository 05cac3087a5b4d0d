"""Tag schemes of named entities, and the spans that tags mark.

IOB1 (Ramshaw & Marcus 1995): every token of an entity is ``I-TYPE``, and ``B-TYPE`` only begins an entity that touches one of the
same type. IOB2: every entity begins with ``B-TYPE``. BIOES (also written BILOU): the last token is ``E-TYPE``, an entity of one
token ``S-TYPE``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from neurotwin._base.errors import InputError

SCHEMES = ("IOB1", "IOB2", "BIOES")
OUTSIDE = "O"
TAG = re.compile(r"O|[BIESLU]-\S+")
BILOU = {"L": "E", "U": "S"}

Span = tuple[str, int, int]
"""Type, first token, one past the last token."""


def split_tag(tag: str) -> tuple[str, str]:
    """Prefix and type: ``("B", "PER")``; ``("O", "")`` outside."""
    prefix, _, kind = tag.partition("-")
    return BILOU.get(prefix, prefix), kind


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Entities as the CoNLL evaluation sees them (Tjong Kim Sang & Buchholz 2000, ``conlleval``).

    An entity begins at B and S, and at I and E where the token before is outside, of another type, or an entity's last (E, S). So
    every sequence of tags has its spans, and an I without a B before it is an entity all the same.
    """
    found: list[Span] = []
    begin, kind, before = 0, "", OUTSIDE
    for i, tag in enumerate((*tags, OUTSIDE)):
        prefix, this = split_tag(tag)
        begins = prefix in "BS" or this != kind or before in "ES"
        if kind and begins:
            found.append((kind, begin, i))
        if begins:
            begin = i
        kind, before = this, prefix
    return found


def to_iob2(n: int, spans: Sequence[Span]) -> list[str]:
    """Tags of ``n`` tokens that mark these spans, in IOB2."""
    tags = [OUTSIDE] * n
    for kind, begin, end in spans:
        tags[begin:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - begin - 1)
    return tags


def scheme_of(sentences: Sequence[Sequence[str]], lines: Sequence[Sequence[int]], source: str) -> str:
    """The one scheme that all tags of a file keep to; IOB2 where there is no entity.

    Parameters
    ----------
    sentences
        Tags of each sentence.
    lines
        The line in the file of each tag.
    source
        The file's name, for errors.

    Raises
    ------
    InputError
        No scheme allows these tags: schemes are mixed, or a sequence is invalid.
    """
    used = {split_tag(tag)[0] for tags in sentences for tag in tags}
    allowed = ("IOB2", "IOB1") if used <= {"O", "I", "B"} else ("BIOES",)
    reasons = {scheme: _first_fault(scheme, sentences, lines) for scheme in allowed}
    for scheme, reason in reasons.items():
        if reason is None:
            return scheme
    raise InputError(
        "the tags follow no scheme: two are mixed, or a sequence is invalid",
        got=f"{source}: " + "; ".join(f"not {scheme}, {reason}" for scheme, reason in reasons.items()),
        expected=", or ".join(SCHEMES) + ", one for the whole file",
        fix="mend these lines, or convert the file to IOB2",
    )


def _first_fault(
    scheme: str, sentences: Sequence[Sequence[str]], lines: Sequence[Sequence[int]]
) -> str | None:
    fault = {"IOB1": _fault_iob1, "IOB2": _fault_iob2, "BIOES": _fault_bioes}[scheme]
    for tags, numbers in zip(sentences, lines, strict=True):
        before = ("O", "")
        for tag, line in zip(tags, numbers, strict=True):
            after = split_tag(tag)
            if fault(before, after):
                return f"line {line}: {tag} after {'-'.join(filter(None, before))}"
            before = after
        if fault(before, ("O", "")):
            return f"line {numbers[-1]}: the sentence ends after {'-'.join(before)}"
    return None


def _fault_iob1(before: tuple[str, str], after: tuple[str, str]) -> bool:
    return after[0] == "B" and before[1] != after[1]


def _fault_iob2(before: tuple[str, str], after: tuple[str, str]) -> bool:
    return after[0] == "I" and before[1] != after[1]


def _fault_bioes(before: tuple[str, str], after: tuple[str, str]) -> bool:
    inside = before[0] in "BI"
    goes_on = after[0] in "IE"
    return inside != goes_on or (goes_on and before[1] != after[1])
