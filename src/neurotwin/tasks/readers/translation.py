"""Pairs of sentences in two languages: files that go line by line together, in a folder or tar."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.tasks.byte_pairs import Splitter, learn
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.archives import ARCHIVES, read_archive
from neurotwin.tasks.readers.cards import own_files
from neurotwin.tasks.readers.plain import text_of

MERGES = 2000
"""Pairs that the byte-pair encoding of both languages together joins at most."""
LONGEST = 40
"""Training pairs with more pieces on a side (with the end sign on the target's) are left out: they cost much and are few."""
PARTS = {"train": "train", "val": "validation", "valid": "validation", "dev": "validation", "test": "test"}
USUAL = ("de", "en")
"""Source and target, where the files are in these languages; else in the order of the alphabet."""

Files = dict[str, bytes]
Pairs = list[tuple[str, str]]


def read_translation(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Sentence pairs in pieces: ``x`` an array of the source's pieces for each, ``y`` one of the target's.

    ``facts``: source and target language, and the pieces of the training part. Byte pairs are learnt on the training part alone.

    Parameters
    ----------
    path
        A folder or tar with ``train.SRC``, ``train.TGT``, and the same of val (or valid, dev) and test (``.gz`` too; the part is
        what a name begins with). There is no sample: None is refused.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        No such files, more or fewer than two languages, numbers of lines that differ, an empty line, not UTF-8.
    """
    if path is None:
        raise InputError(
            "the task translation comes with no sample",
            expected="a folder or tar with train, val and test files in two languages, line by line together",
            fix="name one: --data multi30k_de_en.tar.gz (in the data folder), or a folder of your own",
        )
    chosen, files = _parts(path)
    languages = sorted({language for _, language in chosen})
    missing = [
        f"{p}.{language}"
        for p in dict.fromkeys(PARTS.values())
        for language in languages
        if (p, language) not in chosen
    ]
    if len(languages) != 2 or missing:
        raise InputError(
            "these are not the files of two languages in three parts",
            got=f"{path}: {', '.join(sorted(map(str, chosen.values()))) or 'no such file'}",
            expected="train.SRC, train.TGT and the same of val (or valid, dev) and test",
            fix=f"add {', '.join(missing)}" if len(languages) == 2 else "leave files of two languages there",
        )
    source, target = USUAL if set(languages) == set(USUAL) else languages
    pairs = {
        part: _pairs(chosen[part, source], chosen[part, target], files)
        for part in dict.fromkeys(PARTS.values())
    }
    splitter = Splitter(learn((text for pair in pairs["train"] for text in pair), MERGES))
    examples = {part: [(splitter(a), splitter(b)) for a, b in own] for part, own in pairs.items()}
    short = [pair for pair in examples["train"] if max(len(pair[0]), len(pair[1]) + 1) <= LONGEST]
    told = (
        f"the publisher's train, validation and test files; {len(examples['train']) - len(short):,} training pairs with more "
        f"than {LONGEST} pieces on a side (the end counted) are left out"
    )
    digest = "" if path.is_dir() else sha256_of(path)
    done = (
        f"Words of both languages in pieces by {MERGES:,} byte pairs at most, learnt on the training part.",
    )
    title = ", ".join(PurePosixPath(name).name for name in sorted(chosen.values()))
    return TaskData(
        _examples(short),
        _examples(examples["validation"]),
        _examples(examples["test"]),
        split=told,
        cards=(own_files(path, title, digest, done),),
        allow_leaks=allow_leaks,
        facts={
            "source": source,
            "target": target,
            "source_pieces": sorted({piece for pair in short for piece in pair[0]}),
            "target_pieces": sorted({piece for pair in short for piece in pair[1]}),
        },
    )


def _examples(pairs: list[tuple[list[str], list[str]]]) -> Examples:
    return Examples([np.array(a) for a, _ in pairs], [np.array(b) for _, b in pairs])


def _parts(path: Path) -> tuple[dict[tuple[str, str], str], Files]:
    """(part, language) → file, and what the files hold."""
    if path.is_dir():
        files = {
            str(f.relative_to(path)): f.read_bytes()
            for f in sorted(path.iterdir())
            if f.is_file() and _place(f.name)
        }
    elif path.name.endswith(ARCHIVES):
        files = read_archive(path, lambda name: _place(PurePosixPath(name).name) is not None)
    else:
        raise InputError("this is neither a folder nor a tar", got=str(path), fix="name one by --data")
    chosen: dict[tuple[str, str], str] = {}
    for name in files:
        place = _place(PurePosixPath(name).name)
        if place is None:
            continue
        if place in chosen:
            raise InputError(
                f"two files say that they are the {place[0]} part in {place[1]}",
                got=f"{chosen[place]} and {name}",
                expected="one",
                fix="leave one of them there",
            )
        chosen[place] = name
    return chosen, files


def _place(name: str) -> tuple[str, str] | None:
    """Part and language of a file: ``test_2016_flickr.de.gz`` → ("test", "de")."""
    stem, _, language = name.removesuffix(".gz").rpartition(".")
    part = next((part for word, part in PARTS.items() if stem.startswith(word)), None)
    return (
        (part, language) if part and language.isalpha() and len(language) <= 3 and language != "txt" else None
    )


def _pairs(source: str, target: str, files: Files) -> Pairs:
    lines = [text_of(files[name], name).rstrip("\n").split("\n") for name in (source, target)]
    if len(lines[0]) != len(lines[1]):
        raise InputError(
            "the files do not go line by line together",
            got=f"{len(lines[0]):,} lines in {source}, {len(lines[1]):,} in {target}",
            expected="line n of one is the translation of line n of the other",
        )
    for name, own in zip((source, target), lines, strict=True):
        for number, line in enumerate(own, 1):
            if not line.strip():
                raise InputError(
                    "a line is empty", got=f"{name}, line {number}", fix="remove the line in both files"
                )
    return list(zip(*lines, strict=True))
