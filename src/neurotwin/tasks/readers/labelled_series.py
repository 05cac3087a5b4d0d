"""Records of several channels with a class each, from ``.ts`` files (the format of timeseriesclassification.com and aeon)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.readers.archives import contents_of, names_in
from neurotwin.tasks.readers.plain import utf8_of
from neurotwin.tasks.readers.tables import card_of
from neurotwin.tasks.split import hold_out

SPLIT_SEED = 0
VALIDATION = 0.2
"""Share of each training class that is held out for validation."""
PARTS = {"train": "_train.ts", "test": "_test.ts"}

Records = tuple[np.ndarray, list[str]]
"""float32 ``[record, time, channel]``, and the class of each."""


def holds_records(names: Sequence[str]) -> bool:
    """Whether there are ``.ts`` files among files."""
    return any(name.endswith(".ts") for name in names)


def read_records(path: Path, allow_leaks: bool, options: dict[str, str]) -> TaskData:
    """A pair ``NAME_TRAIN.ts`` and ``NAME_TEST.ts`` of a folder or tar; the test part is the publisher's.

    Raises
    ------
    InputError
        No such pair, options, a file that does not follow the format, records of different lengths, missing values.
    """
    if options:
        raise InputError(".ts files take no options", got=", ".join(options), fix="leave them out")
    names = [name for name in names_in(path) if name.lower().endswith(tuple(PARTS.values()))]
    chosen = {}
    for part, ending in PARTS.items():
        matching = [name for name in names if name.lower().endswith(ending)]
        if len(matching) != 1:
            raise InputError(
                f"there is not one {part} file", got=f"{path}: {', '.join(matching) or 'none'}",
                expected="one NAME_TRAIN.ts and one NAME_TEST.ts", fix="name a folder with one such pair by --data",
            )  # fmt: skip
        chosen[part] = matching[0]
    content = contents_of(path, chosen.values())
    read = {
        part: parse_ts(utf8_of(content[name], PurePosixPath(name).name), PurePosixPath(name).name)
        for part, name in chosen.items()
    }
    classes = sorted(set(read["train"][1]))
    unknown = sorted(set(read["test"][1]) - set(classes))
    if unknown:
        raise InputError(
            "unknown labels in the test part",
            got=", ".join(unknown),
            expected=", ".join(classes),
            fix="leave these records out",
        )
    y = {
        part: np.array([classes.index(one) for one in labels], np.int32) for part, (_, labels) in read.items()
    }
    stay, held = hold_out(y["train"], VALIDATION, seed=SPLIT_SEED)
    x = {part: records for part, (records, _) in read.items()}
    mean, sd = x["train"][stay].mean((0, 1)), x["train"][stay].std((0, 1))
    scaled = {
        part: ((records - mean) / np.where(sd > 0, sd, 1)).astype(np.float32) for part, records in x.items()
    }
    return TaskData(
        Examples(scaled["train"][stay], y["train"][stay]),
        Examples(scaled["train"][held], y["train"][held]),
        Examples(scaled["test"], y["test"]),
        classes=tuple(classes),
        split=f"the test part is the publisher's; {VALIDATION:.0%} of each training class were drawn for validation",
        cards=(card_of(path, chosen["train"]),),
        allow_leaks=allow_leaks,
        facts={"channels": [f"channel {i + 1}" for i in range(x["train"].shape[2])]},
    )


def parse_ts(text: str, name: str) -> Records:
    """Of a file's text: a header of ``@`` lines up to ``@data``, then a record a line, channels and the class between colons."""
    lines = [line.strip() for line in text.splitlines()]
    start = next((i for i, line in enumerate(lines) if line.lower() == "@data"), None)
    if start is None:
        raise InputError("the file has no @data line", got=name, expected="the .ts format")
    header = [line.lower().split() for line in lines[:start] if line.startswith("@")]
    if not any(words[:2] == ["@classlabel", "true"] for words in header):
        raise InputError("the records have no classes", got=name, expected="@classLabel true …")
    records, labels = [], []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line or line.startswith("#"):
            continue
        *channels, label = line.split(":")
        try:
            values = np.array(
                [[float(word) for word in channel.split(",")] for channel in channels], np.float32
            )
        except ValueError:
            values = np.zeros((0, 0), np.float32)
        if (
            values.size == 0
            or not np.isfinite(values).all()
            or (records and values.shape != records[0].shape)
        ):
            raise InputError(
                "a record cannot be used", got=f"{name}, line {number}",
                expected="numbers, the same count for every channel and record, none missing, then the class",
                fix="mend or leave out that record",
            )  # fmt: skip
        records.append(values)
        labels.append(label.strip())
    if not records:
        raise InputError("the file has no records", got=name, expected="a line for each")
    return np.stack(records).swapaxes(1, 2), labels
