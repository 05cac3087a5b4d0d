"""The command line called in this process, as a shell would."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from neurotwin.cli import main


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def neurotwin(monkeypatch, capsys) -> Command:
    """``neurotwin("run", "worm", …)``: exit status, stdout, stderr; whatever else escapes fails the test."""

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["neurotwin", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture(autouse=True)
def no_data_and_no_training(monkeypatch):
    """Only the embedded worms; a mistake that gets as far as training was not refused."""
    monkeypatch.delenv("NEUROTWIN_DATA", raising=False)
    monkeypatch.setattr("neurotwin.biology.worm.loader.data_folder", lambda: None)

    def fit(*arguments: object, **options: object) -> None:
        pytest.fail("training began")

    monkeypatch.setattr("neurotwin.pipeline.fits.fit", fit)
