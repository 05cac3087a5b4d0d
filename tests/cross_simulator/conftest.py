"""Peers run in an environment of their own; where it is absent these tests are skipped and say how to make it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
Peer = Callable[..., dict[str, np.ndarray]]


def interpreter() -> Path:
    folder = os.environ.get("NEUROTWIN_PEERS") or Path.home() / ".cache" / "neurotwin" / "peers"
    return Path(folder) / "bin" / "python"


@pytest.fixture(scope="session")
def run_peer(tmp_path_factory) -> Peer:
    """``run_peer("brian", job)`` → what the script in ``peers/`` wrote."""
    python = interpreter()
    if not python.exists():
        pytest.skip(
            f"the peers' environment is absent ({python.parent.parent}): benchmarks/make_peers.sh makes it"
        )

    def run(script: str, job: dict[str, Any], **arrays: np.ndarray) -> dict[str, np.ndarray]:
        folder = tmp_path_factory.mktemp(script)
        if arrays:
            np.savez(folder / "arrays.npz", **arrays)
            job = {**job, "arrays": str(folder / "arrays.npz")}
        (folder / "job.json").write_text(json.dumps(job))
        clean = {
            k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "JAX_ENABLE_X64")
        }
        command = [
            str(python),
            str(HERE / "peers" / f"{script}.py"),
            str(folder / "job.json"),
            str(folder / "result.npz"),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env=clean, cwd=folder, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        with np.load(folder / "result.npz", allow_pickle=False) as result:
            return dict(result)

    return run
