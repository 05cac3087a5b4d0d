"""One comparison: a process for each side, run in turn, one busy at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from benchmarks.case import OURS, Case, Side

ROOT = Path(__file__).resolve().parent.parent
REST_S = 0.05
"""Between two runs: thread pools of the side that just ran fall asleep."""

Say = Callable[[str], None]


class Absent(Exception):
    """A side that cannot take part, and why."""


def threads() -> int:
    """Cores that each side may use."""
    return os.cpu_count() or 1 if not hasattr(os, "sched_getaffinity") else len(os.sched_getaffinity(0))


def peers_python() -> Path:
    """Interpreter of the peers' environment."""
    home = os.environ.get("NEUROTWIN_PEERS") or str(Path.home() / ".cache" / "neurotwin" / "peers")
    return Path(home).expanduser() / "bin" / "python"


class Worker:
    """A side's process."""

    def __init__(
        self, side: Side, parameters: Mapping[str, Any], timeout_s: float = 1800.0, cache: str | None = None
    ) -> None:
        python = Path(sys.executable) if side.python == OURS else peers_python()
        if not python.exists():
            raise Absent(
                f"no interpreter at {python}; make the peers' environment with benchmarks/make_peers.sh"
            )
        self.side, self.timeout_s = side, timeout_s
        self.log: TextIO = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by close()
        self.started = time.perf_counter()
        self.first: dict[str, Any] = {}
        self.process = subprocess.Popen(
            [str(python), "-m", "benchmarks.worker", side.module, json.dumps({**parameters, **side.options})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=ROOT,
            env=_environment(cache),
        )

    def ready(self) -> float:
        """Wait until it has set up and run once; seconds since its start."""
        try:
            self.first = self._answer()
            seconds = time.perf_counter() - self.started
            if "absent" in self.first:
                raise Absent(self.first["absent"])
        except Absent:
            self.close()
            raise
        return seconds

    def run(self) -> dict[str, Any]:
        """One run."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End it."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _answer(self) -> dict[str, Any]:
        import select

        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], self.timeout_s)[0]:
            self.process.kill()
            raise Absent(f"no answer within {self.timeout_s:g} s")
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        code = self.process.wait()
        self.log.seek(0)
        said = [text for text in self.log.read().splitlines() if text.strip()]
        named = [text for text in said if "Error" in text.split(":")[0] or "Killed" in text]
        raise Absent(f"ended with {code}: {(named or said or ['no message'])[-1].strip()}")


def compare(
    case: Case, *, quick: bool = False, repeats: int | None = None, say: Say = lambda _: None
) -> list[dict[str, Any]]:
    """Measure one case; a dictionary a peer, or one without a peer where there is none.

    Raises
    ------
    Absent
        If our side cannot run.
    """
    parameters = case.quick if quick else case.full
    runs = repeats or (2 if quick else case.repeats)
    if case.cold:
        measured = _cold(case, parameters, 1 if quick and not repeats else runs, say)
    else:
        measured = _in_turn(case, parameters, runs, say)
    ours, peers = measured[0], measured[1:]
    rows = [_row(case, ours, peer, quick) for peer in peers] or [_row(case, ours, None, quick)]
    for row in rows:
        if row["agree"] is False:
            say(f"{case.name}: {row['peer']} computes something else: {row['checks']}")
    return rows


def _in_turn(case: Case, parameters: Mapping[str, Any], runs: int, say: Say) -> list[dict[str, Any]]:
    begun: list[Worker] = []
    workers: list[Worker] = []
    try:
        for side in (case.ours, *case.peers):
            with _or_left_out(case, side, say):
                begun.append(Worker(side, parameters))
        for worker in begun:  # setting up and warming up is not timed: all do it at once
            with _or_left_out(case, worker.side, say):
                worker.ready()
                workers.append(worker)
        answers: list[list[dict[str, Any]]] = [[worker.first] for worker in workers]
        for _ in range(runs):
            for worker, heard in zip(workers, answers, strict=True):
                time.sleep(REST_S)
                heard.append(worker.run())
        return [
            _measured(worker.side, heard, [answer["seconds"] for answer in heard[1:]])
            for worker, heard in zip(workers, answers, strict=True)
        ]
    finally:
        for worker in begun:
            worker.close()


@contextmanager
def _or_left_out(case: Case, side: Side, say: Say) -> Iterator[None]:
    """A peer that is absent is left out, and the reason said; we are not left out."""
    try:
        yield
    except Absent as why:
        if side.name == case.ours.name:
            raise
        say(f"{case.name}: {side.name} is left out: {why}")


def _cold(case: Case, parameters: Mapping[str, Any], runs: int, say: Say) -> list[dict[str, Any]]:
    heard: dict[str, tuple[Side, list[dict[str, Any]], list[float]]] = {}
    taking_part = [case.ours, *case.peers]
    for _ in range(runs):
        for side in list(taking_part):
            taking_part.remove(side)
            with _or_left_out(case, side, say), tempfile.TemporaryDirectory() as cache:
                worker = Worker(side, parameters, cache=cache)
                cold_s = worker.ready()
                worker.close()
                _, answers, seconds = heard.setdefault(side.name, (side, [], []))
                answers.append(worker.first)
                seconds.append(cold_s)
                taking_part.append(side)
    return [_measured(*one) for one in heard.values()]


def _measured(side: Side, answers: list[dict[str, Any]], seconds: list[float]) -> dict[str, Any]:
    return {
        "side": side,
        "seconds": seconds,
        "peak_mb": max(answer["peak_mb"] for answer in answers),
        "gpu_mb": max(answer["gpu_mb"] for answer in answers),
        "checks": [answer["checks"] for answer in answers],
        "versions": answers[0].get("versions", {}),
    }


def _row(case: Case, ours: dict[str, Any], peer: dict[str, Any] | None, quick: bool) -> dict[str, Any]:
    ours_s = float(np.median(ours["seconds"]))
    peer_s = None if peer is None else float(np.median(peer["seconds"]))
    checks = None if peer is None else _checks(case, ours, peer)
    return {
        "name": case.name,
        "ours_s": _round(ours_s),
        "peer": None if peer is None else peer["side"].name,
        "peer_s": None if peer_s is None else _round(peer_s),
        "ratio": None if peer_s is None else _round(peer_s / ours_s),
        "peak_mb": _round(ours["peak_mb"]),
        "gpu_mb": _round(ours["gpu_mb"]),
        "spread": _round(max(spread(one["seconds"]) for one in (ours, peer) if one is not None)),
        "peer_peak_mb": None if peer is None else _round(peer["peak_mb"]),
        "peer_gpu_mb": None if peer is None else _round(peer["gpu_mb"]),
        "agree": None if checks is None else all(check["agree"] for check in checks.values()),
        "checks": checks or {},
        "also": _also(ours, checks or {}),
        "repeats": len(ours["seconds"]),
        "quick": quick,
        "versions": {"ours": ours["versions"], "peer": {} if peer is None else peer["versions"]},
    }


def _checks(case: Case, ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, Any]:
    """For each number that both report: its values in the first runs of both, and whether they agree."""
    tolerances = case.checks if peer["side"].checks is None else peer["side"].checks
    found = {}
    for name, tolerance in tolerances.items():
        pairs = [
            (a[name], b[name])
            for a, b in zip(ours["checks"], peer["checks"], strict=False)
            if name in a and name in b
        ][:3]
        near = [abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-30) for a, b in pairs]
        found[name] = {
            "ours": [a for a, _ in pairs],
            "peer": [b for _, b in pairs],
            "agree": bool(pairs) and all(near),
        }
    return found


def _also(ours: dict[str, Any], compared: Mapping[str, Any]) -> dict[str, float]:
    """What our side told besides, medians over the runs."""
    told = ours["checks"]
    return {k: _round(float(np.median([one[k] for one in told]))) for k in told[0] if k not in compared}


def spread(seconds: Sequence[float]) -> float:
    """Interquartile range over median."""
    low, middle, high = np.quantile(seconds, [0.25, 0.5, 0.75])
    return float((high - low) / middle)


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def _environment(cache: str | None) -> dict[str, str]:
    """Both sides may use every core; ``cache`` is an empty folder for what compilers keep (None: where they keep it)."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[name] = str(threads())
    environment["BENCHMARK_THREADS"] = str(threads())
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # the sides share a GPU, if there is one
    if cache is not None:
        environment["TORCHINDUCTOR_CACHE_DIR"] = cache
    return environment
