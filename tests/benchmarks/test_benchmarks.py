"""The benchmarks' command: names, refusals. What it measures is no test's business."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not (ROOT / "benchmarks" / "__main__.py").exists(), reason="not a checkout")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {**os.environ, "NEUROTWIN_PEERS": "/nowhere"}
    given = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(
        given, capture_output=True, text=True, cwd=ROOT, env=clean, timeout=120, check=False
    )


def test_list_names_the_cases():
    done = command("--list")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {
        "worm_step",
        "larva_step",
        "bptt_1m",
        "sparse_15m",
        "cuba",
        "fly",
        "hh",
        "cold_start",
        "memory",
    } <= set(names)


def test_an_unknown_name_is_refused_with_the_names_there_are():
    done = command("worm")
    assert done.returncode == 2
    assert "unknown: worm" in done.stderr
    assert "worm_step" in done.stderr


def test_nothing_asked_shows_the_usage():
    assert command().returncode == 2
