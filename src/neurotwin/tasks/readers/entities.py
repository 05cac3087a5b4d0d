"""Sentences with named entities: the wikigold sample, any CoNLL file, or train, validation and test files in a folder or tar."""

from __future__ import annotations

import gzip
from pathlib import Path, PurePosixPath

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.archives import ARCHIVES, read_archive
from neurotwin.tasks.readers.cards import own_files, packaged
from neurotwin.tasks.readers.conll import ConllFile, Sentence, read_conll
from neurotwin.tasks.split import hold_out
from neurotwin.tasks.tagging import OUTSIDE

SPLIT_SEED = 0
"""Of every split that is made here, so that all runs share a test part."""
VALIDATION, TEST = 0.15, 0.2
"""Shares of the documents (sentences, where documents are not marked) held out where the files do not do it."""
NAMES = {"validation": ("dev", "valid", "testa"), "test": ("test",), "train": ("train",)}
"""Words in a file's name that tell its part, asked in this order."""
SUFFIXES = (
    ".conll",
    ".iob",
    ".iob2",
    ".bio",
    ".tsv",
    ".txt",
    ".annotated",
    ".testa",
    ".testb",
    ".train",
    ".dev",
    ".test",
)

Files = dict[str, bytes]
"""Path within the folder or archive → content."""


def read_entities(path: Path | None, allow_leaks: bool = False) -> TaskData:
    """Sentences: ``x`` holds an array of words for each, ``y`` the number of each word's tag in ``facts["tags"]``.

    Parameters
    ----------
    path
        None: wikigold, which comes with the package. A CoNLL file; a folder or tar with files whose names say train, dev (or
        valid, testa) and test.
    allow_leaks
        See :class:`TaskData`.

    Raises
    ------
    InputError
        Nothing that can be read, or what :func:`read_conll` refuses; an entity type that is not in the training part.
    """
    if path is None:
        card, folder = packaged("wikigold")
        data = gzip.decompress((folder / "wikigold.conll.txt.gz").read_bytes())
        return _assemble({"train": read_conll(data, "wikigold.conll.txt")}, card, allow_leaks)
    if not path.exists():
        raise InputError("there is no such file or folder", got=str(path), fix="mend --data")
    if path.is_dir() or path.name.endswith(ARCHIVES):
        files = _folder(path) if path.is_dir() else read_archive(path, _is_text)
        chosen = _parts(files, path)
    else:
        files = {path.name: path.read_bytes()}
        chosen = {"train": path.name}
    read = {part: read_conll(files[name], name) for part, name in chosen.items()}
    digest = "" if path.is_dir() else sha256_of(path)
    title = ", ".join(PurePosixPath(name).name for name in sorted(chosen.values()))
    return _assemble(read, own_files(path, title, digest), allow_leaks)


def _folder(path: Path) -> Files:
    files = (file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix in SUFFIXES)
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def _is_text(name: str) -> bool:
    return PurePosixPath(name).suffix in SUFFIXES


def _parts(files: Files, path: Path) -> dict[str, str]:
    """Part → file; a set of parts in one folder goes before single files."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in files:
        file = PurePosixPath(name)
        told = [part for part, words in NAMES.items() if any(word in file.name.lower() for word in words)]
        if told:
            found.setdefault((str(file.parent), told[0]), []).append(name)
    folders = [folder for folder, part in found if part == "train"]
    if len(folders) != 1:
        raise InputError(
            "the folder has no training file" if not folders else "the folder has several sets of files",
            got=f"{path}: {', '.join(folders or list(files)[:8]) or 'no text files'}",
            expected="files whose names say train, dev (or valid, testa) and test",
            fix="name the folder of one set, or one file, by --data",
        )
    chosen = {part: names for (folder, part), names in found.items() if folder == folders[0]}
    for part, names in chosen.items():
        if len(names) > 1:
            raise InputError(
                f"several files say that they are the {part} part", got=", ".join(names), expected="one",
                fix="name the folder that has one, or one file, by --data",
            )  # fmt: skip
    return {part: names[0] for part, names in chosen.items()}


def _assemble(read: dict[str, ConllFile], card: DataCard, allow_leaks: bool) -> TaskData:
    parts = {part: list(file.sentences) for part, file in read.items()}
    groups = {part: _groups(part, file) for part, file in read.items()}
    told = [f"tags were read as {', '.join(sorted({file.scheme for file in read.values()}))}"]
    for part, share in (("test", TEST), ("validation", VALIDATION)):
        if part in parts:
            told.append(f"the {part} part is the publisher's")
            continue
        own = groups["train"]
        stay, held = hold_out(np.zeros(len(parts["train"]), int), share, groups=own, seed=SPLIT_SEED)
        parts[part] = [parts["train"][i] for i in held]
        parts["train"] = [parts["train"][i] for i in stay]
        if own is not None:
            groups[part], groups["train"] = own[held], own[stay]
        else:
            groups[part] = None
        unit = "sentences" if own is None else "documents"
        told.append(f"{share:.0%} of the {unit} left were drawn for the {part} part (always the same ones)")
    kinds = sorted({tag[2:] for sentence in parts["train"] for tag in sentence.tags if tag != OUTSIDE})
    if not kinds:
        raise InputError(
            "the training part has no entity", got="O on every line", expected="B-TYPE, I-TYPE …"
        )
    tags = (OUTSIDE, *(f"{prefix}-{kind}" for kind in kinds for prefix in "BI"))
    train, validation, test = (
        _examples(part, parts[part], groups[part], tags) for part in ("train", "validation", "test")
    )
    return TaskData(
        train,
        validation,
        test,
        split="; ".join(told),
        cards=(card,),
        allow_leaks=allow_leaks,
        facts={"tags": tags, "types": tuple(kinds)},
    )


def _groups(part: str, file: ConllFile) -> np.ndarray | None:
    if not file.documents:
        return None
    return np.array([f"{part} document {sentence.document}" for sentence in file.sentences])


def _examples(
    part: str, sentences: list[Sentence], groups: np.ndarray | None, tags: tuple[str, ...]
) -> Examples:
    number = {tag: i for i, tag in enumerate(tags)}
    unknown = sorted({tag[2:] for sentence in sentences for tag in sentence.tags if tag not in number})
    if unknown:
        raise InputError(
            f"unknown labels in the {part} part",
            got=", ".join(unknown),
            expected=f"entity types of the training part: {', '.join(tag[2:] for tag in tags[1::2])}",
            fix="leave these entities out, or put some of them into the training part",
        )
    return Examples(
        [np.array(sentence.tokens) for sentence in sentences],
        [np.array([number[tag] for tag in sentence.tags], np.int32) for sentence in sentences],
        groups,
    )
