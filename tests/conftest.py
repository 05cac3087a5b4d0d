"""Shared fixtures. One OpenMP thread, so that results do not hang on the machine's load; what was compiled once serves again."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")

import shutil
import tempfile
from pathlib import Path

import jax
import pytest

COMPILED = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Compiled programs are kept in a folder for this process, and for those that it starts if it names the folder to them."""
    config.stash[COMPILED] = folder = tempfile.mkdtemp(prefix="neurotwin-compiled-")
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def pytest_unconfigure(config: pytest.Config) -> None:
    jax.config.update("jax_compilation_cache_dir", None)
    shutil.rmtree(config.stash[COMPILED], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that of several processes none is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data that ``NEUROTWIN_DATA`` names; the test is skipped where there is none."""
    folder = os.environ.get("NEUROTWIN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs the real data: set NEUROTWIN_DATA to the data folder")
    return Path(folder)
