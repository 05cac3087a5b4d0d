"""One small run on the embedded worms, made once; all tests of this folder look at it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import jax
import pytest

from neurotwin.cli import main

SMALL = ["--controls", "permuted", "--unseen", "connectome", "--members", "1"]
SMALL += ["--steps", "16", "--validate-every", "4", "--patience", "0"]
COMPILED = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")
COMPILED += ("jax_persistent_cache_min_entry_size_bytes",)
"""Where ``tests/conftest.py`` keeps compiled programs, and which."""


class Ended(NamedTuple):
    """A command that ended: status, stdout, stderr."""

    status: int
    out: str
    err: str


def call(*arguments: object) -> Ended:
    """The command line in this process, so that what was compiled once serves again."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.argv", ["neurotwin", *map(str, arguments)])
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Ended(status, out.getvalue(), err.getvalue())


class Finished(NamedTuple):
    """The run's folder, what the terminal showed, and its record."""

    folder: Path
    ended: Ended
    record: dict


@pytest.fixture(scope="module", autouse=True)
def embedded_worms_alone() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NEUROTWIN_DATA", raising=False)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Finished:
    folder = tmp_path_factory.mktemp("runs") / "worm"
    ended = call("run", "worm", "--out", folder, *SMALL)
    assert ended.status == 0, ended.err
    return Finished(folder, ended, json.loads((folder / "run.json").read_text()))


@pytest.fixture(scope="session")
def command() -> Callable[..., Ended]:
    """The command line in this process."""
    return call


@pytest.fixture(scope="session")
def small() -> list[str]:
    """Options of the small run."""
    return SMALL


@pytest.fixture
def elsewhere() -> dict[str, str]:
    """Environment of a process that must end in the same bytes as this one; it finds here what was compiled."""
    here = {name: value for name, value in os.environ.items() if name != "NEUROTWIN_DATA"}
    return here | {name.upper(): str(jax.config.values[name]) for name in COMPILED}
