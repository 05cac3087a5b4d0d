"""Shared fixtures. One OpenMP thread, so that results do not hang on the machine's load."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data that ``NEUROTWIN_DATA`` names; the test is skipped where there is none."""
    folder = os.environ.get("NEUROTWIN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs the real data: set NEUROTWIN_DATA to the data folder")
    return Path(folder)
